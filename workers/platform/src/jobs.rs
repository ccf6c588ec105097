//! What keeps jobs, their payments and their units of work in step, each by the domain's own rule.

use std::time::Duration;

use cqrs_es::Aggregate;
use domain::jobs::{Job, JobCommand, JobError, after_job, after_payment, after_unit};
use domain::payments::Payment;
use domain::work::{Unit, UnitCommand, UnitError};
use store::{Clock, EventRef, Log, Unreadable, decode};

use crate::process::{Next, Process};
use crate::reaction::Reaction;

/// Works until `shutdown` is there; any number of processes may run this on one database. `rest`
/// is how long it waits after an error.
pub async fn run(log: Log, rest: Duration, clock: Clock, shutdown: impl Future<Output = ()>) {
    let funding = Reaction::<Funding>::new(log.clone(), clock.clone(), rest);
    let charging = Reaction::<Charging>::new(log.clone(), clock.clone(), rest);
    let asking = Reaction::<Asking>::new(log, clock, rest);
    tokio::select! {
        never = funding.run() => match never {},
        never = charging.run() => match never {},
        never = asking.run() => match never {},
        () = shutdown => {}
    }
}

/// A payment arrives, or never will: the job that it was opened for hears of it.
#[derive(Clone, Copy, Debug)]
pub struct Funding;

/// A unit is leased, progresses or ends: the job whose work it is charges for it.
#[derive(Clone, Copy, Debug)]
pub struct Charging;

/// A job is paid for, paused, raised or cancelled: its unit of work hears of it.
#[derive(Clone, Copy, Debug)]
pub struct Asking;

impl Process for Funding {
    const NAME: &'static str = "jobs-funding";
    const VERSION: i32 = 1;
    const OPENS: bool = false;

    type Asked = Job;

    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Job>>, Unreadable> {
        if event.aggregate_type != Payment::TYPE {
            return Ok(None);
        }
        let payment = event.aggregate_id.parse().map_err(|_| foreign(event))?;
        let next = after_payment(payment, &decode(event, &[])?);
        Ok(next.map(|(job, command)| (job.to_string(), command)))
    }

    /// A payment may name an order that was never placed; the money is in the payer's wallet then.
    fn is_already_so(refusal: &JobError) -> bool {
        matches!(refusal, JobError::NotOrdered | JobError::Over)
    }

    /// Whoever spent the money on something else meanwhile has a job that waits for money.
    fn without_funds(command: &JobCommand) -> Option<JobCommand> {
        match command {
            JobCommand::Fund { at } => Some(JobCommand::FundsMissing { at: *at }),
            _ => None,
        }
    }
}

impl Process for Charging {
    const NAME: &'static str = "jobs-charging";
    const VERSION: i32 = 1;
    const OPENS: bool = false;

    type Asked = Job;

    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Job>>, Unreadable> {
        if event.aggregate_type != Unit::TYPE {
            return Ok(None);
        }
        let next = after_unit(&decode(event, &[])?);
        Ok(next.map(|(job, command)| (job.to_string(), command)))
    }

    /// A unit's order may read like a job's that was never placed.
    fn is_already_so(refusal: &JobError) -> bool {
        matches!(refusal, JobError::NotOrdered)
    }
}

impl Process for Asking {
    const NAME: &'static str = "work-asking";
    const VERSION: i32 = 1;
    const OPENS: bool = false;

    type Asked = Unit;

    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Unit>>, Unreadable> {
        if event.aggregate_type != Job::TYPE {
            return Ok(None);
        }
        let job = event.aggregate_id.parse().map_err(|_| foreign(event))?;
        let next: Option<(_, UnitCommand)> = after_job(job, &decode(event, &[])?);
        Ok(next.map(|(unit, command)| (unit.to_string(), command)))
    }

    /// The work came to its end before anybody could be asked; the job hears of that end.
    fn is_already_so(refusal: &UnitError) -> bool {
        matches!(refusal, UnitError::Over)
    }
}

/// The stream has a name that none of its kind has.
fn foreign(event: &EventRef<'_>) -> Unreadable {
    Unreadable::UnknownAggregate(format!("{}/{}", event.aggregate_type, event.aggregate_id))
}
