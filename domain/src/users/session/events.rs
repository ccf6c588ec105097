//! What has happened in a session.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::Effects;
use serde::{Deserialize, Serialize};

use crate::users::digest::{Device, Digest};
use crate::users::ids::UserId;

const DAY_SECONDS: u32 = 24 * 60 * 60;
pub const IDLE_SECONDS: u32 = DAY_SECONDS;
pub const REMEMBERED_IDLE_SECONDS: u32 = 30 * DAY_SECONDS;
pub const ABSOLUTE_SECONDS: u32 = 30 * DAY_SECONDS;

/// How long a session lasts without a refresh, and in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub idle_seconds: u32,
    pub absolute_seconds: u32,
}

impl Limits {
    /// Where no setting says otherwise.
    pub const fn usual(remember: bool) -> Self {
        Self {
            idle_seconds: if remember {
                REMEMBERED_IDLE_SECONDS
            } else {
                IDLE_SECONDS
            },
            absolute_seconds: ABSOLUTE_SECONDS,
        }
    }
}

/// What a session is started on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Started {
    pub user: UserId,
    pub device: Device,
    /// Nobody had signed in as this user from this device before.
    pub new_device: bool,
    pub remember: bool,
    /// Of the token of generation 0.
    pub token: Digest,
    /// Whether a second factor was shown.
    pub second_factor: bool,
    pub limits: Limits,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndedBecause {
    #[serde(rename = "signed-out")]
    SignedOut,
    #[serde(rename = "signed-out-everywhere")]
    SignedOutEverywhere,
    #[serde(rename = "idle")]
    Idle,
    #[serde(rename = "expired")]
    Expired,
    #[serde(rename = "blocked")]
    Blocked,
    #[serde(rename = "password-changed")]
    PasswordChanged,
    #[serde(rename = "token-reused")]
    TokenReused,
    #[serde(rename = "erased")]
    Erased,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum SessionEvent {
    #[serde(rename = "session.started")]
    Started(Started),
    #[serde(rename = "session.refreshed")]
    Refreshed {
        /// Of the token that is good from now on.
        generation: u32,
        token: Digest,
        at: DateTime<Utc>,
    },
    /// Two have had the token of this generation, and one of them should not.
    #[serde(rename = "session.token-reused")]
    TokenReused { generation: u32, at: DateTime<Utc> },
    #[serde(rename = "session.ended")]
    Ended {
        why: EndedBecause,
        at: DateTime<Utc>,
    },
}

impl Effects for SessionEvent {}

impl DomainEvent for SessionEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Started(_) => "session.started",
            Self::Refreshed { .. } => "session.refreshed",
            Self::TokenReused { .. } => "session.token-reused",
            Self::Ended { .. } => "session.ended",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
