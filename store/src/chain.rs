//! The hash chain: what of an event is hashed, in which bytes (`docs/LOG_FORMAT.md`).

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Names the format, so that a hash made for another purpose can never pass for one of ours.
pub const DOMAIN_TAG: &[u8] = b"trainnet.event.v1";

/// Before the first event there is nothing: thirty-two zero bytes.
pub const GENESIS: Hash = Hash([0; 32]);

/// A link of the chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        Some(Self(bytes))
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Everything stored about an event, in the order in which it is hashed.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    pub position: i64,
    pub event_id: Uuid,
    pub aggregate_type: &'a str,
    pub aggregate_id: &'a str,
    pub sequence: i64,
    pub event_type: &'a str,
    pub event_version: &'a str,
    pub payload: &'a str,
    pub metadata: &'a str,
    pub recorded_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
}

impl Link<'_> {
    /// The hash of this event after `previous`.
    pub fn hash(&self, previous: &Hash) -> Hash {
        let mut bytes = Vec::with_capacity(256 + self.payload.len() + self.metadata.len());
        self.write(previous, &mut bytes);
        Hash(Sha256::digest(&bytes).into())
    }

    /// The bytes that are hashed: each field behind its length as four bytes, big-endian.
    pub fn write(&self, previous: &Hash, bytes: &mut Vec<u8>) {
        field(bytes, DOMAIN_TAG);
        field(bytes, &previous.0);
        field(bytes, &self.position.to_be_bytes());
        field(bytes, self.event_id.as_bytes());
        field(bytes, self.aggregate_type.as_bytes());
        field(bytes, self.aggregate_id.as_bytes());
        field(bytes, &self.sequence.to_be_bytes());
        field(bytes, self.event_type.as_bytes());
        field(bytes, self.event_version.as_bytes());
        field(bytes, self.payload.as_bytes());
        field(bytes, self.metadata.as_bytes());
        field(bytes, &self.recorded_at.timestamp_micros().to_be_bytes());
        field(bytes, &self.effective_at.timestamp_micros().to_be_bytes());
    }
}

fn field(bytes: &mut Vec<u8>, value: &[u8]) {
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    assert!(
        length < u32::MAX,
        "a field of four gigabytes is refused long before it comes here"
    );
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(value);
}
