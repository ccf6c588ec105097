//! What may be asked of a session, and why it may be refused.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::events::{EndedBecause, Started};
use crate::users::digest::{Device, Digest};

#[derive(Clone, Debug)]
pub enum SessionCommand {
    Start(Started),
    /// Whoever asks has checked that the token is one that was made for this session and this
    /// generation; otherwise a stranger who knows a session's name could end it as stolen.
    Refresh {
        generation: u32,
        /// Of the token that was presented.
        token: Digest,
        /// Of the token that takes its place.
        next: Digest,
        device: Device,
        /// Whether the client is still where the session is bound to.
        binding_holds: bool,
        at: DateTime<Utc>,
    },
    /// Ends a session whose time is over, so that lists need no clock to show it.
    Expire {
        at: DateTime<Utc>,
    },
    End {
        why: EndedBecause,
        at: DateTime<Utc>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SessionError {
    #[error("the session has not started")]
    NotStarted,
    #[error("the session was started with other contents")]
    StartedOtherwise,
    #[error("the session has ended")]
    Ended(EndedBecause),
    #[error("the session still has time")]
    NotYet,
    #[error("the session never had this token")]
    WrongToken,
    #[error("the client is not where it signed in")]
    ReauthRequired,
}
