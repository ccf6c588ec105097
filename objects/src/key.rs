//! Under which name bytes are kept: whose they are, what they are, which they are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const SEGMENT_BYTES_MAX: usize = 80;

/// Three names with slashes between, none of which can lead anywhere else: `user_…/dataset/object_…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is three names of a-z, 0-9, _ and - with slashes between")]
pub struct NotAKey;

impl Key {
    pub fn try_new(tenant: &str, kind: &str, object: &str) -> Result<Self, NotAKey> {
        format!("{tenant}/{kind}/{object}").parse()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Everything of this tenant lies below it.
    pub fn tenant(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// Of something that is kept beside it, such as what was found in it.
    pub(crate) fn beside(&self, what: &str) -> String {
        format!("{}.{what}", self.0)
    }
}

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        let fits =
            |part: &str| (1..=SEGMENT_BYTES_MAX).contains(&part.len()) && part.bytes().all(plain);
        if text.split('/').count() == 3 && text.split('/').all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAKey)
        }
    }
}

impl TryFrom<String> for Key {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_whose_it_is_and_leads_nowhere_else() {
        let key = Key::try_new("user_1", "dataset", "object_2").unwrap();
        assert_eq!(key.tenant(), "user_1");
        assert_eq!(key.beside("notes"), "user_1/dataset/object_2.notes");
        for wrong in [
            "a/b", "a/b/c/d", "../b/c", "a/./c", "a//c", "/a/b", "a/b/C", "a/b/c.d", "a/b/c\0",
        ] {
            assert_eq!(wrong.parse::<Key>(), Err(NotAKey), "{wrong}");
        }
        let long = "a".repeat(SEGMENT_BYTES_MAX + 1);
        assert!(Key::try_new(&long, "b", "c").is_err());
    }
}
