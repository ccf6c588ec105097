//! Names of which each has at most one holder at any position of the log.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use thiserror::Error;

const BYTES_MAX: usize = 256;

/// `{kind}/{what}`, as in `gpu/…` or `email/…`: visible ASCII, so it reads the same everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// What an event does to a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Refused while another holds it.
    Take(Name),
    Release(Name),
}

/// Why a text cannot be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClaimError {
    #[error("a claimed name has 1 to 256 bytes")]
    WrongLength,
    #[error("a claimed name has only visible ASCII characters")]
    NotVisible,
    #[error("a claimed name is a kind, a slash and what is claimed")]
    NoKind,
}

impl Name {
    pub fn parse(text: &str) -> Result<Self, ClaimError> {
        if text.is_empty() || text.len() > BYTES_MAX {
            return Err(ClaimError::WrongLength);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ClaimError::NotVisible);
        }
        match text.split_once('/') {
            Some((kind, what)) if !kind.is_empty() && !what.is_empty() => Ok(Self(Arc::from(text))),
            Some(_) | None => Err(ClaimError::NoKind),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Claim {
    pub fn take(name: &str) -> Result<Self, ClaimError> {
        Name::parse(name).map(Self::Take)
    }

    pub fn release(name: &str) -> Result<Self, ClaimError> {
        Name::parse(name).map(Self::Release)
    }

    pub const fn name(&self) -> &Name {
        match self {
            Self::Take(name) | Self::Release(name) => name,
        }
    }
}

impl FromStr for Name {
    type Err = ClaimError;

    fn from_str(text: &str) -> Result<Self, ClaimError> {
        Self::parse(text)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A name hashes and compares as its text, so maps can be asked with text.
impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a claimed name such as \"gpu/…\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Name, E> {
                Name::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_knows_its_name() {
        let taken = Claim::take("gpu/xyz").unwrap();
        let released = Claim::release("gpu/xyz").unwrap();
        assert_eq!(taken, Claim::Take(Name::parse("gpu/xyz").unwrap()));
        assert_eq!(taken.name(), released.name());
        assert_ne!(taken, released);
        assert_eq!(taken.name().to_string(), "gpu/xyz");
    }

    #[test]
    fn names_may_hold_whatever_is_visible() {
        for text in [
            "email/A.b+c@example.com",
            "stripe-event/evt_1",
            "a/b/c",
            "slot/2026:10~",
        ] {
            let name = Name::parse(text).unwrap();
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(serde_json::from_str::<Name>(&json).unwrap(), name);
        }
    }

    #[test]
    fn each_fault_has_its_own_refusal() {
        let longest = format!("gpu/{}", "a".repeat(252));
        let too_long = format!("gpu/{}", "a".repeat(253));
        assert!(Name::parse(&longest).is_ok());
        let cases = [
            ("", ClaimError::WrongLength),
            (too_long.as_str(), ClaimError::WrongLength),
            ("gpu/a b", ClaimError::NotVisible),
            ("gpu/\n", ClaimError::NotVisible),
            ("gpu/é", ClaimError::NotVisible),
            ("gpu/\u{7f}", ClaimError::NotVisible),
            ("gpu", ClaimError::NoKind),
            ("/gpu", ClaimError::NoKind),
            ("gpu/", ClaimError::NoKind),
            ("/", ClaimError::NoKind),
        ];
        for (text, refusal) in cases {
            assert_eq!(Name::parse(text), Err(refusal), "{text:?}");
            assert_eq!(Claim::take(text), Err(refusal), "{text:?}");
            assert_eq!(Claim::release(text), Err(refusal), "{text:?}");
        }
        assert!(serde_json::from_str::<Name>("\"gpu\"").is_err());
    }
}
