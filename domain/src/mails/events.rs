//! What has happened to a mail.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::Effects;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::users::{ChallengeId, Id, Kind, UserId};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailKind {}

impl Kind for MailKind {
    const PREFIX: &'static str = "mail_";
}

/// A mail has the UUID of the event that caused it, so that one event is one mail.
pub type MailId = Id<MailKind>;

/// Which words a mail has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Template {
    #[serde(rename = "confirm")]
    Confirm,
    #[serde(rename = "recover")]
    Recover,
    /// Goes to the address that is to be the new one.
    #[serde(rename = "change-address")]
    ChangeAddress,
    /// Goes to the address that was the user's until then.
    #[serde(rename = "address-changed")]
    AddressChanged,
    #[serde(rename = "password-changed")]
    PasswordChanged,
    #[serde(rename = "second-factor-changed")]
    SecondFactorChanged,
    #[serde(rename = "new-sign-in")]
    NewSignIn,
    #[serde(rename = "blocked")]
    Blocked,
    #[serde(rename = "api-key-created")]
    ApiKeyCreated,
}

/// Why an attempt failed, in the few words that tell what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailedBecause {
    #[serde(rename = "refused")]
    Refused,
    #[serde(rename = "unreachable")]
    Unreachable,
    #[serde(rename = "timed-out")]
    TimedOut,
    /// Nothing is known about the user any more; no attempt follows.
    #[serde(rename = "no-address")]
    NoAddress,
}

/// Why a mail is not sent though nothing is in its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WithdrawnBecause {
    /// What it asks for was answered, or is void.
    #[serde(rename = "answered")]
    Answered,
    /// What it asks for cannot be answered any more.
    #[serde(rename = "expired")]
    Expired,
}

/// What a mail is for; it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intended {
    pub to: UserId,
    pub template: Template,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<ChallengeId>,
    /// The event because of which it is written.
    pub cause: Uuid,
    /// When that happened.
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum MailEvent {
    #[serde(rename = "mail.intended")]
    Intended(Intended),
    #[serde(rename = "mail.sent")]
    Sent { attempt: u32, at: DateTime<Utc> },
    #[serde(rename = "mail.attempt-failed")]
    AttemptFailed {
        attempt: u32,
        reason: FailedBecause,
        /// Nothing, where this was the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    },
    #[serde(rename = "mail.given-up")]
    GivenUp { at: DateTime<Utc> },
    #[serde(rename = "mail.withdrawn")]
    Withdrawn {
        why: WithdrawnBecause,
        at: DateTime<Utc>,
    },
    #[serde(rename = "mail.retried")]
    Retried {
        /// To whom the mail goes; version 1 does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<UserId>,
        by: UserId,
        at: DateTime<Utc>,
    },
}

impl Effects for MailEvent {}

impl DomainEvent for MailEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Intended(_) => "mail.intended",
            Self::Sent { .. } => "mail.sent",
            Self::AttemptFailed { .. } => "mail.attempt-failed",
            Self::GivenUp { .. } => "mail.given-up",
            Self::Withdrawn { .. } => "mail.withdrawn",
            Self::Retried { .. } => "mail.retried",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        let version = match self {
            Self::Retried { .. } => "2",
            Self::Intended(_)
            | Self::Sent { .. }
            | Self::AttemptFailed { .. }
            | Self::GivenUp { .. }
            | Self::Withdrawn { .. } => "1",
        };
        version.to_owned()
    }
}
