//! A receipt holds as it was issued, and no change to it does.

use chrono::DateTime;
use domain::jobs::{Charge, JobEvent, Terms, Way};
use ledger::{BasisPoints, Currency, Money, Rate};
use serde_json::{Value, json};
use store::{GENESIS, Link};
use uuid::Uuid;

use super::*;

const ORDER: &str = "job_00000000-0000-0000-0000-000000000001";

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::Usd).unwrap()
}

fn at(second: i64) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

fn terms() -> Box<Terms> {
    let id = |kind: &str, number: u32| format!("{kind}_00000000-0000-0000-0000-{number:012}");
    let money = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let terms = json!({
        "customer": id("user", 1), "model": "tabular", "card_version": 1, "hyperparams": {},
        "weights": "scratch", "seed": 7, "dataset": id("object", 2), "format": "csv",
        "needs": { "runtime": "tabular", "isolation": "any", "gpu_memory_bytes": 0,
            "memory_bytes": 0, "verified": false },
        "seconds_expected": 60, "commission_basis_points": 1000, "commission_policy": 1,
        "estimate": { "seconds_min": 1, "seconds_max": 2, "price_min": money("0.01"),
            "price_max": money("0.02") },
    });
    serde_json::from_value(terms).unwrap()
}

fn rate() -> Rate {
    serde_json::from_value(json!({ "price": "0.36", "currency": "USD" })).unwrap()
}

fn charged(before: &str, amount: &str, fence: u64, seconds: u64) -> JobEvent {
    let points = BasisPoints::try_new(1_000).unwrap();
    let (before, amount) = (usd(before), usd(amount));
    JobEvent::Charged(Box::new(Charge {
        customer: terms().customer,
        provider: "user_00000000-0000-0000-0000-000000000009".parse().unwrap(),
        amount,
        split: points.deduct(before, amount).unwrap(),
        commission_basis_points: points,
        charged: before.checked_add(amount).unwrap(),
        fence,
        rate: rate(),
        trained_seconds: seconds,
        step: seconds,
        checkpoint: None,
        at: at(1),
    }))
}

fn started(fence: u64) -> JobEvent {
    JobEvent::Started {
        fence,
        machine: "machine_00000000-0000-0000-0000-000000000005"
            .parse()
            .unwrap(),
        rate: rate(),
        at: at(1),
    }
}

/// A job that two machines worked on, 30 and 15 seconds at a hundredth of a cent.
fn history() -> Vec<JobEvent> {
    vec![
        JobEvent::Ordered {
            terms: terms(),
            budget: usd("0.50"),
            way: Way::Wallet,
            at: at(0),
        },
        JobEvent::Funded {
            terms: terms(),
            held: usd("0.50"),
            at: at(0),
        },
        started(1),
        charged("0", "0.003", 1, 30),
        started(2),
        charged("0.003", "0.001", 2, 10),
        charged("0.004", "0.0005", 2, 15),
        JobEvent::Done {
            customer: terms().customer,
            artifact: "object_00000000-0000-0000-0000-000000000003"
                .parse()
                .unwrap(),
            metrics: [].into(),
            released: usd("0.4955"),
            at: at(9),
        },
    ]
}

/// As the log would have it, with a stranger's event before each.
fn chained(history: &[JobEvent]) -> (Vec<Evidence>, Head) {
    let (mut previous, mut events) = (GENESIS, Vec::new());
    for (number, event) in history.iter().enumerate() {
        let number = i64::try_from(number).unwrap();
        for own in [false, true] {
            let payload = serde_json::to_string(event).unwrap();
            let link = Link {
                position: 2 * number + 1 + i64::from(own),
                event_id: Uuid::from_u128(u128::from(number.unsigned_abs()) + 1),
                aggregate_type: if own { "job" } else { "mail" },
                aggregate_id: ORDER,
                sequence: number + 1,
                event_type: "any",
                event_version: "1",
                payload: &payload,
                metadata: "{}",
                recorded_at: at(number),
                effective_at: at(number),
            };
            let hash = link.hash(&previous);
            if own {
                events.push(Evidence {
                    position: link.position,
                    event_id: link.event_id,
                    aggregate_type: "job".to_owned(),
                    aggregate_id: ORDER.to_owned(),
                    sequence: link.sequence,
                    event_type: "any".to_owned(),
                    event_version: "1".to_owned(),
                    payload: payload.clone(),
                    metadata: "{}".to_owned(),
                    recorded_at_micros: at(number).timestamp_micros(),
                    effective_at_micros: at(number).timestamp_micros(),
                    previous_hash: previous.to_string(),
                    hash: hash.to_string(),
                });
            }
            previous = hash;
        }
    }
    let head = Head {
        position: 2 * i64::try_from(history.len()).unwrap(),
        hash: previous,
        epoch: 1,
        recorded_at: at(99),
    };
    (events, head)
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn issued() -> Receipt {
    let (events, head) = chained(&history());
    Receipt::issue(ORDER, events, &head, &key()).unwrap()
}

#[test]
fn a_receipt_says_what_each_machine_did_and_holds() {
    let text = serde_json::to_string(&issued()).unwrap();
    let receipt = Receipt::read(&text).unwrap();
    let verified = receipt.verify(Some(&key().verifying_key())).unwrap();
    let statement = verified.statement;
    assert_eq!(
        (statement.held, statement.charged),
        (usd("0.5"), usd("0.0045"))
    );
    assert_eq!(statement.commission, usd("0.00045"));
    assert_eq!(statement.provider_net, usd("0.00405"));
    let lines: Vec<_> = statement
        .lines
        .iter()
        .map(|line| {
            (
                line.lease,
                line.seconds,
                line.from_step,
                line.to_step,
                line.amount,
            )
        })
        .collect();
    assert_eq!(
        lines,
        [(1, 30, 0, 30, usd("0.003")), (2, 15, 30, 30, usd("0.0015"))]
    );
    assert_eq!(statement.lines[1].positions, [12, 14]);
}

#[test]
fn another_key_is_not_ours() {
    let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
    assert!(matches!(
        issued().verify(Some(&other)),
        Err(Refuted::OtherKey { .. })
    ));
    let mut relabelled = issued();
    relabelled.public_key = hex::encode(other.as_bytes());
    assert!(relabelled.verify(None).is_err());
}

/// Every leaf of the file, changed alone, is found out.
#[test]
fn whatever_is_changed_is_found_out() {
    fn leaves(value: &Value, at: String, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (name, inner) in map {
                    leaves(inner, format!("{at}/{name}"), found);
                }
            }
            Value::Array(list) => {
                for (number, inner) in list.iter().enumerate() {
                    leaves(inner, format!("{at}/{number}"), found);
                }
            }
            _ => found.push(at),
        }
    }
    let whole = serde_json::to_value(issued()).unwrap();
    let mut found = Vec::new();
    leaves(&whole, String::new(), &mut found);
    assert!(found.len() > 100);
    for leaf in found {
        let mut changed = whole.clone();
        let place = changed.pointer_mut(&leaf).unwrap();
        *place = match &*place {
            Value::String(text) if text.starts_with('0') => json!(text.replacen('0', "1", 1)),
            Value::String(text) => json!(format!("0{}", text.get(1..).unwrap_or_default())),
            Value::Number(number) => json!(number.as_i64().unwrap() + 1),
            Value::Bool(is) => json!(!is),
            other => unreachable!("{other}"),
        };
        let held = Receipt::read(&changed.to_string())
            .is_ok_and(|receipt| receipt.verify(Some(&key().verifying_key())).is_ok());
        assert!(!held, "{leaf} was changed and nobody noticed");
    }
}

#[test]
fn events_of_which_no_bill_follows_are_not_signed() {
    let mut cases = Vec::new();
    let mut lost = history();
    lost.remove(4);
    cases.push((lost, "a lease that did not begin"));
    let mut dear = history();
    dear[3] = charged("0", "0.0031", 1, 30);
    cases.push((dear, "more than its seconds at its rate"));
    let mut twice = history();
    twice[6] = charged("0.003", "0.001", 2, 15);
    cases.push((twice, "add up"));
    for (history, why) in cases {
        let (events, head) = chained(&history);
        let refused = Receipt::issue(ORDER, events, &head, &key()).unwrap_err();
        let NotIssued::Unaccountable(reason) = refused else {
            panic!("{refused}");
        };
        let said = reason.to_string();
        let split = said.contains("not split");
        assert!(said.contains(why) || split, "{said} instead of {why}");
    }
    let (mut events, head) = chained(&history());
    events.remove(3);
    assert!(Receipt::issue(ORDER, events, &head, &key()).is_err());
}
