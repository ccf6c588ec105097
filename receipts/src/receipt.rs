//! The receipt itself: issued over a sealed head, and verified from the file alone.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use store::{Hash, Head, Seal, SealError, hex};
use thiserror::Error;

use crate::evidence::{Altered, Evidence};
use crate::lines::{Statement, Unaccountable, statement};

/// Names the format, so that a signature made for another purpose never passes for a receipt's.
pub const FORMAT: &str = "trainnet.receipt.v1";

/// What stands in a receipt's file (`docs/LOG_FORMAT.md`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    pub format: String,
    pub order: String,
    pub statement: Statement,
    pub events: Vec<Evidence>,
    pub seal: Seal,
    /// With which it can be checked; that it is ours, compare with what we publish.
    pub public_key: String,
    pub signature: String,
}

/// Why no receipt can be written.
#[derive(Debug, Error)]
pub enum NotIssued {
    #[error("an event of the order is not what its hash says")]
    Altered(#[from] Altered),
    #[error("the events of the order do not make a bill")]
    Unaccountable(#[from] Unaccountable),
    #[error("an event of the order is beyond the head")]
    BeyondHead,
}

/// Why a file is not a receipt of ours.
#[derive(Debug, Error)]
pub enum Refuted {
    #[error("the file is no receipt")]
    NotAReceipt(#[from] serde_json::Error),
    #[error("the receipt's format is {0:?}, not {FORMAT:?}")]
    Format(String),
    #[error("the receipt's {0} is malformed")]
    Malformed(&'static str),
    #[error("the receipt was signed with the key {signed}, not with {given}")]
    OtherKey { signed: String, given: String },
    #[error(transparent)]
    Altered(#[from] Altered),
    #[error("an event was recorded after the head that was sealed")]
    BeyondHead,
    #[error("the seal does not hold")]
    Seal(#[from] SealError),
    #[error("the signature is not that of the key over these events")]
    Forged,
    #[error("the events do not make a bill")]
    Unaccountable(#[from] Unaccountable),
    #[error("the lines are not those that follow from the events")]
    OtherLines,
}

/// What a genuine receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub statement: Statement,
    pub events: usize,
    pub position: i64,
    pub hash: Hash,
}

impl Receipt {
    /// Over the events of one order, each with its place in the log, and the head behind them.
    pub fn issue(
        order: &str,
        events: Vec<Evidence>,
        head: &Head,
        key: &SigningKey,
    ) -> Result<Self, NotIssued> {
        let hashes = hashes(&events)?;
        if events.iter().any(|event| event.position > head.position) {
            return Err(NotIssued::BeyondHead);
        }
        let statement = statement(order, &events)?;
        let seal = Seal::sign(head, key);
        let message = message(order, &hashes, &head.hash);
        Ok(Self {
            format: FORMAT.to_owned(),
            order: order.to_owned(),
            statement,
            events,
            seal,
            public_key: hex::encode(key.verifying_key().as_bytes()),
            signature: hex::encode(&key.sign(&message).to_bytes()),
        })
    }

    pub fn read(text: &str) -> Result<Self, Refuted> {
        let receipt: Self = serde_json::from_str(text)?;
        if receipt.format != FORMAT {
            return Err(Refuted::Format(receipt.format));
        }
        Ok(receipt)
    }

    /// Checks every hash, both signatures, and that every line follows from the events. Without a
    /// key of the reader's own, the one in the file says only that the file is whole.
    pub fn verify(&self, key: Option<&VerifyingKey>) -> Result<Verified, Refuted> {
        let own = hex::decode(&self.public_key).ok_or(Refuted::Malformed("public key"))?;
        let own = VerifyingKey::from_bytes(&own).map_err(|_| Refuted::Malformed("public key"))?;
        if let Some(given) = key
            && *given != own
        {
            return Err(Refuted::OtherKey {
                signed: store::key_id(&own),
                given: store::key_id(given),
            });
        }
        let hash = self.seal.verify(&own)?;
        let hashes = hashes(&self.events)?;
        if self
            .events
            .iter()
            .any(|event| event.position > self.seal.position)
        {
            return Err(Refuted::BeyondHead);
        }
        let signature = hex::decode(&self.signature).ok_or(Refuted::Malformed("signature"))?;
        let message = message(&self.order, &hashes, &hash);
        own.verify_strict(&message, &Signature::from_bytes(&signature))
            .map_err(|_| Refuted::Forged)?;
        let statement = statement(&self.order, &self.events)?;
        if statement != self.statement {
            return Err(Refuted::OtherLines);
        }
        Ok(Verified {
            statement,
            events: self.events.len(),
            position: self.seal.position,
            hash,
        })
    }
}

fn hashes(events: &[Evidence]) -> Result<Vec<(i64, Hash)>, Altered> {
    let checked = events
        .iter()
        .map(|event| Ok((event.position, event.check()?)));
    checked.collect()
}

/// The bytes that are signed: each field behind its length as four bytes, big-endian.
fn message(order: &str, events: &[(i64, Hash)], head: &Hash) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128 + events.len() * 48);
    let mut field = |value: &[u8]| {
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(value);
    };
    field(FORMAT.as_bytes());
    field(order.as_bytes());
    field(&head.0);
    for (position, hash) in events {
        field(&position.to_be_bytes());
        field(&hash.0);
    }
    bytes
}

#[cfg(test)]
mod tests;
