//! What may be asked of a unit, and why it may be refused.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ledger::{Money, MoneyError, Name, Rate};
use thiserror::Error;

use super::Checkpoint;
use super::events::{Decision, Want};
use super::ids::{MachineId, ObjectId};
use super::terms::{Terms, TermsError};
use super::texts::{Detail, Metrics};
use crate::users::UserId;

#[derive(Clone, Debug)]
pub enum UnitCommand {
    Enqueue {
        terms: Arc<Terms>,
        at: DateTime<Utc>,
    },
    Lease {
        machine: MachineId,
        provider: UserId,
        slot: Name,
        rate: Rate,
        decision: Decision,
        at: DateTime<Utc>,
    },
    /// Asks the machine to stop at its next checkpoint; what waits stops at once.
    Ask { want: Want, at: DateTime<Utc> },
    /// What the machine that has the unit says of it.
    Report {
        fence: u64,
        machine: MachineId,
        report: Report,
        at: DateTime<Utc>,
    },
    /// Takes away a lease that has run out in one way or another.
    Expire {
        fence: u64,
        why: WhyExpired,
        at: DateTime<Utc>,
    },
    /// All leases together may cost so much.
    RaiseBudget { to: Money, at: DateTime<Utc> },
    /// Goes on with what was paused, or had used up its budget.
    Resume { budget: Money, at: DateTime<Utc> },
}

/// `trained_seconds` is what the trainer counted in this lease.
#[derive(Clone, Debug)]
pub enum Report {
    Progress {
        checkpoint: Checkpoint,
        trained_seconds: u64,
    },
    Complete {
        artifact: ObjectId,
        step: u64,
        trained_seconds: u64,
        metrics: Metrics,
    },
    Fail {
        cause: ReportedCause,
        detail: Detail,
        trained_seconds: u64,
    },
    Release {
        because: WhyReleased,
        trained_seconds: u64,
    },
}

/// Why a machine could not go on, as it sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedCause {
    OutOfMemory,
    BadData,
    Trainer,
    Machine,
    Network,
    Time,
}

/// Why a machine lets go of a unit that could go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyReleased {
    Paused,
    Cancelled,
    Draining,
    Allowance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyExpired {
    /// Nothing was heard for as long as a lease lasts; only whoever listens can know.
    Silent,
    /// It was asked to stop and did not.
    Deaf,
    /// It is beyond its hard deadline.
    Overdue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnitError {
    #[error("the unit has not been enqueued")]
    NotEnqueued,
    #[error("the unit was enqueued on other terms")]
    EnqueuedOtherwise,
    #[error(transparent)]
    Terms(#[from] TermsError),
    #[error("somebody else has the unit")]
    NotQueued,
    #[error("the unit is over")]
    Over,
    #[error("this lease of the unit is lost")]
    LeaseLost,
    #[error("nobody works on a unit of their own")]
    OwnMachine,
    #[error("the machine is not to have this unit again so soon")]
    Excluded,
    #[error("the rate is not one at which this unit may be worked on")]
    RateUnfit,
    #[error("what is left of the budget does not buy a second there")]
    NothingLeft,
    #[error("a budget can only be raised")]
    BudgetNotRaised,
    #[error("nobody asked for that")]
    NotAsked,
    #[error("the lease has time left")]
    NotDue,
    #[error(transparent)]
    Money(#[from] MoneyError),
}
