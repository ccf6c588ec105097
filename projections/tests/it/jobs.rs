//! Jobs, folded from their events, one event a page or all in one.

use domain::jobs::{
    Charge, InterruptedBecause, JobEvent, JobId, PausedBecause, Phase, Status, Terms, Way,
};
use domain::users::UserId;
use ledger::{BasisPoints, Currency, Money, Rate};
use projections::Projections;
use projections::jobs::{Cursor, Filter, Jobs, history_of, of_customer, one};
use serde_json::json;
use uuid::Uuid;

use crate::crowd::{self, Teller, ann, bob, carl, minute};
use crate::payments::pay;
use crate::world::World;

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Usd)
}

fn job(number: u128) -> JobId {
    JobId::new(Uuid::from_u128(number))
}

fn terms(customer: UserId) -> Box<Terms> {
    let zeros = "00000000-0000-0000-0000-000000000002";
    let money = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let terms = json!({
        "customer": customer, "model": "tabular", "card_version": 1, "hyperparams": {},
        "weights": "scratch", "seed": 7, "dataset": format!("object_{zeros}"), "format": "csv",
        "needs": { "runtime": "tabular", "isolation": "any", "gpu_memory_bytes": 0,
            "memory_bytes": 0, "verified": false },
        "seconds_expected": 60, "commission_basis_points": 1000, "commission_policy": 1,
        "estimate": { "seconds_min": 1, "seconds_max": 2, "price_min": money("0.01"),
            "price_max": money("0.02") },
    });
    serde_json::from_value(terms).unwrap()
}

fn ordered(customer: UserId) -> JobEvent {
    JobEvent::Ordered {
        terms: terms(customer),
        budget: usd(10_000),
        way: Way::Card,
        at: minute(0),
    }
}

fn started(fence: u64) -> JobEvent {
    JobEvent::Started {
        fence,
        machine: "machine_00000000-0000-0000-0000-000000000005"
            .parse()
            .unwrap(),
        rate: rate(),
        at: minute(1),
    }
}

fn rate() -> Rate {
    serde_json::from_value(json!({ "price": "0.36", "currency": "USD" })).unwrap()
}

fn charged(before: i64, amount: i64, fence: u64, seconds: u64) -> JobEvent {
    let points = BasisPoints::try_new(1_000).unwrap();
    JobEvent::Charged(Box::new(Charge {
        customer: ann(),
        provider: bob(),
        amount: usd(amount),
        split: points.deduct(usd(before), usd(amount)).unwrap(),
        commission_basis_points: points,
        charged: usd(before + amount),
        fence,
        rate: rate(),
        trained_seconds: seconds,
        step: seconds,
        checkpoint: None,
        at: minute(2),
    }))
}

/// Nothing but orders, one of each: their money is none of the crowd's.
pub async fn order_jobs(world: &World) -> i64 {
    let mut teller = Teller::new(world);
    teller.job(job(0x51), &[ordered(ann())]).await;
    teller.job(job(0x52), &[ordered(bob())]).await
}

#[tokio::test]
async fn a_job_is_shown_as_it_stands_however_the_pages_fall() {
    for page_events in [1, 100] {
        let world = World::new().await;
        let mut teller = Teller::new(&world);
        let history = [
            ordered(ann()),
            started(1),
            JobEvent::Interrupted {
                fence: 1,
                because: InterruptedBecause::MachineLost,
                at: minute(2),
            },
            started(2),
            JobEvent::Paused {
                because: PausedBecause::Asked,
                at: minute(3),
            },
        ];
        teller.job(job(1), &history).await;
        let head = order_jobs(&world).await;
        let only = Projections::none().with::<Jobs>();
        let engine = crowd::engine(&world, only, page_events).await;
        engine.catch_up(head).await.unwrap();
        let pool = world.log.pool();
        let row = one(pool, job(1)).await.unwrap().unwrap();
        assert_eq!(row.status, Status::Queued);
        let details = row.details;
        assert_eq!(details.phase, Some(Phase::Paused(PausedBecause::Asked)));
        assert_eq!((details.starts, details.interruptions), (2, 1));
        assert_eq!(details.reason.as_deref(), Some("paused-asked"));
        let anns = of_customer(pool, ann(), Filter::default(), Cursor::LATEST, 10).await;
        let anns: Vec<JobId> = anns.unwrap().iter().map(|row| row.job).collect();
        assert_eq!(anns, [job(0x51), job(1)]);
        let pending = Filter {
            status: Some(Status::Pending),
        };
        let waiting = of_customer(pool, ann(), pending, Cursor::LATEST, 10).await;
        assert_eq!(waiting.unwrap().len(), 1);
        assert_eq!(
            of_customer(pool, carl(), pending, Cursor::LATEST, 10)
                .await
                .unwrap(),
            []
        );
        assert!(one(pool, job(9)).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn finished_jobs_tell_how_long_they_took_over_all_their_machines() {
    let world = World::new().await;
    pay(&world, [ann(), bob()]).await;
    let mut teller = Teller::new(&world);
    let history = [
        ordered(ann()),
        JobEvent::Funded {
            terms: terms(ann()),
            held: usd(10_000),
            at: minute(0),
        },
        started(1),
        charged(0, 3_000, 1, 30),
        started(2),
        charged(3_000, 1_000, 2, 10),
        charged(4_000, 500, 2, 15),
        JobEvent::Done {
            customer: ann(),
            artifact: "object_00000000-0000-0000-0000-000000000003"
                .parse()
                .unwrap(),
            metrics: [].into(),
            released: usd(5_500),
            at: minute(9),
        },
    ];
    let head = teller.job(job(1), &history).await;
    let only = Projections::none().with::<Jobs>();
    let engine = crowd::engine(&world, only, 3).await;
    engine.catch_up(head).await.unwrap();
    let told = history_of(world.log.pool(), domain::cards::Model::Tabular)
        .await
        .unwrap();
    assert_eq!(
        (told.jobs, told.seconds_expected, told.seconds_taken),
        (1, 60, 45)
    );
    let row = one(world.log.pool(), job(1)).await.unwrap().unwrap();
    assert_eq!(
        (row.status, row.details.charged),
        (Status::Done, usd(4_500))
    );
    assert_eq!(row.details.released, Some(usd(5_500)));
}
