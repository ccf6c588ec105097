//! What has happened to an API key.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::Effects;
use serde::{Deserialize, Serialize};

use crate::users::at_least_one::AtLeastOne;
use crate::users::digest::Digest;
use crate::users::ids::UserId;

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    #[serde(rename = "read")]
    Read,
    #[serde(rename = "jobs:write")]
    JobsWrite,
    #[serde(rename = "rentals:write")]
    RentalsWrite,
    #[serde(rename = "servers:write")]
    ServersWrite,
    #[serde(rename = "payments:write")]
    PaymentsWrite,
    #[serde(rename = "payouts:write")]
    PayoutsWrite,
    #[serde(rename = "account:write")]
    AccountWrite,
    #[serde(rename = "admin")]
    Admin,
}

pub type Scopes = AtLeastOne<Scope>;

/// What a key is created with; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Created {
    pub user: UserId,
    pub scopes: Scopes,
    /// Of the part of the key that is shown once.
    pub secret: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ApiKeyEvent {
    #[serde(rename = "api-key.created")]
    Created(Created),
    #[serde(rename = "api-key.revoked")]
    Revoked { by: UserId, at: DateTime<Utc> },
}

impl Effects for ApiKeyEvent {}

impl DomainEvent for ApiKeyEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Created(_) => "api-key.created",
            Self::Revoked { .. } => "api-key.revoked",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
