//! Training jobs: ordered, paid for, trained for as long as the budget lasts, and billed for what
//! was kept.
//!
//! A job knows its money and what became of it; the machine's side is its one unit of work, which
//! has the job's own UUID. Neither asks the other: each follows the other's events.
//!
//! - job: unordered → pending → queued ↔ running → done, failed or cancelled;
//!   from queued or running to paused and back, asked for or because the budget is used up

mod commands;
mod events;
mod job;
mod process;
mod status;
mod terms;

use crate::users::{Id, Kind};

pub use commands::{JobCommand, JobError, Reading};
pub use events::{
    CancelledBecause, Charge, FailedBecause, InterruptedBecause, JobEvent, LapsedBecause,
    PausedBecause,
};
pub use job::{Account, Job, Phase};
pub use process::{after_job, after_payment, after_unit, job_of, unit_of};
pub use status::{Action, Status, actions};
pub use terms::{BUDGET_MIN_CENTS, Metrics, Terms, Way};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {}

impl Kind for JobKind {
    const PREFIX: &'static str = "job_";
}

pub type JobId = Id<JobKind>;
