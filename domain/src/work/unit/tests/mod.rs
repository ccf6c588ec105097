//! Each rule of a unit, given what happened, when something is asked.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::super::examples::*;
use super::super::*;
use super::*;
use crate::users::examples::{ann, second};

mod ends;
mod leases;

fn given(events: Vec<UnitEvent>) -> AggregateTestExecutor<Unit> {
    TestFramework::<Unit>::with(()).given(events)
}

fn lease_on(number: u128, at: DateTime<Utc>) -> UnitCommand {
    UnitCommand::Lease {
        machine: machine(number),
        provider: provider(number),
        slot: slot_of(number),
        rate: examples::rate(),
        decision: examples::decision(),
        at,
    }
}

fn progress(step: u64, trained_seconds: u64) -> Report {
    Report::Progress {
        checkpoint: Checkpoint {
            object: object(u128::from(step)),
            step,
        },
        trained_seconds,
    }
}

fn complete(trained_seconds: u64) -> Report {
    Report::Complete {
        artifact: object(99),
        step: 100,
        trained_seconds,
        metrics: Metrics::default(),
    }
}

fn fail(cause: ReportedCause, trained_seconds: u64) -> Report {
    Report::Fail {
        cause,
        detail: Detail::new("why"),
        trained_seconds,
    }
}

fn release(because: WhyReleased, trained_seconds: u64) -> Report {
    Report::Release {
        because,
        trained_seconds,
    }
}

fn ask(want: Want, at: i64) -> UnitCommand {
    UnitCommand::Ask {
        want,
        at: second(at),
    }
}

fn expire(fence: u64, why: WhyExpired, at: i64) -> UnitCommand {
    UnitCommand::Expire {
        fence,
        why,
        at: second(at),
    }
}
