//! What may be asked of an examination, and why it may be refused.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::events::Documents;
use crate::users::ids::UserId;
use crate::users::reason::Reason;

#[derive(Clone, Debug)]
pub enum KycCommand {
    Submit {
        user: UserId,
        documents: Documents,
        at: DateTime<Utc>,
    },
    Approve {
        by: UserId,
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    Reject {
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    Expire {
        at: DateTime<Utc>,
    },
    /// The user is no more, so nobody is to look at what waits.
    Withdraw {
        at: DateTime<Utc>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KycError {
    #[error("nothing has been submitted")]
    NotSubmitted,
    #[error("this examination is of another user")]
    OtherUser,
    #[error("other documents wait to be examined")]
    Waiting,
    #[error("the user has been approved")]
    Approved,
    #[error("the documents were rejected")]
    Rejected,
    #[error("the approval has expired")]
    Expired,
    #[error("nobody examines themselves")]
    Oneself,
    #[error("the approval would end before it begins")]
    EndsInThePast,
    #[error("the approval still holds")]
    NotYet,
}
