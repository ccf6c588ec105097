//! The aggregate: one machine at a time, each lease under a higher number, never beyond the budget.

mod apply;
mod reports;
mod state;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use ledger::{Money, Name, Rate};

use super::commands::{Report, UnitCommand, UnitError, WhyExpired};
use super::cost::seconds_affordable;
use super::events::{Allowed, Decision, Holding, ReturnedBecause, StoppedBecause, UnitEvent, Want};
use super::ids::MachineId;
use super::terms::Terms;
use crate::users::UserId;
pub use state::{End, Ended, How, Lease, Outline, Tally, Unit};

/// So long a lease lasts after the last that was heard of its machine.
pub const LEASE: TimeDelta = TimeDelta::seconds(20);
/// So often a machine lets itself be heard.
pub const HEARTBEAT: TimeDelta = TimeDelta::seconds(5);
/// So long a machine has to save its work and stop.
pub const ASK_DEADLINE: TimeDelta = TimeDelta::seconds(60);
/// What a lease may take beyond twice its trained seconds: fetching, loading, saving.
const OVERHEAD: TimeDelta = TimeDelta::minutes(30);
/// Machines that are lost are nobody's failure, but somewhere it ends.
pub const LOSSES_MAX: u32 = 20;
/// So many failures of the trainer are tried again.
pub const FAILURES_MAX: u32 = 2;
/// So often more memory is asked for.
pub const ESCALATIONS_MAX: u32 = 3;
/// Work on data that cannot be trained on is paid for so long at most.
pub const BAD_DATA_SECONDS_MAX: u64 = 60;
/// Whoever lost a unit does not get it back for so long; then twice as long each time.
pub const EXCLUSION_FIRST: TimeDelta = TimeDelta::seconds(60);

type Events = Result<Vec<UnitEvent>, UnitError>;

impl Unit {
    fn decide(&self, command: UnitCommand) -> Events {
        match command {
            UnitCommand::Enqueue { terms, at } => self.enqueue(terms, at),
            UnitCommand::Lease {
                machine,
                provider,
                slot,
                rate,
                decision,
                at,
            } => {
                let to = To {
                    machine,
                    provider,
                    slot,
                    rate,
                };
                self.lease_to(to, decision, at)
            }
            UnitCommand::Ask { want, at } => self.ask(want, at),
            UnitCommand::Report {
                fence,
                machine,
                report,
                at,
            } => self.hear(fence, machine, report, at),
            UnitCommand::Expire { fence, why, at } => self.expire(fence, why, at),
            UnitCommand::RaiseBudget { to, at } => self.raise(to, at),
            UnitCommand::Resume { budget, at } => self.resume(budget, at),
        }
    }

    fn enqueue(&self, asked: Arc<Terms>, at: DateTime<Utc>) -> Events {
        match self {
            Self::Unqueued => {
                asked.check()?;
                Ok(vec![UnitEvent::Enqueued { terms: asked, at }])
            }
            Self::Queued { terms, .. } | Self::Leased { terms, .. } | Self::Over { terms, .. } => {
                if *terms == asked {
                    Ok(vec![])
                } else {
                    Err(UnitError::EnqueuedOtherwise)
                }
            }
        }
    }

    fn lease_to(&self, to: To, decision: Decision, at: DateTime<Utc>) -> Events {
        match self {
            Self::Unqueued => Err(UnitError::NotEnqueued),
            Self::Queued { terms, tally } => lease(terms, tally, to, decision, at),
            Self::Leased { .. } => Err(UnitError::NotQueued),
            Self::Over { .. } => Err(UnitError::Over),
        }
    }

    fn ask(&self, want: Want, at: DateTime<Utc>) -> Events {
        match self {
            Self::Unqueued => Err(UnitError::NotEnqueued),
            Self::Queued { terms, tally } => Ok(vec![UnitEvent::Stopped {
                order: terms.order.clone(),
                holding: None,
                because: want.stopped(),
                checkpoint: tally.checkpoint,
                spent: tally.spent,
                at,
            }]),
            Self::Leased { terms, lease, .. } => Ok(asked(terms, lease, want, at)),
            // It came to a stop already, whoever brought that about.
            Self::Over {
                end: End::Stopped(_),
                ..
            } => Ok(vec![]),
            Self::Over { .. } => Err(UnitError::Over),
        }
    }

    fn raise(&self, to: Money, at: DateTime<Utc>) -> Events {
        match self {
            Self::Unqueued => Err(UnitError::NotEnqueued),
            Self::Queued { terms, tally } => raised(terms, tally, None, to, at),
            Self::Leased {
                terms,
                tally,
                lease,
            } => raised(terms, tally, Some(lease), to, at),
            // It is resumed with all of its budget.
            Self::Over {
                end: End::Stopped(StoppedBecause::Paused | StoppedBecause::Allowance),
                ..
            } => Ok(vec![]),
            Self::Over { .. } => Err(UnitError::Over),
        }
    }

    fn resume(&self, budget: Money, at: DateTime<Utc>) -> Events {
        match self {
            Self::Unqueued => Err(UnitError::NotEnqueued),
            Self::Over {
                terms,
                tally,
                end: End::Stopped(StoppedBecause::Paused | StoppedBecause::Allowance),
            } => {
                if budget.checked_sub(tally.budget)?.is_negative() {
                    return Err(UnitError::BudgetNotRaised);
                }
                Ok(vec![UnitEvent::Resumed {
                    order: terms.order.clone(),
                    budget,
                    at,
                }])
            }
            // It goes on already.
            Self::Queued { .. } | Self::Leased { .. } => Ok(vec![]),
            Self::Over { .. } => Err(UnitError::Over),
        }
    }

    fn hear(&self, fence: u64, machine: MachineId, report: Report, at: DateTime<Utc>) -> Events {
        match self {
            Self::Unqueued => Err(UnitError::NotEnqueued),
            Self::Leased {
                terms,
                tally,
                lease,
            } if lease.holding.fence == fence && lease.holding.machine == machine => {
                reports::decide(terms, tally, lease, report, at)
            }
            Self::Queued { tally, .. } | Self::Leased { tally, .. } | Self::Over { tally, .. } => {
                reports::repeated(tally, fence, &report)
            }
        }
    }

    fn expire(&self, fence: u64, why: WhyExpired, at: DateTime<Utc>) -> Events {
        match self {
            Self::Unqueued => Err(UnitError::NotEnqueued),
            Self::Leased {
                terms,
                tally,
                lease,
            } if lease.holding.fence == fence => expire(terms, tally, lease, why, at),
            Self::Queued { tally, .. } | Self::Leased { tally, .. } | Self::Over { tally, .. } => {
                if fence <= tally.fence {
                    Ok(vec![])
                } else {
                    Err(UnitError::LeaseLost)
                }
            }
        }
    }
}

/// A place on a machine, and what an hour there costs.
struct To {
    machine: MachineId,
    provider: UserId,
    slot: Name,
    rate: Rate,
}

fn lease(terms: &Terms, tally: &Tally, to: To, decision: Decision, at: DateTime<Utc>) -> Events {
    if to.provider == terms.customer {
        return Err(UnitError::OwnMachine);
    }
    if tally.excludes(to.machine, at) {
        return Err(UnitError::Excluded);
    }
    let dear = tally
        .needs
        .rate_max
        .is_some_and(|max| to.rate.price() > max.price());
    let fits = to.rate.currency() == terms.budget.currency();
    if dear || !fits || to.rate.price().is_sign_negative() {
        return Err(UnitError::RateUnfit);
    }
    let left = tally.budget.checked_sub(tally.spent)?;
    let seconds_max = seconds_affordable(&to.rate, left);
    if seconds_max == 0 {
        return Err(UnitError::NothingLeft);
    }
    Ok(vec![UnitEvent::Leased {
        order: terms.order.clone(),
        holding: Holding {
            fence: tally.fence.saturating_add(1),
            machine: to.machine,
            provider: to.provider,
            slot: to.slot,
        },
        rate: to.rate,
        seconds_max,
        deadline: deadline(at, seconds_max),
        decision,
        at,
    }])
}

/// When a lease that began then must have ended.
fn deadline(since: DateTime<Utc>, seconds_max: u64) -> DateTime<Utc> {
    let seconds = i64::try_from(seconds_max).unwrap_or(i64::MAX);
    let training = TimeDelta::try_seconds(seconds.saturating_mul(2)).unwrap_or(TimeDelta::MAX);
    since + training + OVERHEAD
}

/// More to spend: a lease under way may go on for longer.
fn raised(
    terms: &Terms,
    tally: &Tally,
    lease: Option<&Lease>,
    to: Money,
    at: DateTime<Utc>,
) -> Events {
    let by = to.checked_sub(tally.budget)?;
    if by.is_zero() {
        return Ok(vec![]);
    }
    if by.is_negative() {
        return Err(UnitError::BudgetNotRaised);
    }
    let allowed = lease.map(|lease| {
        let left = to.checked_sub(lease.spent_before)?;
        let seconds_max = seconds_affordable(&lease.rate, left);
        Ok::<_, UnitError>(Allowed {
            seconds_max,
            deadline: deadline(lease.since, seconds_max),
        })
    });
    Ok(vec![UnitEvent::BudgetRaised {
        order: terms.order.clone(),
        budget: to,
        lease: allowed.transpose()?,
        at,
    }])
}

/// Who wants it cancelled wants more than who wants it paused; the first deadline stays.
fn asked(terms: &Terms, lease: &Lease, want: Want, at: DateTime<Utc>) -> Vec<UnitEvent> {
    let deadline = match lease.asked {
        None => at + ASK_DEADLINE,
        Some((Want::Pause, deadline)) if want == Want::Cancel => deadline,
        Some((Want::Pause | Want::Cancel, _)) => return vec![],
    };
    vec![UnitEvent::Asked {
        order: terms.order.clone(),
        want,
        deadline,
        at,
    }]
}

fn expire(
    terms: &Terms,
    tally: &Tally,
    lease: &Lease,
    why: WhyExpired,
    at: DateTime<Utc>,
) -> Events {
    let because = match why {
        WhyExpired::Silent => ReturnedBecause::Lost,
        WhyExpired::Deaf => match lease.asked {
            Some((_, deadline)) if at >= deadline => ReturnedBecause::Lost,
            Some(_) | None => return Err(UnitError::NotDue),
        },
        WhyExpired::Overdue if at >= lease.deadline => ReturnedBecause::Time,
        WhyExpired::Overdue => return Err(UnitError::NotDue),
    };
    reports::let_go(terms, tally, lease, because, at)
}

impl Aggregate for Unit {
    const TYPE: &'static str = "work-unit";
    type Command = UnitCommand;
    type Event = UnitEvent;
    type Error = UnitError;
    type Services = ();

    async fn handle(
        &mut self,
        command: UnitCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), UnitError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: UnitEvent) {
        self.happened(event);
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
