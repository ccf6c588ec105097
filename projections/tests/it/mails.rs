//! Mails as the log tells of them: the same row whether folded live, anew or by summing it up.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::mails::{FailedBecause, Intended, MailEvent, Template};
use domain::users::UserId;
use projections::mails::{self, Counts, Cursor, Mails};
use projections::{Comparison, Engine, ProjectionError, Projections, Settings};
use store::{Append, Catalogue, Context, NewEvent, ids};
use uuid::Uuid;

use crate::world::World;

const EPOCH: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

fn intended(to: u128, template: Template) -> MailEvent {
    MailEvent::Intended(Intended {
        to: user(to),
        template,
        challenge: None,
        cause: Uuid::from_u128(1),
        at: EPOCH,
    })
}

fn failed(attempt: u32, retry_at: Option<DateTime<Utc>>) -> MailEvent {
    MailEvent::AttemptFailed {
        attempt,
        reason: FailedBecause::TimedOut,
        retry_at,
        at: EPOCH,
    }
}

/// Appends to the stream of a mail that has so many events already; says where that ends.
async fn tell(world: &World, mail: &str, already: i64, events: &[MailEvent]) -> i64 {
    let events = events
        .iter()
        .map(|event| NewEvent::from_domain(event).unwrap())
        .collect();
    let context = Context::by("user/tester");
    let append = Append::try_new("mail", mail, already, events, &context).unwrap();
    world.log.append(append).await.unwrap().position
}

async fn engine(world: &World, page_events: i64) -> Engine {
    let settings = Settings {
        page_events,
        readers: 2,
        rest: Duration::from_millis(20),
    };
    let projections = Projections::none().with::<Mails>();
    Engine::open(
        world.log.clone(),
        Arc::new(Catalogue::new()),
        projections,
        settings,
    )
    .await
    .unwrap()
}

/// Three mails: one sent at the second attempt, one waiting, one given up and tried anew.
async fn three_mails(world: &World) -> i64 {
    let later = EPOCH + TimeDelta::minutes(1);
    let by = user(9);
    tell(world, "mail_a", 0, &[intended(1, Template::Confirm)]).await;
    tell(world, "mail_b", 0, &[intended(1, Template::Recover)]).await;
    tell(world, "mail_a", 1, &[failed(1, Some(later))]).await;
    tell(
        world,
        "mail_c",
        0,
        &[
            intended(2, Template::Blocked),
            failed(1, None),
            MailEvent::GivenUp { at: EPOCH },
            MailEvent::Retried {
                to: None,
                by,
                at: later,
            },
        ],
    )
    .await;
    let sent = MailEvent::Sent {
        attempt: 2,
        at: later,
    };
    tell(world, "mail_a", 2, &[sent]).await
}

#[tokio::test]
async fn a_mail_has_one_row_however_the_pages_fall() {
    for page_events in [1, 2, 3, 100] {
        let world = World::new().await;
        let head = three_mails(&world).await;
        let engine = engine(&world, page_events).await;
        engine.catch_up(head).await.unwrap();
        let pool = world.log.pool();
        let one = user(1).to_string();
        let of_one = mails::of_user(pool, &one, Cursor::START, 10).await.unwrap();
        let told: Vec<_> = of_one
            .iter()
            .map(|it| {
                (
                    it.mail.as_str(),
                    it.template.as_str(),
                    it.status.as_str(),
                    it.attempts,
                )
            })
            .collect();
        let expected = [
            ("mail_b", "recover", "waiting", 0),
            ("mail_a", "confirm", "sent", 2),
        ];
        assert_eq!(told, expected, "pages of {page_events}");
        let rest = mails::of_user(pool, &one, of_one[0].cursor(), 10);
        assert_eq!(rest.await.unwrap(), of_one[1..]);
        let place = Cursor::before(of_one[0].intended_position);
        assert_eq!(place, of_one[0].cursor());
        assert_eq!(of_one[1].reason.as_deref(), Some("timed-out"));

        let found = engine.recompute("mails").await.unwrap();
        assert!(found.agrees() && found.rows == 3, "{found:?}");
        assert_eq!(engine.refold("mails", head).await.unwrap(), found.actual);
        let rebuilt = engine.rebuild("mails", &|_| {}).await.unwrap();
        assert_eq!(rebuilt.comparison, Comparison::Equal);
    }
}

#[tokio::test]
async fn what_waits_is_due_when_its_time_has_come_and_what_was_given_up_is_dead() {
    let world = World::new().await;
    let head = three_mails(&world).await;
    let engine = engine(&world, 100).await;
    engine.catch_up(head).await.unwrap();
    let pool = world.log.pool();
    let due = async |at| -> Vec<String> {
        let due = mails::due(pool, at, 10).await.unwrap();
        due.into_iter().map(|mail| mail.mail).collect()
    };
    let minute = TimeDelta::minutes(1);
    let moment = TimeDelta::microseconds(1);
    assert_eq!(due(EPOCH - moment).await, Vec::<String>::new());
    assert_eq!(due(EPOCH).await, ["mail_b"]);
    assert_eq!(due(EPOCH + minute - moment).await, ["mail_b"]);
    assert_eq!(due(EPOCH + minute).await, ["mail_b", "mail_c"]);
    assert_eq!(mails::dead(pool, Cursor::START, 10).await.unwrap(), []);

    let events = [failed(1, None), MailEvent::GivenUp { at: EPOCH }];
    let head = tell(&world, "mail_b", 1, &events).await;
    engine.catch_up(head).await.unwrap();
    let dead = mails::dead(pool, Cursor::START, 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].mail.as_str()), (1, "mail_b"));
    assert_eq!(due(EPOCH + minute).await, ["mail_c"]);
    let counts = mails::counts(pool).await.unwrap();
    assert_eq!(
        counts,
        Counts {
            waiting: 1,
            sent: 1,
            given_up: 1
        }
    );
}

#[tokio::test]
async fn a_mail_without_its_intent_stops_the_projection() {
    let world = World::new().await;
    tell(&world, "mail_a", 0, &[intended(1, Template::Confirm)]).await;
    let at = tell(&world, "mail_b", 0, &[failed(1, None)]).await;
    let engine = engine(&world, 100).await;
    let stopped = engine.catch_up(at).await.unwrap_err();
    assert!(
        matches!(stopped, ProjectionError::Stopped { position, .. } if position == at),
        "{stopped}"
    );
    let pool = world.log.pool();
    assert_eq!(mails::counts(pool).await.unwrap().waiting, 1);
}

#[tokio::test]
async fn a_turn_is_one_senders_until_it_is_given_back_or_its_holder_is_gone() {
    let world = World::new().await;
    let options = world.log.connection();
    let mut first = mails::Turns::connect(options).await.unwrap();
    let mut second = mails::Turns::connect(options).await.unwrap();
    let mail = format!("mail_{}", ids::fresh());
    assert!(first.take(&mail).await.unwrap());
    assert!(!second.take(&mail).await.unwrap());
    assert!(second.take("mail_other").await.unwrap());
    first.give_back().await.unwrap();
    assert!(second.take(&mail).await.unwrap());
    assert!(!first.take(&mail).await.unwrap());
    drop(second);
    // The server notices by itself, a moment after the connection is gone.
    while !first.take(&mail).await.unwrap() {
        tokio::task::yield_now().await;
    }
}
