//! Units of work: queued, leased to one machine at a time, paid for as far as they durably came.
//!
//! A unit knows nothing of who orders it but a reference; what is bought with it, and what is made
//! of its cost, is for whoever enqueued it. Heartbeats are no events: the dispatcher hears them,
//! and asks the unit to let go of a lease that fell silent.
//!
//! - unit: unqueued → queued ⇄ leased → completed, failed or stopped; from a pause or a budget that
//!   is used up back to queued

mod commands;
mod cost;
mod events;
#[cfg(test)]
mod examples;
mod ids;
mod matching;
mod terms;
mod texts;
mod unit;

pub use commands::{Report, ReportedCause, UnitCommand, UnitError, WhyExpired, WhyReleased};
pub use cost::{SECONDS_LONGEST, cost_of_lease, seconds_affordable};
pub use events::{
    Allowed, Because, Checkpoint, Decision, Excluded, FailedCause, Holding, ReturnedBecause,
    StoppedBecause, UnitEvent, Want,
};
pub use ids::{MachineId, ObjectId, UnitId, UnitKind, slot};
pub use matching::{Candidate, Gpu, Offer, RULE, Unfit};
pub use terms::{Brief, Input, Isolation, Needs, Terms, TermsError};
pub use texts::{Detail, Metrics, OrderReference, Spec, TextError};
pub use unit::{
    ASK_DEADLINE, BAD_DATA_SECONDS_MAX, ESCALATIONS_MAX, EXCLUSION_FIRST, End, Ended, FAILURES_MAX,
    HEARTBEAT, How, LEASE, LOSSES_MAX, Lease, Outline, Tally, Unit,
};
