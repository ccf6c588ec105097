//! What has happened to an object.

use std::fmt;

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::Effects;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::users::{Digest, Id, Kind, UserId};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectTag {}

impl Kind for ObjectTag {
    const PREFIX: &'static str = "object_";
}

pub type ObjectId = Id<ObjectTag>;

/// An event is small; whoever wants to know more reads the report beside the bytes.
pub const FINDINGS_MAX: usize = 50;
const UNDER_BYTES_MAX: usize = 100;

/// What an object is to those who use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ObjectKind {
    #[serde(rename = "dataset")]
    Dataset,
    /// What a training can go on from.
    #[serde(rename = "checkpoint")]
    Checkpoint,
    /// What came of a training.
    #[serde(rename = "artifact")]
    Artifact,
    /// A paper that shows who somebody is.
    #[serde(rename = "document")]
    Document,
    /// A piece of something larger, until that is put together.
    #[serde(rename = "part")]
    Part,
}

impl ObjectKind {
    /// The name under which it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Checkpoint => "checkpoint",
            Self::Artifact => "artifact",
            Self::Document => "document",
            Self::Part => "part",
        }
    }

    /// Whether it counts against what its owner may keep: what work brings forth does not.
    pub const fn is_brought(self) -> bool {
        matches!(self, Self::Dataset | Self::Document | Self::Part)
    }
}

/// Under what right a machine brings an object for somebody else: a unit of work and its fence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Under(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a right has 1 to {UNDER_BYTES_MAX} of the characters a-z, 0-9, /, _ and -")]
pub struct UnderError;

impl Under {
    pub fn try_new(text: impl Into<String>) -> Result<Self, UnderError> {
        let text = text.into();
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'/' | b'_' | b'-');
        if (1..=UNDER_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text))
        } else {
            Err(UnderError)
        }
    }
}

impl TryFrom<String> for Under {
    type Error = UnderError;

    fn try_from(text: String) -> Result<Self, UnderError> {
        Self::try_new(text)
    }
}

impl From<Under> for String {
    fn from(under: Under) -> Self {
        under.0
    }
}

impl fmt::Display for Under {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is to come; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    pub owner: UserId,
    pub kind: ObjectKind,
    pub bytes: u64,
    pub part_bytes: u64,
    /// What it is said to come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Under>,
    /// Unless somebody goes on with it.
    pub expires_at: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

/// Whether a dataset can be trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Usable {
    #[serde(rename = "usable")]
    Usable,
    #[serde(rename = "refused")]
    Refused,
}

/// Something that was found in a dataset, without a word of what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// What a dataset is, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inspected {
    pub verdict: Usable,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The first of them, at most [`FINDINGS_MAX`].
    pub findings: Vec<Found>,
    pub rows: u64,
    pub columns: u64,
    pub classes: u64,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RemovedBecause {
    /// Its owner did not want it any more, or not to go on with it.
    #[serde(rename = "owner")]
    Owner,
    /// It did not come to what it was said to.
    #[serde(rename = "corrupt")]
    Corrupt,
    /// Nobody needs it any more: there is a later one, or the work is over.
    #[serde(rename = "superseded")]
    Superseded,
    /// Where it was being fetched from broke off.
    #[serde(rename = "source")]
    Source,
    /// Its owner was forgotten.
    #[serde(rename = "erased")]
    Erased,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ObjectEvent {
    #[serde(rename = "object.opened")]
    Opened(Opened),
    #[serde(rename = "object.stored")]
    Stored {
        bytes: u64,
        sha256: Digest,
        at: DateTime<Utc>,
    },
    #[serde(rename = "object.inspected")]
    Inspected(Inspected),
    #[serde(rename = "object.removed")]
    Removed {
        because: RemovedBecause,
        at: DateTime<Utc>,
    },
    #[serde(rename = "object.expired")]
    Expired { at: DateTime<Utc> },
}

impl Effects for ObjectEvent {}

impl DomainEvent for ObjectEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Opened(_) => "object.opened",
            Self::Stored { .. } => "object.stored",
            Self::Inspected(_) => "object.inspected",
            Self::Removed { .. } => "object.removed",
            Self::Expired { .. } => "object.expired",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_short_and_says_nothing_of_people() {
        assert!(Under::try_new("unit_01938c4e/7").is_ok());
        for text in ["", "a b", "Иван", "a@b", &"a".repeat(UNDER_BYTES_MAX + 1)] {
            assert_eq!(Under::try_new(text), Err(UnderError), "{text}");
        }
    }
}
