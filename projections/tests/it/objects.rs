//! Objects as the log tells of them, and the room they take: one row each, and never too much.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::objects::{
    Found, Inspected, ObjectEvent, ObjectId, ObjectKind, Opened, RemovedBecause, Usable,
};
use domain::users::{Digest, UserId};
use projections::objects::rooms::{self, Room, Taken};
use projections::objects::{self, Objects};
use projections::{Comparison, Engine, ProjectionError, Projections, Settings};
use store::{Append, Catalogue, Context, NewEvent};
use uuid::Uuid;

use crate::world::World;

const EPOCH: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

fn object(number: u128) -> String {
    ObjectId::new(Uuid::from_u128(number)).to_string()
}

fn opened(owner: u128, kind: ObjectKind) -> ObjectEvent {
    ObjectEvent::Opened(Opened {
        owner: user(owner),
        kind,
        bytes: 10,
        part_bytes: 8,
        sha256: None,
        under: None,
        expires_at: EPOCH,
        at: EPOCH,
    })
}

fn stored() -> ObjectEvent {
    ObjectEvent::Stored {
        bytes: 10,
        sha256: Digest::new([1; 32]),
        at: EPOCH,
    }
}

fn inspected() -> ObjectEvent {
    let code = "one-class".to_owned();
    ObjectEvent::Inspected(Inspected {
        verdict: Usable::Refused,
        format: Some("csv".to_owned()),
        findings: vec![Found { code, line: None }],
        rows: 3,
        columns: 2,
        classes: 1,
        at: EPOCH,
    })
}

async fn tell(world: &World, object: &str, already: i64, events: &[ObjectEvent]) -> i64 {
    let events = events
        .iter()
        .map(|event| NewEvent::from_domain(event).unwrap())
        .collect();
    let context = Context::by("user/tester");
    let append = Append::try_new("object", object, already, events, &context).unwrap();
    world.log.append(append).await.unwrap().position
}

async fn engine(world: &World, page_events: i64) -> Engine {
    let settings = Settings {
        page_events,
        readers: 2,
        rest: Duration::from_millis(20),
    };
    let projections = Projections::none().with::<Objects>();
    let catalogue = Arc::new(Catalogue::new());
    let engine = Engine::open(world.log.clone(), catalogue, projections, settings);
    engine.await.unwrap()
}

#[tokio::test]
async fn an_object_has_one_row_however_the_pages_fall() {
    for page_events in [1, 2, 100] {
        let world = World::new().await;
        let open = |kind| opened(1, kind);
        tell(&world, &object(1), 0, &[open(ObjectKind::Dataset)]).await;
        tell(&world, &object(2), 0, &[open(ObjectKind::Dataset)]).await;
        tell(&world, &object(1), 1, &[stored(), inspected()]).await;
        let removed = ObjectEvent::Removed {
            because: RemovedBecause::Owner,
            at: EPOCH,
        };
        tell(
            &world,
            &object(3),
            0,
            &[open(ObjectKind::Dataset), stored(), removed],
        )
        .await;
        tell(&world, &object(4), 0, &[open(ObjectKind::Document)]).await;
        let expired = ObjectEvent::Expired { at: EPOCH };
        let head = tell(
            &world,
            &object(5),
            0,
            &[opened(2, ObjectKind::Dataset), expired],
        )
        .await;
        let engine = engine(&world, page_events).await;
        engine.catch_up(head).await.unwrap();
        let pool = world.log.pool();
        let one = user(1).to_string();
        let found = objects::list(pool, &one, "dataset", i64::MAX, 10)
            .await
            .unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|it| {
                (
                    it.object.clone(),
                    it.standing.as_str(),
                    it.verdict.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (object(2), "open", None),
                (object(1), "stored", Some("refused"))
            ],
            "pages of {page_events}"
        );
        assert_eq!((found[1].rows, found[1].classes), (Some(3), Some(1)));
        let before = found[0].opened_position;
        let rest = objects::list(pool, &one, "dataset", before, 10)
            .await
            .unwrap();
        assert_eq!(rest, found[1..]);
        let all = objects::list_all(pool, &one, i64::MAX, 10).await;
        assert_eq!(all.unwrap().len(), 3);
        let gone = objects::of(pool, &object(3)).await.unwrap().unwrap();
        assert_eq!(gone.ended_because.as_deref(), Some("owner"));

        let again = engine.recompute("objects").await.unwrap();
        assert!(again.agrees() && again.rows == 5, "{again:?}");
        let rebuilt = engine.rebuild("objects", &|_| {}).await.unwrap();
        assert_eq!(rebuilt.comparison, Comparison::Equal);
    }
}

#[tokio::test]
async fn an_object_without_its_opening_stops_the_projection() {
    let world = World::new().await;
    let at = tell(&world, &object(1), 0, &[stored()]).await;
    let engine = engine(&world, 100).await;
    let stopped = engine.catch_up(at).await.unwrap_err();
    assert!(
        matches!(stopped, ProjectionError::Stopped { position, .. } if position == at),
        "{stopped}"
    );
}

fn room(number: u128, bytes: i64, counted: bool) -> Room {
    Room {
        object: object(number),
        owner: user(1).to_string(),
        key: format!("a/b/{number}"),
        bytes,
        part_bytes: 8,
        counted,
        known_as: None,
        opened_at: EPOCH,
        expires_at: Some(EPOCH + TimeDelta::hours(1)),
    }
}

#[tokio::test]
async fn room_is_taken_once_and_never_too_much_of_it() {
    let world = World::new().await;
    let pool = world.log.pool();
    let take = async |it: &Room| rooms::take(pool, it, 10).await.unwrap();
    assert_eq!(take(&room(1, 6, true)).await, Taken::Now);
    assert_eq!(take(&room(1, 6, true)).await, Taken::Already);
    assert_eq!(take(&room(2, 5, true)).await, Taken::TooMuch(11));
    assert_eq!(take(&room(3, 500, false)).await, Taken::Now);
    assert_eq!(take(&room(4, 4, true)).await, Taken::Now);
    let owner = user(1).to_string();
    assert_eq!(rooms::used(pool, &owner).await.unwrap(), 10);
    rooms::give_back(pool, &object(1)).await.unwrap();
    assert_eq!(take(&room(2, 5, true)).await, Taken::Now);
    assert_eq!(rooms::of_owner(pool, &owner).await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_nobody_goes_on_with_is_overdue_and_what_is_whole_never_is() {
    let world = World::new().await;
    let pool = world.log.pool();
    for number in 1..=3 {
        rooms::take(pool, &room(number, 1, true), 10).await.unwrap();
    }
    let hour = TimeDelta::hours(1);
    rooms::renew(pool, &object(2), EPOCH + hour * 2)
        .await
        .unwrap();
    // Sooner than it was is no renewal.
    rooms::renew(pool, &object(2), EPOCH).await.unwrap();
    rooms::settle(pool, &object(3)).await.unwrap();
    rooms::renew(pool, &object(3), EPOCH + hour * 9)
        .await
        .unwrap();
    let overdue = async |at| -> Vec<String> {
        let found = rooms::overdue(pool, at, 10).await.unwrap();
        found.into_iter().map(|it| it.object).collect()
    };
    let none: [String; 0] = [];
    assert_eq!(
        overdue(EPOCH + hour - TimeDelta::microseconds(1)).await,
        none
    );
    assert_eq!(overdue(EPOCH + hour).await, [object(1)]);
    assert_eq!(overdue(EPOCH + hour * 3).await, [object(1), object(2)]);
    let named = rooms::name(pool, &object(1), "first").await.unwrap();
    assert_eq!(named.as_deref(), Some("first"));
    let named = rooms::name(pool, &object(1), "second").await.unwrap();
    assert_eq!(named.as_deref(), Some("first"));
}
