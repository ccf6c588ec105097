//! What has happened in an examination.

use std::fmt;

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::Effects;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::users::ids::UserId;
use crate::users::reason::Reason;

pub const DOCUMENTS_MAX: usize = 10;
const KEY_BYTES_MAX: usize = 200;

/// Where a document lies in the object storage; what the person called it stays out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectKey(String);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ObjectKey>", into = "Vec<ObjectKey>")]
pub struct Documents(Vec<ObjectKey>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DocumentsError {
    #[error("an object key has 1 to {KEY_BYTES_MAX} of the characters a-z, 0-9, /, _, . and -")]
    NotAKey,
    #[error("an examination has 1 to {DOCUMENTS_MAX} documents")]
    WrongCount,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum KycEvent {
    #[serde(rename = "kyc.submitted")]
    Submitted {
        user: UserId,
        documents: Documents,
        at: DateTime<Utc>,
    },
    #[serde(rename = "kyc.approved")]
    Approved {
        by: UserId,
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    #[serde(rename = "kyc.rejected")]
    Rejected {
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    #[serde(rename = "kyc.expired")]
    Expired { at: DateTime<Utc> },
    #[serde(rename = "kyc.withdrawn")]
    Withdrawn { at: DateTime<Utc> },
}

impl ObjectKey {
    pub fn try_new(text: impl Into<String>) -> Result<Self, DocumentsError> {
        let text = text.into();
        let fits = (1..=KEY_BYTES_MAX).contains(&text.len())
            && text
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'/' | b'_' | b'.' | b'-'));
        if fits {
            Ok(Self(text))
        } else {
            Err(DocumentsError::NotAKey)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Documents {
    pub fn try_new(keys: Vec<ObjectKey>) -> Result<Self, DocumentsError> {
        if (1..=DOCUMENTS_MAX).contains(&keys.len()) {
            Ok(Self(keys))
        } else {
            Err(DocumentsError::WrongCount)
        }
    }

    pub fn keys(&self) -> &[ObjectKey] {
        &self.0
    }
}

impl TryFrom<String> for ObjectKey {
    type Error = DocumentsError;

    fn try_from(text: String) -> Result<Self, DocumentsError> {
        Self::try_new(text)
    }
}

impl From<ObjectKey> for String {
    fn from(key: ObjectKey) -> Self {
        key.0
    }
}

impl TryFrom<Vec<ObjectKey>> for Documents {
    type Error = DocumentsError;

    fn try_from(keys: Vec<ObjectKey>) -> Result<Self, DocumentsError> {
        Self::try_new(keys)
    }
}

impl From<Documents> for Vec<ObjectKey> {
    fn from(documents: Documents) -> Self {
        documents.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Effects for KycEvent {}

impl DomainEvent for KycEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Submitted { .. } => "kyc.submitted",
            Self::Approved { .. } => "kyc.approved",
            Self::Rejected { .. } => "kyc.rejected",
            Self::Expired { .. } => "kyc.expired",
            Self::Withdrawn { .. } => "kyc.withdrawn",
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
    fn a_document_is_named_by_its_place_and_not_by_its_owner() {
        assert!(ObjectKey::try_new("kyc/0193/1.jpg").is_ok());
        let long = "a".repeat(KEY_BYTES_MAX + 1);
        for text in ["", "kyc/Иванов.jpg", "a b", "A", "a@b", long.as_str()] {
            assert_eq!(ObjectKey::try_new(text), Err(DocumentsError::NotAKey));
            assert!(serde_json::from_str::<ObjectKey>(&format!("\"{text}\"")).is_err());
        }
    }

    #[test]
    fn there_are_some_documents_and_not_too_many() {
        let keys = |count| vec![ObjectKey::try_new("kyc/1").unwrap(); count];
        assert_eq!(Documents::try_new(keys(10)).unwrap().keys().len(), 10);
        for count in [0, 11] {
            assert_eq!(
                Documents::try_new(keys(count)),
                Err(DocumentsError::WrongCount)
            );
        }
        assert!(serde_json::from_str::<Documents>("[]").is_err());
    }
}
