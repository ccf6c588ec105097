//! Units and machines for the tests of the queue and the board.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::users::{Id, UserId};
use domain::work::{Isolation, MachineId, Needs, Offer, UnitId};
use ledger::{Currency, Money, Rate};
use uuid::Uuid;

use crate::fleet::Machine;
use crate::waiting::Waiting;

pub fn id<K>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub fn later(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Usd)
}

pub fn rate(price: &str) -> Rate {
    serde_json::from_value(serde_json::json!({ "price": price, "currency": "USD" })).unwrap()
}

pub fn needs(runtime: &str) -> Needs {
    Needs {
        runtime: runtime.to_owned(),
        isolation: Isolation::Any,
        gpu_memory_bytes: 0,
        gpu_models: vec![],
        memory_bytes: 0,
        regions: vec![],
        verified: false,
        rate_max: None,
    }
}

/// Of this customer, enqueued as the so-manieth.
pub fn waiting(customer: u128, number: i64) -> Waiting {
    Waiting {
        number,
        since: now(),
        fence: 0,
        customer: id::<_>(customer),
        needs: Arc::new(needs("tabular")),
        budget: usd(1_000_000),
        spent: usd(0),
        weight: 1,
        seconds_expected: 100,
        excluded: vec![],
        objects: vec![],
        inputs: 0,
    }
}

pub fn offer(number: u128) -> Offer {
    Offer {
        machine: id(number),
        provider: provider(number),
        runtimes: vec!["tabular".to_owned()],
        isolation: Isolation::Any,
        gpu: None,
        memory_bytes: 1 << 30,
        region: None,
        verified: false,
        rate: rate("0.36"),
        speed_percent: 100,
        losses_basis_points: 0,
    }
}

pub fn provider(number: u128) -> UserId {
    id(0x1000 + number)
}

pub fn machine(number: u128) -> Machine {
    Machine {
        machine: id(number),
        provider: provider(number),
        slots: vec![offer(number)],
        draining: false,
        seen_at: now(),
    }
}

pub fn unit(number: i64) -> UnitId {
    id(u128::try_from(number).unwrap())
}

pub fn machine_id(number: u128) -> MachineId {
    id(number)
}
