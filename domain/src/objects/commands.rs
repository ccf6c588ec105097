//! What may be asked of an object, and why it may be refused.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::events::{Inspected, Opened, RemovedBecause};
use crate::users::Digest;

#[derive(Clone, Debug)]
pub enum ObjectCommand {
    Open(Opened),
    /// All of it is there, and this is what it comes to.
    Store {
        bytes: u64,
        sha256: Digest,
        at: DateTime<Utc>,
    },
    Inspect(Inspected),
    Remove {
        because: RemovedBecause,
        at: DateTime<Utc>,
    },
    /// Nobody went on with it.
    Expire {
        at: DateTime<Utc>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ObjectError {
    #[error("there is no such object")]
    Absent,
    #[error("the object was opened otherwise")]
    OpenedOtherwise,
    #[error("not all of it is there")]
    Incomplete,
    #[error("other bytes came than were announced")]
    OtherBytes,
    #[error("it comes to another digest than it was said to")]
    OtherDigest,
    #[error("it was stored as something else")]
    StoredOtherwise,
    #[error("only datasets are inspected")]
    NotADataset,
    #[error("it may still be gone on with")]
    NotYet,
    #[error("all of it is there")]
    Complete,
    #[error("the object was removed")]
    Removed,
    #[error("the object expired before all of it was there")]
    Expired,
}
