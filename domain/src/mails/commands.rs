//! What may be asked of a mail, and why it may be refused.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::events::{FailedBecause, Intended, WithdrawnBecause};
use crate::users::UserId;

#[derive(Clone, Debug)]
pub enum MailCommand {
    Intend(Intended),
    /// The mail was taken by a server, however often this is found out.
    RecordSent {
        attempt: u32,
        at: DateTime<Utc>,
    },
    /// `attempt` counts from 1 over the whole life of the mail, so that one failure that two report
    /// counts once.
    RecordFailure {
        attempt: u32,
        reason: FailedBecause,
        at: DateTime<Utc>,
    },
    /// It is of no use to anybody any more: what it asks was answered, or cannot be.
    Withdraw {
        why: WithdrawnBecause,
        at: DateTime<Utc>,
    },
    /// Begins anew with what was given up.
    Retry {
        by: UserId,
        at: DateTime<Utc>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MailError {
    #[error("the mail has not been intended")]
    NotIntended,
    #[error("the mail was intended with other contents")]
    IntendedOtherwise,
    #[error("this attempt is not the next one")]
    WrongAttempt,
    #[error("the mail was sent")]
    Sent,
    #[error("the mail was given up")]
    GivenUp,
    #[error("what the mail asks for was answered, or cannot be any more")]
    Withdrawn,
    #[error("the mail has not been given up")]
    NotGivenUp,
}
