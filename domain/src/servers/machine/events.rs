//! What has happened to a machine.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::Effects;
use serde::{Deserialize, Serialize};

use crate::servers::hardware::Hardware;
use crate::servers::price::HourlyPrice;
use crate::servers::words::{AgentVersion, Isolations, Region, Runtimes};
use crate::servers::{JoinTokenId, MachineId};
use crate::users::{Digest, Reason, UserId};

/// Why a machine takes no more work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DrainedBecause {
    /// Its provider wants it so.
    #[serde(rename = "provider")]
    Provider,
}

/// What a machine is enrolled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    pub machine: MachineId,
    pub provider: UserId,
    pub token: JoinTokenId,
    pub hardware: Hardware,
    pub isolation: Isolations,
    pub runtimes: Runtimes,
    pub agent_version: AgentVersion,
    /// Of the secret of generation 0.
    pub secret: Digest,
    /// For each slot.
    pub hourly: HourlyPrice,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum MachineEvent {
    #[serde(rename = "machine.enrolled")]
    Enrolled(Box<Enrolled>),
    #[serde(rename = "machine.described")]
    Described {
        hardware: Hardware,
        isolation: Isolations,
        runtimes: Runtimes,
        agent_version: AgentVersion,
        at: DateTime<Utc>,
    },
    #[serde(rename = "machine.priced")]
    Priced {
        hourly: HourlyPrice,
        by: UserId,
        at: DateTime<Utc>,
    },
    #[serde(rename = "machine.placed")]
    Placed {
        region: Region,
        by: UserId,
        at: DateTime<Utc>,
    },
    #[serde(rename = "machine.drained")]
    Drained {
        because: DrainedBecause,
        by: UserId,
        at: DateTime<Utc>,
    },
    #[serde(rename = "machine.undrained")]
    Undrained { by: UserId, at: DateTime<Utc> },
    #[serde(rename = "machine.verified")]
    Verified {
        provider: UserId,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    #[serde(rename = "machine.unverified")]
    Unverified {
        provider: UserId,
        why: UnverifiedBecause,
        at: DateTime<Utc>,
    },
    #[serde(rename = "machine.secret-rotated")]
    SecretRotated {
        generation: u32,
        secret: Digest,
        by: UserId,
        at: DateTime<Utc>,
    },
    #[serde(rename = "machine.retired")]
    Retired { by: UserId, at: DateTime<Utc> },
}

/// Why a machine is no more taken for what it says it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum UnverifiedBecause {
    #[serde(rename = "staff")]
    Staff { by: UserId, reason: Reason },
    /// What was seen is not what it says now.
    #[serde(rename = "described-otherwise")]
    DescribedOtherwise,
}

impl Effects for MachineEvent {}

impl DomainEvent for MachineEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Enrolled(_) => "machine.enrolled",
            Self::Described { .. } => "machine.described",
            Self::Priced { .. } => "machine.priced",
            Self::Placed { .. } => "machine.placed",
            Self::Drained { .. } => "machine.drained",
            Self::Undrained { .. } => "machine.undrained",
            Self::Verified { .. } => "machine.verified",
            Self::Unverified { .. } => "machine.unverified",
            Self::SecretRotated { .. } => "machine.secret-rotated",
            Self::Retired { .. } => "machine.retired",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
