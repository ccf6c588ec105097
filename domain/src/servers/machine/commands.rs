//! What may be asked of a machine, and why it may be refused.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::events::{DrainedBecause, Enrolled};
use crate::servers::hardware::{Hardware, HardwareError};
use crate::servers::price::HourlyPrice;
use crate::servers::words::{AgentVersion, Isolations, Region, Runtimes};
use crate::users::{Digest, Reason, UserId};

#[derive(Clone, Debug)]
pub enum MachineCommand {
    Enrol(Box<Enrolled>),
    /// The machine says what it is now; what it does not say is as it was.
    Describe {
        hardware: Option<Hardware>,
        isolation: Option<Isolations>,
        runtimes: Option<Runtimes>,
        agent_version: Option<AgentVersion>,
        at: DateTime<Utc>,
    },
    /// The provider says on what terms it works; what is not said is as it was.
    Offer {
        hourly: Option<HourlyPrice>,
        region: Option<Region>,
        drained: Option<bool>,
        because: DrainedBecause,
        by: UserId,
        at: DateTime<Utc>,
    },
    /// Staff have seen that it is what it says it is.
    Verify {
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    Unverify {
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    /// `generation` is of the secret that takes the place of the one before it.
    RotateSecret {
        generation: u32,
        secret: Digest,
        by: UserId,
        at: DateTime<Utc>,
    },
    Retire {
        by: UserId,
        at: DateTime<Utc>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MachineError {
    #[error("the machine has not been enrolled")]
    NotEnrolled,
    #[error("the machine was enrolled with other contents")]
    EnrolledOtherwise,
    #[error("the machine was retired")]
    Retired,
    #[error(transparent)]
    Hardware(HardwareError),
    #[error("the secret was changed meanwhile")]
    SecretChanged,
    #[error("nobody verifies a machine of their own")]
    Own,
}
