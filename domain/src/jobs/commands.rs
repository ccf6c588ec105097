//! What may be asked of a job, and why it may be refused.

use chrono::{DateTime, Utc};
use ledger::{Money, MoneyError, Rate};
use thiserror::Error;

use super::events::{
    CancelledBecause, FailedBecause, InterruptedBecause, LapsedBecause, PausedBecause,
};
use super::terms::{BUDGET_MIN_CENTS, Metrics, Terms, Way};
use crate::objects::ObjectId;
use crate::payments::PaymentId;
use crate::servers::MachineId;
use crate::users::UserId;
use crate::work::Checkpoint;

#[derive(Clone, Debug)]
pub enum JobCommand {
    Order {
        terms: Box<Terms>,
        budget: Money,
        way: Way,
        at: DateTime<Utc>,
    },
    OpenPayment {
        payment: PaymentId,
        at: DateTime<Utc>,
    },
    /// The payment arrived in the customer's wallet.
    Fund {
        at: DateTime<Utc>,
    },
    /// The wallet does not hold the budget, whatever was paid.
    FundsMissing {
        at: DateTime<Utc>,
    },
    /// The payment will never come.
    Lapse {
        payment: PaymentId,
        because: LapsedBecause,
        at: DateTime<Utc>,
    },
    Start {
        fence: u64,
        machine: MachineId,
        rate: Rate,
        at: DateTime<Utc>,
    },
    Charge(Reading),
    Interrupt {
        fence: u64,
        because: InterruptedBecause,
        at: DateTime<Utc>,
    },
    /// The work is over, at least for now; what it had come to is charged first.
    Settle {
        reading: Reading,
        outcome: Outcome,
    },
    Pause {
        at: DateTime<Utc>,
    },
    Resume {
        at: DateTime<Utc>,
    },
    RaiseBudget {
        to: Money,
        at: DateTime<Utc>,
    },
    Cancel {
        because: CancelledBecause,
        at: DateTime<Utc>,
    },
}

/// How far the work is durable, and what all of it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub provider: Option<UserId>,
    pub fence: u64,
    /// Over all leases.
    pub spent: Money,
    pub step: u64,
    /// Of this lease.
    pub trained_seconds: u64,
    pub checkpoint: Option<Checkpoint>,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done {
        artifact: ObjectId,
        metrics: Metrics,
    },
    Failed {
        because: FailedBecause,
        detail: String,
    },
    Paused(PausedBecause),
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JobError {
    #[error("nothing was ordered")]
    NotOrdered,
    #[error("the job was ordered on other terms")]
    OrderedOtherwise,
    #[error("a budget is at least {BUDGET_MIN_CENTS} cents, in dollars and whole cents")]
    BudgetTooSmall,
    #[error("a budget can only be raised")]
    BudgetNotRaised,
    #[error("another payment is open for the job")]
    OtherPayment,
    #[error("the job has not been paid for")]
    NotPaid,
    #[error("the job is over")]
    Over,
    #[error("the job is being cancelled")]
    Cancelling,
    #[error("the job is not paused")]
    NotPaused,
    #[error("the budget is used up; raise it to go on")]
    BudgetUsedUp,
    #[error("the work costs more than the budget")]
    BeyondBudget,
    #[error("a charge names who earned it")]
    NoProvider,
    #[error("the amounts do not go together")]
    Money(#[from] MoneyError),
}
