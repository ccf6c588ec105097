//! A mail that nobody takes is given up after its last attempt, and tried anew when staff says so.

use chrono::TimeDelta;
use domain::mails::{ATTEMPTS_MAX, Mail, MailCommand, backoff};
use domain::users::{Locale, UserId};
use projections::mails::{self, Counts, Cursor};
use store::{Commands, Context, ids};

use crate::sink::{Manner, Sink};
use crate::world::{World, to};

async fn retry(world: &World, mail: &str) {
    let by = UserId::new(ids::fresh());
    let at = world.hands.now();
    Commands::<Mail>::new(world.log.clone())
        .execute(
            mail,
            MailCommand::Retry { by, at },
            &Context::by(by.to_string()),
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn after_its_last_attempt_a_mail_is_dead_until_staff_has_it_tried_again() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let user = world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    sink.behave(Manner::RefuseRecipient(550));
    let mut sender = world.sender(to(&sink));
    for attempt in 1..=ATTEMPTS_MAX {
        assert_eq!(world.mail_of(user).await.status, "waiting", "{attempt}");
        assert_eq!(world.round(&mut sender).await.recorded, 1);
        assert_eq!(world.mail_of(user).await.attempts, i64::from(attempt));
        if attempt < ATTEMPTS_MAX {
            world.hands.advance(backoff(attempt));
        }
    }
    assert_eq!(world.round(&mut sender).await.due, 0);
    let pool = world.log.pool();
    let dead = mails::dead(pool, Cursor::START, 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0], world.mail_of(user).await);
    assert_eq!(dead[0].reason.as_deref(), Some("refused"));
    let behind = mails::dead(pool, dead[0].cursor(), 10).await.unwrap();
    assert_eq!(behind, []);

    sink.behave(Manner::Accept);
    retry(&world, &dead[0].mail).await;
    assert_eq!(world.round(&mut sender).await.recorded, 1);
    assert_eq!(sink.taken().len(), 1);
    assert_eq!(world.mail_of(user).await.status, "sent");
    let counts = mails::counts(pool).await.unwrap();
    assert_eq!(
        counts,
        Counts {
            sent: 1,
            ..Counts::default()
        }
    );
}

#[tokio::test]
async fn nobody_writes_to_who_was_erased() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let anna = world.register("anna@mail.example", Locale::English).await;
    let ben = world.register("ben@mail.example", Locale::English).await;
    world.follow().await;
    world.vault.erase(&anna.to_string()).await.unwrap();
    let mut sender = world.sender(to(&sink));
    world.round(&mut sender).await;

    let mail = world.mail_of(anna).await;
    assert_eq!((mail.status.as_str(), mail.attempts), ("given-up", 1));
    assert_eq!(mail.reason.as_deref(), Some("no-address"));
    assert_eq!(world.mail_of(ben).await.status, "sent");
    let taken = sink.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].to, ["ben@mail.example"]);
    world.hands.advance(TimeDelta::days(1));
    assert_eq!(world.round(&mut sender).await.due, 0);
}

#[tokio::test]
async fn what_is_kept_as_an_address_and_is_none_is_given_up_too() {
    let (world, sink) = (World::new().await, Sink::start().await);
    let address = "anna@mail.example>\r\nRCPT TO:<other@mail.example";
    let user = world.register(address, Locale::English).await;
    world.follow().await;
    world.round(&mut world.sender(to(&sink))).await;
    let mail = world.mail_of(user).await;
    assert_eq!(mail.status, "given-up");
    assert_eq!(mail.reason.as_deref(), Some("no-address"));
    assert_eq!(sink.taken().len(), 0);
}

#[tokio::test]
async fn what_is_stored_about_a_mail_names_nobody() {
    let (world, sink) = (World::new().await, Sink::start().await);
    world.register("anna@mail.example", Locale::Russian).await;
    world.follow().await;
    sink.behave(Manner::RefuseRecipient(550));
    world.round(&mut world.sender(to(&sink))).await;
    let stored: String = sqlx::query_scalar(
        "select string_agg(line, '') from (\
             select e::text as line from events e \
             union all select m::text from read_mails.mails m \
             union all select r::text from reaction_checkpoints r) as lines",
    )
    .fetch_one(&world.root)
    .await
    .unwrap();
    assert!(stored.contains("refused"));
    for known in ["anna", "mail.example", "Анна"] {
        assert!(!stored.contains(known), "{known} in {stored}");
    }
}
