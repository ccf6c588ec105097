//! An event that cannot be read stops a projection where it is, says why, and is never skipped.

use std::sync::Arc;
use std::time::Duration;

use ledger::Currency;
use projections::books::Fold;
use projections::{Engine, ProjectionError, Projections, Settings, Stop};
use store::{Catalogue, Context, NewEvent, ids};

use crate::world::{Parcel, ParcelEvent, World, bank, catalogue, moved, wallet};

fn raw(event_type: &str, payload: &str) -> NewEvent {
    NewEvent {
        event_id: ids::fresh(),
        event_type: event_type.to_owned(),
        event_version: "1".to_owned(),
        payload: payload.to_owned(),
        postings: vec![],
        claims: vec![],
    }
}

/// Appends the event in the middle of a history; says where it stands.
async fn with_stone(world: &World, of: &str, stone: NewEvent) -> i64 {
    world.grow(30, 3).await;
    let position = world
        .append_raw(of, vec![stone], &Context::by("user/tester"))
        .await;
    world.grow(30, 4).await;
    position
}

async fn stop_of(engine: &Engine, name: &str) -> (i64, Option<Stop>) {
    let status = engine.status().await.unwrap();
    let found = status
        .into_iter()
        .find(|status| status.projection == name)
        .unwrap();
    (found.position, found.stopped)
}

async fn assert_stops(world: &World, at: i64, because: &str) {
    for page in [1, 7, 1000] {
        world.forget().await;
        let engine = world.engine(page).await;
        let ProjectionError::Stopped {
            projection,
            position,
            reason,
        } = engine.catch_up(i64::MAX).await.unwrap_err()
        else {
            panic!("it must stop");
        };
        assert_eq!((projection, position), ("books", at));
        assert!(reason.contains(because), "{reason}");
        let (position, stop) = stop_of(&engine, "books").await;
        assert_eq!(
            position,
            at - 1,
            "what comes before is applied, page {page}"
        );
        assert_eq!(
            stop,
            Some(Stop {
                position: at,
                reason
            })
        );
        assert!(engine.recompute("books").await.unwrap().agrees());
        let waited = engine.wait_for("books", at, Duration::from_secs(5)).await;
        assert!(matches!(waited, Err(ProjectionError::Stopped { position, .. }) if position == at));
        // It stays where it is however often it is tried, and keeps nobody else.
        assert!(engine.catch_up(i64::MAX).await.is_err());
        assert_eq!(stop_of(&engine, "books").await.0, at - 1);
        assert_eq!(
            stop_of(&engine, "streams").await,
            (world.head().await, None)
        );
        let rebuilt = engine.rebuild("books", &|_| {}).await;
        assert!(
            matches!(rebuilt, Err(ProjectionError::Stopped { position, .. }) if position == at)
        );
        assert_eq!(world.schemas().await, ["read_books", "read_streams"]);
    }
}

#[tokio::test]
async fn an_event_of_an_unknown_aggregate_stops_the_books() {
    let world = World::new().await;
    let at = with_stone(&world, "stranger", raw("stranger.came", "{}")).await;
    assert_stops(&world, at, "stranger").await;
}

#[tokio::test]
async fn a_payload_that_does_not_fit_stops_the_books() {
    let world = World::new().await;
    let at = with_stone(
        &world,
        "parcel",
        raw("parcel.moved", "{\"parcel.moved\":{}}"),
    )
    .await;
    assert_stops(&world, at, "does not fit: missing field `legs`").await;
}

#[tokio::test]
async fn a_movement_that_does_not_balance_stops_the_books() {
    let world = World::new().await;
    let ParcelEvent::Moved { mut legs } = moved(&bank(), &wallet(1), 5, Currency::Usd) else {
        unreachable!()
    };
    legs.push(legs[1].clone());
    let payload = serde_json::to_string(&ParcelEvent::Moved { legs }).unwrap();
    let at = with_stone(&world, "parcel", raw("parcel.moved", &payload)).await;
    assert_stops(&world, at, "does not balance").await;
}

#[tokio::test]
async fn a_balance_that_no_row_can_hold_stops_the_books_at_its_event() {
    let world = World::new().await;
    // The appender would refuse the second, so it is told that nothing moves.
    let huge = moved(&bank(), &wallet(1), i64::MAX - 1, Currency::Usd);
    let payload = serde_json::to_string(&huge).unwrap();
    let events = vec![raw("parcel.moved", &payload), raw("parcel.moved", &payload)];
    let at = world
        .append_raw("parcel", events, &Context::by("user/tester"))
        .await;
    assert_stops(&world, at, "exceed").await;
}

#[tokio::test]
async fn turnover_that_outgrows_an_integer_stops_nothing() {
    let world = World::new().await;
    let (out, back) = (
        moved(&bank(), &wallet(1), i64::MAX, Currency::Btc),
        moved(&wallet(1), &bank(), i64::MAX, Currency::Btc),
    );
    for _ in 0..3 {
        world.append(&[out.clone(), back.clone()]).await;
    }
    let engine = world.engine(1).await;
    engine.catch_up(i64::MAX).await.unwrap();
    world.assert_right(&engine, 6).await;
    let rows = projections::books::balances(world.log.pool(), &wallet(1))
        .await
        .unwrap();
    assert_eq!(rows[0].credits_minor, 3 * i128::from(i64::MAX));
    assert_eq!(rows[0].debits_minor, 3 * i128::from(i64::MAX));
    assert!(
        projections::books::trial_balance(world.log.pool())
            .await
            .unwrap()
            .balances()
    );
}

/// What the stranger would be in a program that knows it.
mod known {
    use super::{Parcel, ParcelEvent};
    use crate::world::Never;
    use cqrs_es::Aggregate;
    use cqrs_es::event_sink::EventSink;
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    pub struct Stranger(Parcel);

    impl Aggregate for Stranger {
        const TYPE: &'static str = "stranger";
        type Command = ParcelEvent;
        type Event = ParcelEvent;
        type Error = Never;
        type Services = ();

        async fn handle(
            &mut self,
            event: ParcelEvent,
            (): &(),
            sink: &EventSink<Self>,
        ) -> Result<(), Never> {
            sink.write(event, self).await;
            Ok(())
        }

        fn apply(&mut self, _: ParcelEvent) {}
    }
}

#[tokio::test]
async fn a_stopped_projection_goes_on_with_the_program_that_can_read_the_event() {
    let world = World::new().await;
    let event = moved(&bank(), &wallet(3), 77, Currency::Rub);
    let at = with_stone(&world, "stranger", NewEvent::from_domain(&event).unwrap()).await;
    let engine = world.engine(9).await;
    assert!(engine.catch_up(i64::MAX).await.is_err());
    assert_eq!(stop_of(&engine, "books").await.0, at - 1);
    let catalogue = Arc::new(Catalogue::new().with::<Parcel>().with::<known::Stranger>());
    let newer = Engine::open(
        world.log.clone(),
        catalogue,
        Projections::all(),
        Settings::default(),
    )
    .await
    .unwrap();
    newer.catch_up(i64::MAX).await.unwrap();
    assert_eq!(stop_of(&newer, "books").await, (61, None));
    world.assert_right(&newer, 61).await;
}

#[tokio::test]
async fn an_event_that_somebody_removed_stops_every_projection() {
    let world = World::with_history(60).await;
    world
        .execute("alter table events disable trigger user")
        .await;
    world
        .execute("delete from events where position = 41")
        .await;
    for page in [1, 7, 1000] {
        world.forget().await;
        let engine = world.engine(page).await;
        assert!(engine.catch_up(i64::MAX).await.is_err());
        for name in ["books", "streams"] {
            let (position, stop) = stop_of(&engine, name).await;
            assert_eq!(
                (position, stop.unwrap().position),
                (40, 41),
                "{name}, page {page}"
            );
            assert!(engine.rebuild(name, &|_| {}).await.is_err());
            assert!(engine.refold(name, 60).await.is_err());
        }
    }
    world
        .execute("delete from events where position > 40")
        .await;
    let engine = world.engine(1000).await;
    assert!(
        engine.catch_up(i64::MAX).await.is_err(),
        "a log that ends before its head is cut"
    );
}

#[tokio::test]
async fn a_fold_is_the_same_with_any_number_of_readers_and_an_error_where_an_event_is_missing() {
    let world = World::with_history(300).await;
    let head = world.head().await;
    let catalogue = catalogue();
    let fold = |readers| Fold::of(&world.log, &catalogue, 0, head, readers);
    let alone = fold(1).await.unwrap();
    assert!(!alone.is_empty());
    for readers in [2, 3, 1000] {
        let together = fold(readers).await.unwrap();
        assert_eq!(together.len(), alone.len(), "{readers} readers");
        for (account, currency, balance) in alone.iter() {
            assert_eq!(together.balance(account, currency), *balance);
        }
    }
    world
        .execute("alter table events disable trigger user")
        .await;
    world
        .execute("delete from events where position = 41")
        .await;
    for readers in [1, 3] {
        assert!(fold(readers).await.is_err(), "{readers} readers");
    }
}
