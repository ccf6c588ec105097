//! A seal: the head of the log at some time, signed, so that nobody can later say it was shorter.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::chain::Hash;
use crate::hex;
use crate::log::Head;

/// Names the format, so that a signature made for another purpose can never pass for a seal.
pub const SEAL_FORMAT: &str = "trainnet.seal.v1";

/// What stands in a seal's file (`docs/LOG_FORMAT.md`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    pub format: String,
    pub position: i64,
    pub hash: String,
    pub recorded_at_micros: i64,
    pub key_id: String,
    pub signature: String,
}

/// Why a seal proves nothing, or a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the file is no seal")]
    NotASeal(#[from] serde_json::Error),
    #[error("the seal's format is {0:?}, not {SEAL_FORMAT:?}")]
    Format(String),
    #[error("the seal's {0} is malformed")]
    Malformed(&'static str),
    #[error("the seal was made with the key {sealed}, this is {given}")]
    OtherKey { sealed: String, given: String },
    #[error("the signature is not that of the key over this seal")]
    Forged,
}

/// By which a public key is recognised: the first eight bytes of its SHA-256.
pub fn key_id(key: &VerifyingKey) -> String {
    hex::encode(&Sha256::digest(key.as_bytes())[..8])
}

impl Seal {
    /// Signs the head.
    pub fn sign(head: &Head, key: &SigningKey) -> Self {
        let recorded_at_micros = head.recorded_at.timestamp_micros();
        let message = message(head.position, &head.hash, recorded_at_micros);
        Self {
            format: SEAL_FORMAT.to_owned(),
            position: head.position,
            hash: head.hash.to_string(),
            recorded_at_micros,
            key_id: key_id(&key.verifying_key()),
            signature: hex::encode(&key.sign(&message).to_bytes()),
        }
    }

    pub fn read(text: &str) -> Result<Self, SealError> {
        let seal: Self = serde_json::from_str(text)?;
        seal.check_format()?;
        Ok(seal)
    }

    fn check_format(&self) -> Result<(), SealError> {
        if self.format == SEAL_FORMAT {
            Ok(())
        } else {
            Err(SealError::Format(self.format.clone()))
        }
    }

    /// The hash that the log had at the seal's position, provided that this key signed it.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Hash, SealError> {
        self.check_format()?;
        let given = key_id(key);
        if self.key_id != given {
            return Err(SealError::OtherKey {
                sealed: self.key_id.clone(),
                given,
            });
        }
        let hash = Hash::parse(&self.hash).ok_or(SealError::Malformed("hash"))?;
        let signature = hex::decode(&self.signature).ok_or(SealError::Malformed("signature"))?;
        let message = message(self.position, &hash, self.recorded_at_micros);
        key.verify_strict(&message, &Signature::from_bytes(&signature))
            .map_err(|_| SealError::Forged)?;
        Ok(hash)
    }
}

/// The bytes that are signed: each field behind its length as four bytes, big-endian.
fn message(position: i64, hash: &Hash, recorded_at_micros: i64) -> Vec<u8> {
    let (position, recorded_at) = (position.to_be_bytes(), recorded_at_micros.to_be_bytes());
    let fields: [&[u8]; 4] = [SEAL_FORMAT.as_bytes(), &position, &hash.0, &recorded_at];
    let mut bytes = Vec::with_capacity(80);
    for field in fields {
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn sealed() -> (Seal, SigningKey) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let head = Head {
            position: 42,
            epoch: 3,
            hash: Hash([9; 32]),
            recorded_at: DateTime::from_timestamp_micros(1_767_225_600_000_001).unwrap(),
        };
        (Seal::sign(&head, &key), key)
    }

    #[test]
    fn a_seal_is_verified_by_its_key_and_by_no_other() {
        let (seal, key) = sealed();
        let text = serde_json::to_string(&seal).unwrap();
        let read = Seal::read(&text).unwrap();
        assert_eq!(read, seal);
        assert_eq!(read.verify(&key.verifying_key()).unwrap(), Hash([9; 32]));
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert!(matches!(
            read.verify(&other),
            Err(SealError::OtherKey { .. })
        ));
        let renamed = Seal {
            key_id: key_id(&other),
            ..read
        };
        assert!(matches!(renamed.verify(&other), Err(SealError::Forged)));
    }

    #[test]
    fn every_signed_field_is_signed() {
        let (seal, key) = sealed();
        let hash = Hash([8; 32]).to_string();
        let changed = [
            Seal {
                position: 41,
                ..seal.clone()
            },
            Seal {
                hash,
                ..seal.clone()
            },
            Seal {
                recorded_at_micros: 0,
                ..seal.clone()
            },
            Seal {
                signature: "00".repeat(64),
                ..seal
            },
        ];
        for seal in changed {
            assert!(matches!(
                seal.verify(&key.verifying_key()),
                Err(SealError::Forged)
            ));
        }
    }

    #[test]
    fn another_format_is_refused() {
        let (seal, _) = sealed();
        let other = Seal {
            format: "trainnet.seal.v2".to_owned(),
            ..seal
        };
        let text = serde_json::to_string(&other).unwrap();
        assert!(matches!(Seal::read(&text), Err(SealError::Format(_))));
        assert!(matches!(Seal::read("{}"), Err(SealError::NotASeal(_))));
    }
}
