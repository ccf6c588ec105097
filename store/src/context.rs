//! Who asks, in which request, because of which event: the metadata of everything recorded.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Stored beside the event and hashed with it. Identities only: never a name or an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// What a caller says beside the command itself.
#[derive(Clone, Debug, Default)]
pub struct Context {
    pub actor: String,
    pub correlation_id: Option<String>,
    pub causation_id: Option<Uuid>,
    pub request_id: Option<String>,
    /// When the fact counts, if that is not when it is recorded.
    pub effective_at: Option<DateTime<Utc>>,
    pub idempotency: Option<Idempotency>,
}

/// A key under which the same caller may ask again and get the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    pub key: String,
    /// Of the request, so that the same key with another request is noticed.
    pub fingerprint: [u8; 32],
}

impl Idempotency {
    pub fn new(key: impl Into<String>, request: &[u8]) -> Self {
        Self {
            key: key.into(),
            fingerprint: Sha256::digest(request).into(),
        }
    }
}

impl Context {
    pub fn by(actor: impl Into<String>) -> Self {
        Self {
            actor: actor.into(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>, request: &[u8]) -> Self {
        self.idempotency = Some(Idempotency::new(key, request));
        self
    }

    /// For what a request brings about beside the one thing that its key stands for.
    #[must_use]
    pub fn without_key(mut self) -> Self {
        self.idempotency = None;
        self
    }

    #[must_use]
    pub const fn because_of(mut self, event: Uuid) -> Self {
        self.causation_id = Some(event);
        self
    }

    #[must_use]
    pub const fn effective(mut self, at: DateTime<Utc>) -> Self {
        self.effective_at = Some(at);
        self
    }

    #[must_use]
    pub fn in_request(
        mut self,
        request: impl Into<String>,
        correlation: impl Into<String>,
    ) -> Self {
        self.request_id = Some(request.into());
        self.correlation_id = Some(correlation.into());
        self
    }

    pub fn metadata(&self) -> Metadata {
        Metadata {
            actor: self.actor.clone(),
            correlation_id: self.correlation_id.clone(),
            causation_id: self.causation_id.map(|event| event.to_string()),
            request_id: self.request_id.clone(),
            idempotency_key: self.idempotency.as_ref().map(|asked| asked.key.clone()),
        }
    }
}
