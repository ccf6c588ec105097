//! The short words that machines and what runs on them are told apart by.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::users::AtLeastOne;

const CHARACTERS_MAX: usize = 32;

/// How a machine keeps what it trains away from itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Isolation {
    #[serde(rename = "podman")]
    Podman,
    #[serde(rename = "docker")]
    Docker,
    #[serde(rename = "bubblewrap")]
    Bubblewrap,
    /// Not at all, beyond what any process is.
    #[serde(rename = "process")]
    Process,
}

impl Isolation {
    pub const fn is_container(self) -> bool {
        matches!(self, Self::Podman | Self::Docker)
    }

    /// A container is a sandbox as well.
    pub const fn is_sandbox(self) -> bool {
        !matches!(self, Self::Process)
    }
}

pub type Isolations = AtLeastOne<Isolation>;
pub type Runtimes = AtLeastOne<Runtime>;

/// What a word is for, and how it is spelt.
pub trait Spelling {
    const REFUSAL: WordError;

    fn fits(text: &str) -> bool;
}

/// A word of one spelling, so that it can stand anywhere as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word<S> {
    text: String,
    spelling: PhantomData<S>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuntimeSpelling {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionSpelling {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgentVersionSpelling {}

/// What a machine can train, by the name of the model's type.
pub type Runtime = Word<RuntimeSpelling>;
/// Where a machine stands, as its provider says.
pub type Region = Word<RegionSpelling>;
/// Of the program that speaks for a machine.
pub type AgentVersion = Word<AgentVersionSpelling>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WordError {
    #[error("a runtime is 1 to 32 of the characters a-z, 0-9 and _, such as mobilenet_v2")]
    Runtime,
    #[error("a region is 2 to 32 of the characters a-z, 0-9 and -, such as eu-north")]
    Region,
    #[error("a version is 1 to 32 letters, digits, dots, + and -, such as 0.1.0")]
    AgentVersion,
}

impl Spelling for RuntimeSpelling {
    const REFUSAL: WordError = WordError::Runtime;

    fn fits(text: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        text.bytes().all(plain)
    }
}

impl Spelling for RegionSpelling {
    const REFUSAL: WordError = WordError::Region;

    fn fits(text: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let part = |part: &str| !part.is_empty() && part.bytes().all(plain);
        text.len() > 1 && text.split('-').all(part)
    }
}

impl Spelling for AgentVersionSpelling {
    const REFUSAL: WordError = WordError::AgentVersion;

    fn fits(text: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-');
        text.bytes().all(plain)
    }
}

impl<S: Spelling> Word<S> {
    pub fn try_new(text: impl Into<String>) -> Result<Self, WordError> {
        let text = text.into();
        if (1..=CHARACTERS_MAX).contains(&text.len()) && S::fits(&text) {
            Ok(Self {
                text,
                spelling: PhantomData,
            })
        } else {
            Err(S::REFUSAL)
        }
    }
}

impl<S> Word<S> {
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<S> fmt::Display for Word<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<S> fmt::Debug for Word<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<S: Spelling> FromStr for Word<S> {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        Self::try_new(text)
    }
}

impl<S> Serialize for Word<S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, S: Spelling> Deserialize<'de> for Word<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_new(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits<S: Spelling>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(Word::<S>::try_new(*text).unwrap().as_str(), *text);
            let json = format!("\"{text}\"");
            let word: Word<S> = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&word).unwrap(), json);
        }
        let long = "a".repeat(33);
        for text in bad.iter().copied().chain(["", "a b", "é", &long]) {
            assert_eq!(Word::<S>::try_new(text).err(), Some(S::REFUSAL), "{text}");
            assert!(serde_json::from_str::<Word<S>>(&format!("\"{text}\"")).is_err());
        }
    }

    #[test]
    fn each_word_has_a_spelling_of_its_own() {
        fits::<RuntimeSpelling>(&["tabular", "mobilenet_v2"], &["Tabular", "a-b", "a,b"]);
        fits::<RegionSpelling>(&["ru", "eu-north-1"], &["e", "-eu", "eu-", "eu--n", "EU"]);
        fits::<AgentVersionSpelling>(&["0.1.0", "1.0.0-rc.1+abc"], &["v1/2", "1,0"]);
    }

    #[test]
    fn a_container_is_a_sandbox_and_a_bare_process_is_none() {
        let all = [
            Isolation::Podman,
            Isolation::Docker,
            Isolation::Bubblewrap,
            Isolation::Process,
        ];
        assert_eq!(all.map(Isolation::is_container), [true, true, false, false]);
        assert_eq!(all.map(Isolation::is_sandbox), [true, true, true, false]);
    }
}
