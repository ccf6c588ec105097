//! What stands in events for what must not stand there: digests of 32 bytes, written as hex.

use std::fmt;
use std::str::FromStr;

use ledger::Name;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

const BYTES: usize = 32;

/// Of something secret that is long enough not to be guessed, such as a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; BYTES]);

/// An e-mail address, as the keyed digest of its normalised form: whoever lacks the key cannot try
/// addresses until one fits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(Digest);

/// What a client can be recognised by, as a keyed digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Device(Digest);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a digest has 64 of the characters 0-9 and a-f")]
pub struct NotADigest;

impl Digest {
    pub const fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }
}

impl Address {
    pub const fn new(bytes: [u8; BYTES]) -> Self {
        Self(Digest::new(bytes))
    }

    /// What is claimed, so that one address is registered once.
    pub fn name(&self) -> Name {
        Name::parse(&format!("email/{self}")).expect("a kind, a slash and hex digits are a name")
    }
}

impl Device {
    pub const fn new(bytes: [u8; BYTES]) -> Self {
        Self(Digest::new(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = NotADigest;

    /// Upper case is refused: a digest is found by its text, so it is spelt in one way only.
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(NotADigest),
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != BYTES || !rest.is_empty() {
            return Err(NotADigest);
        }
        let mut bytes = [0; BYTES];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Ok(Self(bytes))
    }
}

impl FromStr for Address {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        text.parse().map(Self)
    }
}

impl FromStr for Device {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        text.parse().map(Self)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_as_it_was_written() {
        let bytes: [u8; BYTES] = std::array::from_fn(|place| u8::try_from(place * 8).unwrap());
        let text = Digest::new(bytes).to_string();
        assert!(text.starts_with("00081018") && text.ends_with("f0f8"));
        assert_eq!(text.parse(), Ok(Digest::new(bytes)));
        let json = serde_json::to_string(&Address::new(bytes)).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(
            serde_json::from_str::<Address>(&json).unwrap(),
            Address::new(bytes)
        );
        assert_eq!(Address::new(bytes).name().as_str(), format!("email/{text}"));
    }

    #[test]
    fn what_is_not_64_lower_case_hex_digits_is_no_digest() {
        let good = "a".repeat(64);
        assert!(good.parse::<Device>().is_ok());
        let cases = [
            good.to_uppercase(),
            good[1..].to_owned(),
            format!("{good}a"),
            format!("{good}aa"),
            good.replacen('a', "g", 1),
            "é".repeat(32),
        ];
        for text in cases {
            assert_eq!(text.parse::<Digest>(), Err(NotADigest), "{text}");
            assert!(serde_json::from_str::<Digest>(&format!("\"{text}\"")).is_err());
        }
    }
}
