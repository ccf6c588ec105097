//! A job's state, what it decides, and how an event changes it.

mod account;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use ledger::{Currency, Money, Rate};
use serde::{Deserialize, Serialize};

use super::commands::{JobCommand, JobError};
use super::events::{CancelledBecause, JobEvent, LapsedBecause, PausedBecause};
use super::terms::{BUDGET_MIN_CENTS, Terms, Way};
use crate::payments::PaymentId;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Job {
    #[default]
    Unordered,
    Pending {
        terms: Box<Terms>,
        budget: Money,
        payment: Option<PaymentId>,
        funds_missing: bool,
    },
    Active {
        account: Account,
        phase: Phase,
    },
    Over {
        terms: Box<Terms>,
        charged: Money,
        cancelled: bool,
    },
}

/// The order and its money: what is held is the budget less what was charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub terms: Box<Terms>,
    pub budget: Money,
    pub charged: Money,
    /// The last lease, and its machine's rate.
    pub lease: Option<(u64, Rate)>,
    /// Since that lease began, so that its machine may not have heard of it.
    pub raised: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    Queued,
    Running,
    Pausing,
    Paused(PausedBecause),
    Cancelling(CancelledBecause),
}

impl Job {
    fn decide(&self, command: JobCommand) -> Result<Vec<JobEvent>, JobError> {
        match self {
            Self::Unordered => match command {
                JobCommand::Order {
                    terms,
                    budget,
                    way,
                    at,
                } => order(terms, budget, way, at),
                _ => Err(JobError::NotOrdered),
            },
            Self::Pending {
                terms,
                budget,
                payment,
                funds_missing,
            } => pending(terms, *budget, *payment, *funds_missing, command),
            Self::Active { account, phase } => account.decide(*phase, command),
            Self::Over {
                terms,
                charged,
                cancelled,
            } => over(terms, *charged, *cancelled, command),
        }
    }
}

fn order(
    terms: Box<Terms>,
    budget: Money,
    way: Way,
    at: DateTime<Utc>,
) -> Result<Vec<JobEvent>, JobError> {
    payable(budget)?;
    let paid = (way == Way::Wallet).then(|| funded(&terms, budget, at));
    let ordered = JobEvent::Ordered {
        terms,
        budget,
        way,
        at,
    };
    Ok(std::iter::once(ordered).chain(paid).collect())
}

/// A budget may be paid for by card, so it is what a card can pay.
fn payable(budget: Money) -> Result<(), JobError> {
    let cent = 10_i64.pow(Currency::Usd.scale() - 2);
    let enough = budget.minor() >= BUDGET_MIN_CENTS * cent;
    if budget.currency() == Currency::Usd && budget.whole_cents() && enough {
        Ok(())
    } else {
        Err(JobError::BudgetTooSmall)
    }
}

fn funded(terms: &Terms, held: Money, at: DateTime<Utc>) -> JobEvent {
    JobEvent::Funded {
        terms: Box::new(terms.clone()),
        held,
        at,
    }
}

fn same_terms(terms: &Terms, asked: &Terms) -> Result<Vec<JobEvent>, JobError> {
    if terms == asked {
        Ok(vec![])
    } else {
        Err(JobError::OrderedOtherwise)
    }
}

fn pending(
    terms: &Terms,
    budget: Money,
    open: Option<PaymentId>,
    funds_missing: bool,
    command: JobCommand,
) -> Result<Vec<JobEvent>, JobError> {
    use JobCommand as C;
    let cancelled = |because, at| JobEvent::Cancelled {
        customer: terms.customer,
        because,
        released: Money::zero(budget.currency()),
        at,
    };
    match command {
        C::Order { terms: asked, .. } => same_terms(terms, &asked),
        C::OpenPayment { payment, at } => match open {
            None => Ok(vec![JobEvent::PaymentOpened { payment, at }]),
            Some(open) if open == payment => Ok(vec![]),
            Some(_) => Err(JobError::OtherPayment),
        },
        C::Fund { at } => Ok(vec![funded(terms, budget, at)]),
        C::FundsMissing { .. } if funds_missing => Ok(vec![]),
        C::FundsMissing { at } => Ok(vec![JobEvent::FundsMissing { at }]),
        C::Lapse {
            payment,
            because,
            at,
        } if open.is_none_or(|open| open == payment) => Ok(vec![cancelled(because.into(), at)]),
        // A payment that this job no longer waits for.
        C::Lapse { .. } => Ok(vec![]),
        C::Cancel { because, at } => Ok(vec![cancelled(because, at)]),
        C::Start { .. }
        | C::Charge(_)
        | C::Interrupt { .. }
        | C::Settle { .. }
        | C::Pause { .. }
        | C::Resume { .. }
        | C::RaiseBudget { .. } => Err(JobError::NotPaid),
    }
}

/// What is over stays so; what asks for just that has nothing to add.
fn over(
    terms: &Terms,
    charged: Money,
    cancelled: bool,
    command: JobCommand,
) -> Result<Vec<JobEvent>, JobError> {
    use JobCommand as C;
    match command {
        C::Order { terms: asked, .. } => same_terms(terms, &asked),
        C::Charge(reading) | C::Settle { reading, .. } if reading.spent == charged => Ok(vec![]),
        C::Cancel { .. } if cancelled => Ok(vec![]),
        C::OpenPayment { .. }
        | C::Fund { .. }
        | C::FundsMissing { .. }
        | C::Lapse { .. }
        | C::Start { .. }
        | C::Interrupt { .. } => Ok(vec![]),
        C::Charge(_)
        | C::Settle { .. }
        | C::Pause { .. }
        | C::Resume { .. }
        | C::RaiseBudget { .. }
        | C::Cancel { .. } => Err(JobError::Over),
    }
}

impl From<LapsedBecause> for CancelledBecause {
    fn from(because: LapsedBecause) -> Self {
        match because {
            LapsedBecause::PaymentExpired => Self::PaymentExpired,
            LapsedBecause::PaymentFailed => Self::PaymentFailed,
        }
    }
}

impl Aggregate for Job {
    const TYPE: &'static str = "job";
    type Command = JobCommand;
    type Event = JobEvent;
    type Error = JobError;
    type Services = ();

    async fn handle(
        &mut self,
        command: JobCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), JobError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: JobEvent) {
        *self = match (std::mem::take(self), event) {
            (_, JobEvent::Ordered { terms, budget, .. }) => Self::Pending {
                terms,
                budget,
                payment: None,
                funds_missing: false,
            },
            (_, JobEvent::Funded { terms, held, .. }) => Self::Active {
                account: Account {
                    charged: Money::zero(held.currency()),
                    terms,
                    budget: held,
                    lease: None,
                    raised: false,
                },
                phase: Phase::Queued,
            },
            (Self::Active { account, phase }, event) => account.apply(phase, event),
            (
                Self::Pending {
                    terms,
                    budget,
                    payment,
                    funds_missing,
                },
                event,
            ) => match event {
                JobEvent::PaymentOpened { payment, .. } => Self::Pending {
                    terms,
                    budget,
                    payment: Some(payment),
                    funds_missing,
                },
                JobEvent::FundsMissing { .. } => Self::Pending {
                    terms,
                    budget,
                    payment,
                    funds_missing: true,
                },
                JobEvent::Cancelled { .. } => Self::Over {
                    charged: Money::zero(budget.currency()),
                    terms,
                    cancelled: true,
                },
                // Nothing else happens to what is not paid for.
                _ => Self::Pending {
                    terms,
                    budget,
                    payment,
                    funds_missing,
                },
            },
            // Nothing happens before the order or after the end.
            (state @ (Self::Unordered | Self::Over { .. }), _) => state,
        };
    }
}
