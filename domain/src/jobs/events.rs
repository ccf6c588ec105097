//! What has happened to a job; beside each event, what it moves.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::WalletLeaf::{Available, Held, Pending};
use ledger::{Account, Effects, Leg, Money, Posting, Rate, Split, Unbalanced, WalletLeaf};
use serde::{Deserialize, Serialize};

use super::terms::{Metrics, Terms, Way};
use crate::objects::ObjectId;
use crate::payments::PaymentId;
use crate::servers::MachineId;
use crate::users::UserId;
use crate::work::Checkpoint;

/// The line of business under which a commission is booked.
const LINE: &str = "commission/jobs";

/// Why a job will not be paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LapsedBecause {
    #[serde(rename = "payment-expired")]
    PaymentExpired,
    #[serde(rename = "payment-failed")]
    PaymentFailed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CancelledBecause {
    #[serde(rename = "asked")]
    Asked,
    #[serde(rename = "payment-expired")]
    PaymentExpired,
    #[serde(rename = "payment-failed")]
    PaymentFailed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PausedBecause {
    #[serde(rename = "asked")]
    Asked,
    #[serde(rename = "budget")]
    Budget,
}

/// Why a machine no longer works on a job that will go on elsewhere; never the customer's cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InterruptedBecause {
    #[serde(rename = "machine-lost")]
    MachineLost,
    #[serde(rename = "machine-draining")]
    MachineDraining,
    #[serde(rename = "machine-failed")]
    MachineFailed,
    #[serde(rename = "out-of-memory")]
    OutOfMemory,
    #[serde(rename = "trainer-failed")]
    TrainerFailed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailedBecause {
    /// The customer's data; what was spent on finding out is charged.
    #[serde(rename = "bad-data")]
    BadData,
    #[serde(rename = "out-of-memory")]
    OutOfMemory,
    #[serde(rename = "trainer")]
    Trainer,
    #[serde(rename = "machines")]
    Machines,
    #[serde(rename = "time")]
    Time,
}

/// One piece of what a job costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    pub customer: UserId,
    pub provider: UserId,
    pub amount: Money,
    pub split: Split,
    pub commission_basis_points: ledger::BasisPoints,
    /// Everything charged so far, this piece included.
    pub charged: Money,
    /// The lease that earned it, its machine's rate, and how long it has trained by now.
    pub fence: u64,
    pub rate: Rate,
    pub trained_seconds: u64,
    pub step: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum JobEvent {
    #[serde(rename = "job.ordered")]
    Ordered {
        terms: Box<Terms>,
        budget: Money,
        way: Way,
        at: DateTime<Utc>,
    },
    #[serde(rename = "job.payment-opened")]
    PaymentOpened {
        payment: PaymentId,
        at: DateTime<Utc>,
    },
    /// The budget is held, so the work can be asked for; the terms are what asks for it.
    #[serde(rename = "job.funded")]
    Funded {
        terms: Box<Terms>,
        held: Money,
        at: DateTime<Utc>,
    },
    #[serde(rename = "job.funds-missing")]
    FundsMissing { at: DateTime<Utc> },
    #[serde(rename = "job.started")]
    Started {
        fence: u64,
        machine: MachineId,
        rate: Rate,
        at: DateTime<Utc>,
    },
    #[serde(rename = "job.charged")]
    Charged(Box<Charge>),
    #[serde(rename = "job.interrupted")]
    Interrupted {
        fence: u64,
        because: InterruptedBecause,
        at: DateTime<Utc>,
    },
    #[serde(rename = "job.pause-asked")]
    PauseAsked { at: DateTime<Utc> },
    #[serde(rename = "job.paused")]
    Paused {
        because: PausedBecause,
        at: DateTime<Utc>,
    },
    #[serde(rename = "job.resumed")]
    Resumed { budget: Money, at: DateTime<Utc> },
    #[serde(rename = "job.budget-raised")]
    BudgetRaised {
        customer: UserId,
        by: Money,
        budget: Money,
        at: DateTime<Utc>,
    },
    #[serde(rename = "job.cancel-asked")]
    CancelAsked {
        because: CancelledBecause,
        at: DateTime<Utc>,
    },
    #[serde(rename = "job.done")]
    Done {
        customer: UserId,
        artifact: ObjectId,
        metrics: Metrics,
        released: Money,
        at: DateTime<Utc>,
    },
    #[serde(rename = "job.failed")]
    Failed {
        customer: UserId,
        because: FailedBecause,
        detail: String,
        released: Money,
        at: DateTime<Utc>,
    },
    #[serde(rename = "job.cancelled")]
    Cancelled {
        customer: UserId,
        because: CancelledBecause,
        released: Money,
        at: DateTime<Utc>,
    },
}

impl Effects for JobEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        let posting = match self {
            Self::Funded { terms, held, .. } => moved(terms.customer, Available, Held, *held)?,
            Self::BudgetRaised { customer, by, .. } => moved(*customer, Available, Held, *by)?,
            Self::Charged(charge) => Some(charge.posting()?),
            Self::Done {
                customer, released, ..
            }
            | Self::Failed {
                customer, released, ..
            }
            | Self::Cancelled {
                customer, released, ..
            } => moved(*customer, Held, Available, *released)?,
            Self::Ordered { .. }
            | Self::PaymentOpened { .. }
            | Self::FundsMissing { .. }
            | Self::Started { .. }
            | Self::Interrupted { .. }
            | Self::PauseAsked { .. }
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::CancelAsked { .. } => None,
        };
        Ok(posting.into_iter().collect())
    }
}

/// Nothing is posted where nothing is left to move.
fn moved(
    user: UserId,
    from: WalletLeaf,
    to: WalletLeaf,
    amount: Money,
) -> Result<Option<Posting>, Unbalanced> {
    if amount.is_zero() {
        return Ok(None);
    }
    let user = user.to_string();
    let (from, to) = (Account::wallet(&user, from)?, Account::wallet(&user, to)?);
    Ok(Some(Posting::transfer(from, to, amount)?))
}

impl Charge {
    /// A share that rounds to nothing has no leg.
    fn posting(&self) -> Result<Posting, Unbalanced> {
        let held = Account::wallet(&self.customer.to_string(), Held)?;
        let earned = Account::wallet(&self.provider.to_string(), Pending)?;
        let legs = [
            (held, self.amount.checked_neg()?),
            (earned, self.split.provider),
            (Account::platform(LINE)?, self.split.commission),
        ];
        let legs = legs.into_iter().filter(|(_, amount)| !amount.is_zero());
        Posting::new(
            legs.map(|(account, amount)| Leg::new(account, amount))
                .collect(),
        )
    }
}

impl DomainEvent for JobEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Ordered { .. } => "job.ordered",
            Self::PaymentOpened { .. } => "job.payment-opened",
            Self::Funded { .. } => "job.funded",
            Self::FundsMissing { .. } => "job.funds-missing",
            Self::Started { .. } => "job.started",
            Self::Charged(_) => "job.charged",
            Self::Interrupted { .. } => "job.interrupted",
            Self::PauseAsked { .. } => "job.pause-asked",
            Self::Paused { .. } => "job.paused",
            Self::Resumed { .. } => "job.resumed",
            Self::BudgetRaised { .. } => "job.budget-raised",
            Self::CancelAsked { .. } => "job.cancel-asked",
            Self::Done { .. } => "job.done",
            Self::Failed { .. } => "job.failed",
            Self::Cancelled { .. } => "job.cancelled",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
