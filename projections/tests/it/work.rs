//! Units of work as they are read: by those who ask, and by those who dispatch.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::users::UserId;
use domain::work::{
    Because, Checkpoint, Decision, End, Holding, Isolation, Metrics, Needs, OrderReference, RULE,
    ReturnedBecause, Spec, Terms, Unit, UnitEvent, UnitId, slot,
};
use ledger::{BasisPoints, Currency, Money};
use projections::work::heartbeats::{self, Heard};
use projections::work::reports::{self, LOG, NewReport, PROGRESS};
use projections::work::{self, Work};
use projections::{Comparison, Engine, Projections};
use serde_json::json;

use crate::crowd::{self, Teller, ann, bob, id, minute};
use crate::fleet::machine;
use crate::world::World;

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Usd)
}

pub fn unit(number: u128) -> UnitId {
    id(0x90 + number)
}

fn order() -> OrderReference {
    OrderReference::try_new("job_1").unwrap()
}

pub fn enqueued(customer: UserId) -> UnitEvent {
    let terms = Terms {
        order: order(),
        customer,
        needs: Needs {
            runtime: "tabular".to_owned(),
            isolation: Isolation::Any,
            gpu_memory_bytes: 0,
            gpu_models: vec![],
            memory_bytes: 0,
            regions: vec![],
            verified: false,
            rate_max: None,
        },
        budget: usd(10_000),
        weight: 1,
        seconds_expected: 50,
        spec: Spec::try_new(json!({ "secret of the customer": true })).unwrap(),
        inputs: vec![],
        checkpoint: None,
        commission_basis_points: BasisPoints::try_new(1_000).unwrap(),
    };
    UnitEvent::Enqueued {
        terms: Arc::new(terms),
        at: minute(0),
    }
}

fn holding(fence: u64, number: u128, provider: UserId) -> Holding {
    Holding {
        fence,
        machine: machine(number),
        provider,
        slot: slot(machine(number), 0).unwrap(),
    }
}

fn leased(holding: Holding) -> UnitEvent {
    UnitEvent::Leased {
        order: order(),
        holding,
        rate: serde_json::from_value(json!({ "price": "0.36", "currency": "USD" })).unwrap(),
        seconds_max: 100,
        deadline: minute(60),
        decision: Decision {
            rule: RULE,
            candidates: 1,
            score: usd(5_000),
            because: Because::OnlyOne,
        },
        at: minute(1),
    }
}

fn lost(holding: Holding) -> UnitEvent {
    UnitEvent::Returned {
        order: order(),
        holding,
        because: ReturnedBecause::Lost,
        exclude: None,
        needs: None,
        at: minute(2),
    }
}

fn completed(holding: Holding, trained_seconds: u64) -> UnitEvent {
    UnitEvent::Completed {
        order: order(),
        holding,
        artifact: id(0x99),
        step: 100,
        trained_seconds,
        cost: usd(500),
        spent: usd(500),
        metrics: Metrics::default(),
        at: minute(3),
    }
}

/// A unit of Ann's on Bob's machine, and one of Bob's on Ann's.
pub async fn do_work(world: &World) -> i64 {
    let mut teller = Teller::new(world);
    let (anns, bobs) = (holding(1, 2, bob()), holding(1, 1, ann()));
    let of_ann = [enqueued(ann()), leased(anns)];
    teller.unit(unit(1), &of_ann).await;
    let of_bob = [enqueued(bob()), leased(bobs.clone()), completed(bobs, 25)];
    teller.unit(unit(2), &of_bob).await
}

async fn engine(world: &World, page_events: i64) -> Engine {
    crowd::engine(world, Projections::none().with::<Work>(), page_events).await
}

#[tokio::test]
async fn who_dispatches_finds_what_is_alive_and_what_each_machine_did() {
    // One event a page or all in one: it comes to the same.
    for page_events in [1, 100] {
        let world = World::new().await;
        do_work(&world).await;
        let mut teller = Teller::new(&world);
        let (first, second) = (holding(1, 1, ann()), holding(2, 2, bob()));
        let history = [
            enqueued(crowd::carl()),
            leased(first.clone()),
            UnitEvent::Progressed {
                order: order(),
                holding: first.clone(),
                checkpoint: Checkpoint {
                    object: id(0x77),
                    step: 5,
                },
                trained_seconds: 7,
                cost: usd(700),
                spent: usd(700),
                at: minute(2),
            },
            lost(first),
            leased(second.clone()),
            lost(second),
        ];
        let head = teller.unit(unit(3), &history).await;
        let engine = engine(&world, page_events).await;
        engine.catch_up(head).await.unwrap();
        let mut alive = Vec::new();
        let found = work::alive(world.log.pool(), |unit| alive.push(unit)).await;
        let (position, records) = found.unwrap();
        assert_eq!(position, head);
        let units: Vec<UnitId> = alive.iter().map(|it| it.unit).collect();
        assert_eq!(units, [unit(1), unit(3)]);
        assert!(matches!(alive[0].outline, Unit::Leased { .. }));
        let tally = alive[1].outline.tally().unwrap();
        assert_eq!((tally.losses, tally.spent), (2, usd(700)));
        assert_eq!(tally.checkpoint.unwrap().step, 5);
        let told: Vec<_> = records
            .iter()
            .map(|it| {
                (
                    it.leases,
                    it.losses,
                    it.seconds_expected,
                    it.seconds_trained,
                )
            })
            .collect();
        assert_eq!(told, [(2, 1, 50, 25), (2, 1, 0, 0)]);
        let rebuilt = engine.rebuild("work", &|_| {}).await.unwrap();
        assert_eq!(rebuilt.comparison, Comparison::Equal);
    }
}

#[tokio::test]
async fn a_unit_is_found_by_its_order_and_without_what_only_its_machine_should_know() {
    let world = World::new().await;
    let head = do_work(&world).await;
    engine(&world, 100).await.catch_up(head).await.unwrap();
    let pool = world.log.pool();
    let found = work::of_order(pool, "job_1").await.unwrap();
    let units: Vec<UnitId> = found.iter().map(|it| it.unit).collect();
    assert_eq!(units, [unit(1), unit(2)]);
    let done = work::unit(pool, unit(2)).await.unwrap().unwrap();
    assert_eq!(done.customer, bob());
    let Unit::Over { end, .. } = done.outline else {
        panic!("it was completed");
    };
    assert_eq!(end, End::Completed { artifact: id(0x99) });
    let text: String = sqlx::query_scalar("select outline from read_work.units where unit = $1")
        .bind(unit(1).to_string())
        .fetch_one(pool)
        .await
        .unwrap();
    assert!(!text.contains("secret of the customer"), "{text}");
    assert_eq!(work::unit(pool, unit(7)).await.unwrap(), None);
}

#[tokio::test]
async fn of_what_was_heard_the_latest_under_the_highest_number_counts() {
    let world = World::new().await;
    let pool = world.log.pool();
    let heard = |fence, at: DateTime<Utc>| Heard {
        unit: unit(1),
        fence,
        at,
    };
    for one in [
        heard(1, minute(5)),
        heard(1, minute(4)),
        heard(2, minute(3)),
        heard(1, minute(9)),
    ] {
        heartbeats::note(pool, &[one]).await.unwrap();
    }
    let found = heartbeats::of(pool, &[unit(1), unit(2)]).await.unwrap();
    assert_eq!(found, [heard(2, minute(3))]);
    assert_eq!(heartbeats::forget_before(pool, minute(3)).await.unwrap(), 0);
    assert_eq!(heartbeats::forget_before(pool, minute(4)).await.unwrap(), 1);
    assert_eq!(heartbeats::of(pool, &[unit(1)]).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_said_of_a_unit_is_read_on_from_where_somebody_was() {
    let world = World::new().await;
    let pool = world.log.pool();
    let said = |kind, number: u32| NewReport {
        kind,
        body: json!({ "number": number }),
    };
    let first = [said(LOG, 1), said(LOG, 2), said(PROGRESS, 3)];
    reports::keep(pool, unit(1), minute(1), &first)
        .await
        .unwrap();
    reports::keep(pool, unit(2), minute(1), &[said(LOG, 9)])
        .await
        .unwrap();
    reports::keep(pool, unit(1), minute(3), &[said(LOG, 4)])
        .await
        .unwrap();
    reports::keep(pool, unit(1), minute(3), &[]).await.unwrap();
    let page = reports::after(pool, unit(1), 0, 2).await.unwrap();
    let rest = reports::after(pool, unit(1), page[1].number, 10)
        .await
        .unwrap();
    let numbers: Vec<_> = page
        .iter()
        .chain(&rest)
        .map(|it| it.body["number"].clone())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    let latest = reports::latest(pool, unit(1), PROGRESS).await.unwrap();
    assert_eq!(latest.unwrap().body["number"], 3);
    let before = minute(2) + TimeDelta::seconds(1);
    assert_eq!(reports::forget_before(pool, before, 3).await.unwrap(), 3);
    assert_eq!(reports::forget_before(pool, before, 3).await.unwrap(), 1);
    assert_eq!(reports::after(pool, unit(1), 0, 10).await.unwrap().len(), 1);
}
