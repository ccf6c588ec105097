//! What has happened to a unit; beside each event, which slot it takes or gives up.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::{Claim, Effects, Money, Name, Rate};
use serde::{Deserialize, Serialize};

use super::ids::{MachineId, ObjectId};
use super::terms::{Needs, Terms};
use super::texts::{Detail, Metrics, OrderReference};
use crate::users::UserId;

/// Durable: from here the work can go on anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    pub object: ObjectId,
    pub step: u64,
}

/// Who has the unit, under which number, in which place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// Rises with each lease of the unit; whoever shows an older one is told that it is lost.
    pub fence: u64,
    pub machine: MachineId,
    pub provider: UserId,
    pub slot: Name,
}

/// Why this machine, in so few numbers that the choice can be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The version of the rule.
    pub rule: u32,
    /// How many machines waited that could have had it.
    pub candidates: u32,
    /// What it was expected to cost there, until its end.
    pub score: Money,
    pub because: Because,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Because {
    /// Nobody else waited who could have had it.
    #[serde(rename = "only-one")]
    OnlyOne,
    #[serde(rename = "cheapest")]
    Cheapest,
    /// The machine asked, and it was this customer's turn.
    #[serde(rename = "turn")]
    Turn,
    /// The machine asked, and nothing it could have had was waiting for longer.
    #[serde(rename = "longest-waiting")]
    LongestWaiting,
}

/// How long a lease may go on for, counted from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    pub seconds_max: u64,
    pub deadline: DateTime<Utc>,
}

/// A machine that is not to have the unit again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    pub machine: MachineId,
    /// For good, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// Why a unit is in the queue again. Only the last two count as failures of the work itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReturnedBecause {
    /// Nothing was heard of the machine.
    #[serde(rename = "lost")]
    Lost,
    #[serde(rename = "draining")]
    Draining,
    #[serde(rename = "machine")]
    Machine,
    #[serde(rename = "network")]
    Network,
    #[serde(rename = "out-of-memory")]
    OutOfMemory,
    #[serde(rename = "trainer")]
    Trainer,
    /// It went on beyond its hard deadline.
    #[serde(rename = "time")]
    Time,
}

impl ReturnedBecause {
    /// Whether the machine was lost with the unit, which is nobody's failure.
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::Lost | Self::Machine | Self::Network)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailedCause {
    /// The customer's: what was uploaded cannot be trained on.
    #[serde(rename = "bad-data")]
    BadData,
    #[serde(rename = "trainer")]
    Trainer,
    #[serde(rename = "out-of-memory")]
    OutOfMemory,
    #[serde(rename = "time")]
    Time,
    /// Too many machines were lost.
    #[serde(rename = "machines")]
    Machines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StoppedBecause {
    #[serde(rename = "paused")]
    Paused,
    #[serde(rename = "cancelled")]
    Cancelled,
    /// What is left of the budget buys no more.
    #[serde(rename = "allowance")]
    Allowance,
}

/// What the customer wants of work that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Want {
    #[serde(rename = "pause")]
    Pause,
    #[serde(rename = "cancel")]
    Cancel,
}

impl Want {
    pub const fn stopped(self) -> StoppedBecause {
        match self {
            Self::Pause => StoppedBecause::Paused,
            Self::Cancel => StoppedBecause::Cancelled,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum UnitEvent {
    #[serde(rename = "work-unit.enqueued")]
    Enqueued {
        terms: Arc<Terms>,
        at: DateTime<Utc>,
    },
    #[serde(rename = "work-unit.leased")]
    Leased {
        order: OrderReference,
        holding: Holding,
        /// Per hour of training.
        rate: Rate,
        /// How many trained seconds the lease may cost.
        seconds_max: u64,
        /// Until when it must have ended, whatever is heard.
        deadline: DateTime<Utc>,
        decision: Decision,
        at: DateTime<Utc>,
    },
    /// What is durable is owed.
    #[serde(rename = "work-unit.progressed")]
    Progressed {
        order: OrderReference,
        holding: Holding,
        checkpoint: Checkpoint,
        /// In this lease, up to the checkpoint.
        trained_seconds: u64,
        /// Of what was added since the checkpoint before.
        cost: Money,
        /// By all leases of the unit, this piece included.
        spent: Money,
        at: DateTime<Utc>,
    },
    /// Somebody wants the machine to stop at its next checkpoint, until the deadline.
    #[serde(rename = "work-unit.asked")]
    Asked {
        order: OrderReference,
        want: Want,
        deadline: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// Back in the queue; nothing since the last checkpoint is owed.
    #[serde(rename = "work-unit.returned")]
    Returned {
        order: OrderReference,
        holding: Holding,
        because: ReturnedBecause,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exclude: Option<Excluded>,
        /// What is needed from now on, where that is more than before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        needs: Option<Needs>,
        at: DateTime<Utc>,
    },
    #[serde(rename = "work-unit.completed")]
    Completed {
        order: OrderReference,
        holding: Holding,
        artifact: ObjectId,
        step: u64,
        trained_seconds: u64,
        cost: Money,
        spent: Money,
        metrics: Metrics,
        at: DateTime<Utc>,
    },
    #[serde(rename = "work-unit.failed")]
    Failed {
        order: OrderReference,
        holding: Holding,
        cause: FailedCause,
        detail: Detail,
        trained_seconds: u64,
        /// Nothing, unless the cause is the customer's.
        cost: Money,
        spent: Money,
        at: DateTime<Utc>,
    },
    /// There is more to spend; a lease under way may go on for longer.
    #[serde(rename = "work-unit.budget-raised")]
    BudgetRaised {
        order: OrderReference,
        budget: Money,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lease: Option<Allowed>,
        at: DateTime<Utc>,
    },
    /// Back in the queue after a stop, to go on from the last checkpoint.
    #[serde(rename = "work-unit.resumed")]
    Resumed {
        order: OrderReference,
        budget: Money,
        at: DateTime<Utc>,
    },
    /// It stands still until it is resumed, or for good.
    #[serde(rename = "work-unit.stopped")]
    Stopped {
        order: OrderReference,
        /// Nobody, where it was waiting.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holding: Option<Holding>,
        because: StoppedBecause,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        checkpoint: Option<Checkpoint>,
        spent: Money,
        at: DateTime<Utc>,
    },
}

impl Effects for UnitEvent {
    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Leased { holding, .. } => vec![Claim::Take(holding.slot.clone())],
            Self::Returned { holding, .. }
            | Self::Completed { holding, .. }
            | Self::Failed { holding, .. } => vec![Claim::Release(holding.slot.clone())],
            Self::Stopped { holding, .. } => {
                let slots = holding.iter().map(|it| it.slot.clone());
                slots.map(Claim::Release).collect()
            }
            Self::Enqueued { .. }
            | Self::Progressed { .. }
            | Self::Asked { .. }
            | Self::BudgetRaised { .. }
            | Self::Resumed { .. } => vec![],
        }
    }
}

impl DomainEvent for UnitEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Enqueued { .. } => "work-unit.enqueued",
            Self::Leased { .. } => "work-unit.leased",
            Self::Progressed { .. } => "work-unit.progressed",
            Self::Asked { .. } => "work-unit.asked",
            Self::Returned { .. } => "work-unit.returned",
            Self::Completed { .. } => "work-unit.completed",
            Self::Failed { .. } => "work-unit.failed",
            Self::Stopped { .. } => "work-unit.stopped",
            Self::BudgetRaised { .. } => "work-unit.budget-raised",
            Self::Resumed { .. } => "work-unit.resumed",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
