//! Links that say themselves what they are good for and until when, under a code nobody can forge.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::key::Key;

const CODE_BYTES: usize = 32;
/// What a link says is short; a longer one was not made here.
const TEXT_BYTES_MAX: usize = 2048;

/// What whoever has a link may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "to", rename_all = "lowercase")]
pub enum Grant {
    /// Read one object.
    Read {
        key: Key,
        bytes: u64,
        sha256: String,
        /// Under which name a browser keeps it.
        name: String,
    },
    /// Write one part of one upload.
    Part {
        key: Key,
        bytes: u64,
        part_bytes: u64,
        number: u32,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    #[serde(rename = "g")]
    grant: Grant,
    /// In seconds, so that a link says it in a few digits.
    #[serde(rename = "e")]
    expires_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotALink {
    #[error("the link was not made here, or was changed")]
    Forged,
    #[error("the link has expired")]
    Expired,
}

/// Makes links and opens them.
#[derive(Clone)]
pub struct Links([u8; 32]);

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links")
    }
}

impl Links {
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub fn make(&self, grant: Grant, expires_at: DateTime<Utc>) -> String {
        let said = Said {
            grant,
            expires_at: expires_at.timestamp(),
        };
        let mut bytes = serde_json::to_vec(&said).expect("a grant is made of text and numbers");
        let code = self.code(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&code);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What the link is good for, at this moment.
    pub fn open(&self, text: &str, now: DateTime<Utc>) -> Result<Grant, NotALink> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(NotALink::Forged);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotALink::Forged)?;
        let end = bytes.len().checked_sub(CODE_BYTES);
        let (said, code) = bytes.split_at(end.ok_or(NotALink::Forged)?);
        let ours = self.code(said).verify_slice(code);
        ours.map_err(|_| NotALink::Forged)?;
        let said: Said = serde_json::from_slice(said).map_err(|_| NotALink::Forged)?;
        if now.timestamp() >= said.expires_at {
            return Err(NotALink::Expired);
        }
        Ok(said.grant)
    }

    fn code(&self, said: &[u8]) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(&self.0)
            .expect("a key of any length will do")
            .chain_update("trainnet.link.v1")
            .chain_update(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant::Read {
            key: "user_1/dataset/object_2".parse().unwrap(),
            bytes: 3,
            sha256: "ab".repeat(32),
            name: "отзывы.csv".to_owned(),
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_link_opens_until_it_expires() {
        let links = Links::new([1; 32]);
        let text = links.make(grant(), at(100));
        assert_eq!(links.open(&text, at(99)), Ok(grant()));
        assert_eq!(links.open(&text, at(100)), Err(NotALink::Expired));
        assert!(
            text.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }

    #[test]
    fn a_link_that_was_changed_anywhere_opens_nothing() {
        let links = Links::new([1; 32]);
        let text = links.make(grant(), at(100));
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(
                links.open(&changed, at(1)),
                Err(NotALink::Forged),
                "{place}"
            );
        }
        for wrong in [
            "",
            "x",
            &text[1..],
            &text[..text.len() - 2],
            &"a".repeat(3000),
        ] {
            assert_eq!(links.open(wrong, at(1)), Err(NotALink::Forged));
        }
        assert_eq!(
            Links::new([2; 32]).open(&text, at(1)),
            Err(NotALink::Forged)
        );
    }
}
