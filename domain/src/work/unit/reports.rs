//! What follows from what a machine says of the unit that it has.

use chrono::{DateTime, TimeDelta, Utc};
use ledger::{Money, MoneyError};

use super::super::commands::{Report, ReportedCause, UnitError, WhyReleased};
use super::super::cost::{cost_of_lease, seconds_affordable};
use super::super::events::{Excluded, FailedCause, ReturnedBecause, StoppedBecause, UnitEvent};
use super::super::terms::Terms;
use super::super::texts::Detail;
use super::state::{How, Lease, Tally};
use super::{
    BAD_DATA_SECONDS_MAX, ESCALATIONS_MAX, EXCLUSION_FIRST, Events, FAILURES_MAX, LOSSES_MAX,
};

/// A machine that stops this close before its allowance ends has used it.
const ALLOWANCE_MARGIN_SECONDS: u64 = 120;
/// An exclusion is doubled so often at most.
const DOUBLINGS_MAX: u32 = 6;

pub(super) fn decide(
    terms: &Terms,
    tally: &Tally,
    lease: &Lease,
    report: Report,
    at: DateTime<Utc>,
) -> Events {
    match report {
        Report::Progress {
            checkpoint,
            trained_seconds,
        } => {
            if tally
                .checkpoint
                .is_some_and(|it| checkpoint.step <= it.step)
            {
                return Ok(vec![]);
            }
            let (trained_seconds, cost, spent) = owed(tally, lease, trained_seconds, at)?;
            Ok(vec![UnitEvent::Progressed {
                order: terms.order.clone(),
                holding: lease.holding.clone(),
                checkpoint,
                trained_seconds,
                cost,
                spent,
                at,
            }])
        }
        Report::Complete {
            artifact,
            step,
            trained_seconds,
            metrics,
        } => {
            let (trained_seconds, cost, spent) = owed(tally, lease, trained_seconds, at)?;
            Ok(vec![UnitEvent::Completed {
                order: terms.order.clone(),
                holding: lease.holding.clone(),
                artifact,
                step,
                trained_seconds,
                cost,
                spent,
                metrics,
                at,
            }])
        }
        Report::Fail {
            cause,
            detail,
            trained_seconds,
        } => failed(terms, tally, lease, (cause, detail, trained_seconds), at),
        Report::Release {
            because,
            trained_seconds,
        } => released(terms, tally, lease, because, trained_seconds, at),
    }
}

/// What a machine said before is so already; whatever else an old number says comes too late.
pub(super) fn repeated(tally: &Tally, fence: u64, report: &Report) -> Events {
    let ended = tally.ended.filter(|it| it.fence == fence).map(|it| it.how);
    match (ended, report) {
        (Some(How::Completed { artifact }), Report::Complete { artifact: said, .. })
            if artifact == *said =>
        {
            Ok(vec![])
        }
        (Some(How::LetGo), Report::Fail { .. } | Report::Release { .. }) => Ok(vec![]),
        (
            Some(_) | None,
            Report::Complete { .. }
            | Report::Fail { .. }
            | Report::Release { .. }
            | Report::Progress { .. },
        ) => Err(UnitError::LeaseLost),
    }
}

/// What has been trained in this lease, as far as it can be believed, what that adds to the cost,
/// and what all leases have cost then.
fn owed(
    tally: &Tally,
    lease: &Lease,
    said_seconds: u64,
    at: DateTime<Utc>,
) -> Result<(u64, Money, Money), MoneyError> {
    let seconds = believed(lease, said_seconds, at);
    let left = tally.budget.checked_sub(lease.spent_before)?;
    let in_lease = cost_of_lease(&lease.rate, seconds, left)?;
    let spent = lease.spent_before.checked_add(in_lease)?;
    Ok((seconds, spent.checked_sub(tally.spent)?, spent))
}

/// Nobody trains for longer than the lease has lasted, or than it may cost.
fn believed(lease: &Lease, said_seconds: u64, at: DateTime<Utc>) -> u64 {
    let lasted = (at - lease.since).num_seconds();
    let lasted = u64::try_from(lasted).unwrap_or(0);
    let most = lasted.min(lease.seconds_max);
    said_seconds.min(most).max(lease.trained_seconds)
}

fn failed(
    terms: &Terms,
    tally: &Tally,
    lease: &Lease,
    (cause, detail, said_seconds): (ReportedCause, Detail, u64),
    at: DateTime<Utc>,
) -> Events {
    let because = match cause {
        ReportedCause::BadData => {
            return bad_data(terms, tally, lease, detail, said_seconds, at);
        }
        ReportedCause::OutOfMemory => ReturnedBecause::OutOfMemory,
        ReportedCause::Trainer => ReturnedBecause::Trainer,
        ReportedCause::Time => ReturnedBecause::Time,
        ReportedCause::Machine => ReturnedBecause::Machine,
        ReportedCause::Network => ReturnedBecause::Network,
    };
    match exhausted(tally, because) {
        Some(cause) if lease.asked.is_none() => {
            Ok(vec![given_up(terms, tally, lease, cause, detail, at)])
        }
        Some(_) | None => let_go(terms, tally, lease, because, at),
    }
}

/// The customer pays the documented minimum: what was trained, a minute at most, unless more than
/// that is owed for checkpoints already.
fn bad_data(
    terms: &Terms,
    tally: &Tally,
    lease: &Lease,
    detail: Detail,
    said_seconds: u64,
    at: DateTime<Utc>,
) -> Events {
    let seconds = believed(lease, said_seconds.min(BAD_DATA_SECONDS_MAX), at);
    let minimum = cost_of_lease(&lease.rate, seconds.min(BAD_DATA_SECONDS_MAX), tally.budget)?;
    let cost = match minimum.checked_sub(tally.spent)? {
        more if more.is_positive() => more,
        _ => Money::zero(terms.budget.currency()),
    };
    Ok(vec![UnitEvent::Failed {
        order: terms.order.clone(),
        holding: lease.holding.clone(),
        cause: FailedCause::BadData,
        detail,
        trained_seconds: seconds,
        cost,
        spent: tally.spent.checked_add(cost)?,
        at,
    }])
}

fn released(
    terms: &Terms,
    tally: &Tally,
    lease: &Lease,
    because: WhyReleased,
    said_seconds: u64,
    at: DateTime<Utc>,
) -> Events {
    match because {
        WhyReleased::Draining => let_go(terms, tally, lease, ReturnedBecause::Draining, at),
        WhyReleased::Paused | WhyReleased::Cancelled if lease.asked.is_none() => {
            Err(UnitError::NotAsked)
        }
        WhyReleased::Paused | WhyReleased::Cancelled => {
            let_go(terms, tally, lease, ReturnedBecause::Draining, at)
        }
        WhyReleased::Allowance => {
            let seconds = believed(lease, said_seconds, at);
            let close = lease.seconds_max.saturating_sub(seconds) <= ALLOWANCE_MARGIN_SECONDS;
            if close && lease.asked.is_none() {
                let because = StoppedBecause::Allowance;
                return Ok(vec![stopped(terms, tally, lease, because, at)]);
            }
            // It stopped long before it had to: that is the machine's doing.
            let_go(terms, tally, lease, ReturnedBecause::Machine, at)
        }
    }
}

/// The lease ends and the work is not done: it stops if it was asked to or nothing is left to pay
/// with, it fails if that happened too often, and otherwise it waits for another machine.
pub(super) fn let_go(
    terms: &Terms,
    tally: &Tally,
    lease: &Lease,
    because: ReturnedBecause,
    at: DateTime<Utc>,
) -> Events {
    if let Some((want, _)) = lease.asked {
        return Ok(vec![stopped(terms, tally, lease, want.stopped(), at)]);
    }
    let left = tally.budget.checked_sub(tally.spent)?;
    if seconds_affordable(&lease.rate, left) == 0 {
        let because = StoppedBecause::Allowance;
        return Ok(vec![stopped(terms, tally, lease, because, at)]);
    }
    if let Some(cause) = exhausted(tally, because) {
        let detail = Detail::default();
        return Ok(vec![given_up(terms, tally, lease, cause, detail, at)]);
    }
    let machine = lease.holding.machine;
    let exclude = |until| Some(Excluded { machine, until });
    let exclude = match because {
        ReturnedBecause::Lost | ReturnedBecause::Machine | ReturnedBecause::Network => {
            exclude(Some(at + exclusion(tally.losses)))
        }
        // What it has is too little, and what it did will be done again.
        ReturnedBecause::OutOfMemory => exclude(None),
        ReturnedBecause::Trainer | ReturnedBecause::Time => {
            exclude(Some(at + exclusion(tally.failures)))
        }
        ReturnedBecause::Draining => None,
    };
    let escalated = because == ReturnedBecause::OutOfMemory;
    Ok(vec![UnitEvent::Returned {
        order: terms.order.clone(),
        holding: lease.holding.clone(),
        because,
        exclude,
        needs: escalated.then(|| tally.needs.escalated()),
        at,
    }])
}

/// For how long a machine does not get back what went wrong on it, after so many times before.
fn exclusion(times_before: u32) -> TimeDelta {
    EXCLUSION_FIRST * (1 << times_before.min(DOUBLINGS_MAX))
}

/// Why it is not tried again, if it is not.
const fn exhausted(tally: &Tally, because: ReturnedBecause) -> Option<FailedCause> {
    match because {
        ReturnedBecause::Lost | ReturnedBecause::Machine | ReturnedBecause::Network
            if tally.losses >= LOSSES_MAX =>
        {
            Some(FailedCause::Machines)
        }
        ReturnedBecause::OutOfMemory if tally.escalations >= ESCALATIONS_MAX => {
            Some(FailedCause::OutOfMemory)
        }
        ReturnedBecause::Trainer if tally.failures >= FAILURES_MAX => Some(FailedCause::Trainer),
        ReturnedBecause::Time if tally.failures >= FAILURES_MAX => Some(FailedCause::Time),
        _ => None,
    }
}

/// Nothing is owed beyond what is durable, since none of it was the customer's fault.
fn given_up(
    terms: &Terms,
    tally: &Tally,
    lease: &Lease,
    cause: FailedCause,
    detail: Detail,
    at: DateTime<Utc>,
) -> UnitEvent {
    UnitEvent::Failed {
        order: terms.order.clone(),
        holding: lease.holding.clone(),
        cause,
        detail,
        trained_seconds: lease.trained_seconds,
        cost: Money::zero(terms.budget.currency()),
        spent: tally.spent,
        at,
    }
}

fn stopped(
    terms: &Terms,
    tally: &Tally,
    lease: &Lease,
    because: StoppedBecause,
    at: DateTime<Utc>,
) -> UnitEvent {
    UnitEvent::Stopped {
        order: terms.order.clone(),
        holding: Some(lease.holding.clone()),
        because,
        checkpoint: tally.checkpoint,
        spent: tally.spent,
        at,
    }
}
