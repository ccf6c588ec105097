//! A unit of 0.01 USD on machines at 0.36 USD an hour, so that a second costs 100 minor units.

use std::sync::Arc;

use chrono::TimeDelta;
use ledger::{BasisPoints, Currency, Money, Name, Rate};
use serde_json::json;

use super::*;
use crate::users::UserId;
use crate::users::examples::{ann, id, second};

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Usd)
}

pub fn rate_of(price: &str) -> Rate {
    serde_json::from_value(json!({ "price": price, "currency": "USD" })).unwrap()
}

pub fn rate() -> Rate {
    rate_of("0.36")
}

pub fn machine(number: u128) -> MachineId {
    id(number)
}

pub fn provider(number: u128) -> UserId {
    id(0x1000 + number)
}

pub fn object(number: u128) -> ObjectId {
    id(number)
}

pub fn slot_of(number: u128) -> Name {
    slot(machine(number), 0).unwrap()
}

pub fn needs() -> Needs {
    Needs {
        runtime: "tabular".to_owned(),
        isolation: Isolation::Any,
        gpu_memory_bytes: 8 << 30,
        gpu_models: vec![],
        memory_bytes: 1 << 30,
        regions: vec![],
        verified: false,
        rate_max: None,
    }
}

pub fn terms() -> Terms {
    Terms {
        order: OrderReference::try_new("job_1").unwrap(),
        customer: ann(),
        needs: needs(),
        budget: usd(10_000),
        weight: 1,
        seconds_expected: 50,
        spec: Spec::try_new(json!({ "model_type": "tabular" })).unwrap(),
        inputs: vec![],
        checkpoint: None,
        commission_basis_points: BasisPoints::try_new(1_000).unwrap(),
    }
}

pub fn decision() -> Decision {
    Decision {
        rule: RULE,
        candidates: 1,
        score: usd(5_000),
        because: Because::OnlyOne,
    }
}

pub fn ours(fence: u64, number: u128) -> Holding {
    Holding {
        fence,
        machine: machine(number),
        provider: provider(number),
        slot: slot_of(number),
    }
}

pub fn enqueued() -> UnitEvent {
    enqueued_on(terms())
}

pub fn enqueued_on(terms: Terms) -> UnitEvent {
    UnitEvent::Enqueued {
        terms: Arc::new(terms),
        at: second(0),
    }
}

pub fn leased(fence: u64, number: u128) -> UnitEvent {
    leased_at(fence, number, 100, 0)
}

pub fn leased_at(fence: u64, number: u128, seconds_max: u64, at: i64) -> UnitEvent {
    let training = TimeDelta::seconds(i64::try_from(seconds_max).unwrap() * 2);
    UnitEvent::Leased {
        order: terms().order,
        holding: ours(fence, number),
        rate: rate(),
        seconds_max,
        deadline: second(at) + training + TimeDelta::minutes(30),
        decision: decision(),
        at: second(at),
    }
}

pub fn progressed(
    fence: u64,
    step: u64,
    trained_seconds: u64,
    cost: i64,
    spent: i64,
    at: i64,
) -> UnitEvent {
    UnitEvent::Progressed {
        order: terms().order,
        holding: ours(fence, 1),
        checkpoint: Checkpoint {
            object: object(u128::from(step)),
            step,
        },
        trained_seconds,
        cost: usd(cost),
        spent: usd(spent),
        at: second(at),
    }
}

pub fn returned(fence: u64, number: u128, because: ReturnedBecause) -> UnitEvent {
    UnitEvent::Returned {
        order: terms().order,
        holding: ours(fence, number),
        because,
        exclude: None,
        needs: None,
        at: second(20),
    }
}

pub fn completed(fence: u64, number: u128) -> UnitEvent {
    UnitEvent::Completed {
        order: terms().order,
        holding: ours(fence, number),
        artifact: object(99),
        step: 100,
        trained_seconds: 5,
        cost: usd(500),
        spent: usd(500),
        metrics: Metrics::default(),
        at: second(40),
    }
}

pub fn failed(fence: u64, number: u128, cause: FailedCause, cost: i64) -> UnitEvent {
    UnitEvent::Failed {
        order: terms().order,
        holding: ours(fence, number),
        cause,
        detail: Detail::new("why"),
        trained_seconds: 5,
        cost: usd(cost),
        spent: usd(cost),
        at: second(40),
    }
}

pub fn stopped(of: Option<(u64, u128)>, because: StoppedBecause) -> UnitEvent {
    UnitEvent::Stopped {
        order: terms().order,
        holding: of.map(|(fence, number)| ours(fence, number)),
        because,
        checkpoint: None,
        spent: usd(0),
        at: second(0),
    }
}

pub fn report(fence: u64, number: u128, report: Report, at: i64) -> UnitCommand {
    UnitCommand::Report {
        fence,
        machine: machine(number),
        report,
        at: second(at),
    }
}
