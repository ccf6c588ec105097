//! Why staff did something: a sentence that names nobody.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub const REASON_CHARACTERS_MAX: usize = 500;

/// It is kept for ever, so whatever looks like an e-mail address has no place in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReasonError {
    #[error("a reason is not empty")]
    Empty,
    #[error("a reason has at most {REASON_CHARACTERS_MAX} characters")]
    TooLong,
    #[error("a reason has no @ in it: it is kept for ever, and names nobody")]
    Address,
    #[error("a reason has no control characters but line breaks")]
    Control,
}

impl Reason {
    pub fn try_new(text: impl Into<String>) -> Result<Self, ReasonError> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(ReasonError::Empty);
        }
        if text.chars().count() > REASON_CHARACTERS_MAX {
            return Err(ReasonError::TooLong);
        }
        // The others are its full-width and small forms, which many programs read as the first.
        if text.contains(['@', '\u{ff20}', '\u{fe6b}']) {
            return Err(ReasonError::Address);
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(ReasonError::Control);
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reason {
    type Error = ReasonError;

    fn try_from(text: String) -> Result<Self, ReasonError> {
        Self::try_new(text)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_sentence_of_bounded_length() {
        let longest = "я".repeat(REASON_CHARACTERS_MAX);
        assert_eq!(Reason::try_new(&longest).unwrap().as_str(), longest);
        assert!(Reason::try_new("Two lines\nof it.").is_ok());
        let cases = [
            (String::new(), ReasonError::Empty),
            (" \n".to_owned(), ReasonError::Empty),
            (format!("{longest}я"), ReasonError::TooLong),
            ("wrote from a@b.example".to_owned(), ReasonError::Address),
            ("wrote from a＠b.example".to_owned(), ReasonError::Address),
            ("a\u{1b}[2J".to_owned(), ReasonError::Control),
        ];
        for (text, refusal) in cases {
            assert_eq!(Reason::try_new(&text), Err(refusal), "{text}");
        }
    }

    #[test]
    fn a_stored_reason_keeps_to_the_same_rules() {
        let read = |text: &str| serde_json::from_str::<Reason>(&format!("\"{text}\""));
        assert!(read("spam").is_ok());
        assert!(read("a@b.example").is_err());
    }
}
