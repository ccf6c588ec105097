//! A reaction asks once for what follows each event, passes over none, and says where it stopped.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cqrs_es::Aggregate;
use domain::mails::{Mail, MailCommand, MailError};
use domain::users::{Locale, User};
use platform::mails::Intents;
use platform::{Next, Process, Reaction, ReactionError};
use projections::reactions::{self, Reached};
use store::{Append, Context, EventRef, Log, NewEvent, Unreadable, ids};

use crate::world::World;

async fn reached(world: &World, name: &str) -> Reached {
    let all = reactions::all(world.log.pool()).await.unwrap();
    let found = all.into_iter().find(|reached| reached.name == name);
    found.unwrap()
}

fn reaction<P: Process>(world: &World) -> Reaction<P> {
    Reaction::new(world.log.clone(), world.hands.clock(), Duration::ZERO)
}

async fn head(log: &Log) -> i64 {
    log.head().await.unwrap().position
}

/// An event of a user that no code can read.
async fn append_gibberish(world: &World) -> i64 {
    let event = NewEvent {
        event_id: ids::fresh(),
        event_type: "user.registered".to_owned(),
        event_version: "1".to_owned(),
        payload: r#"{"user.registered":{"name":"of nobody"}}"#.to_owned(),
        postings: vec![],
        claims: vec![],
    };
    let stream = format!("user_{}", ids::fresh());
    let context = Context::by("user/tester");
    let append = Append::try_new(User::TYPE, &stream, 0, vec![event], &context).unwrap();
    world.log.append(append).await.unwrap().position
}

#[tokio::test]
async fn an_event_that_cannot_be_read_stops_the_reaction_there_and_says_why() {
    let world = World::new().await;
    world.register("anna@mail.example", Locale::English).await;
    let at = append_gibberish(&world).await;
    world.register("ben@mail.example", Locale::English).await;
    for _ in 0..2 {
        let error = world.reaction().catch_up(i64::MAX).await.unwrap_err();
        assert!(
            matches!(&error, ReactionError::Stopped { position, .. } if *position == at),
            "{error}"
        );
        let reached = reached(&world, "mails").await;
        assert_eq!(reached.position, at - 1);
        let stopped = reached.stopped.unwrap();
        assert_eq!(stopped.position, at);
        assert!(stopped.reason.contains("user.registered"), "{stopped:?}");
        // What comes before is followed, what comes behind is not.
        assert_eq!(world.count("mail.intended").await, 1);
    }
}

#[tokio::test]
async fn two_reactions_at_once_intend_each_mail_once() {
    const PEOPLE: i64 = 50;
    let world = World::new().await;
    for number in 0..PEOPLE {
        let email = format!("person{number}@mail.example");
        world.register(&email, Locale::English).await;
    }
    let before = head(&world.log).await;
    let (first, second) = (world.reaction(), world.reaction());
    let both = tokio::join!(first.catch_up(before), second.catch_up(before));
    assert_eq!((both.0.unwrap(), both.1.unwrap()), (before, before));
    assert_eq!(world.count("mail.intended").await, PEOPLE);
    let mails: i64 = sqlx::query_scalar(
        "select count(distinct aggregate_id) from events where aggregate_type = 'mail'",
    )
    .fetch_one(&world.root)
    .await
    .unwrap();
    assert_eq!(mails, PEOPLE);
    assert_eq!(reached(&world, "mails").await.position, before);
}

#[tokio::test]
async fn a_mail_says_because_of_which_event_it_is_written() {
    let world = World::new().await;
    let user = world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    let (caused, cause, actor): (bool, bool, String) = sqlx::query_as(
        "select m.metadata->>'causation_id' = u.event_id::text, \
                m.aggregate_id = 'mail_' || u.event_id, m.metadata->>'actor' \
           from events m, events u where m.event_type = 'mail.intended' and u.aggregate_id = $1",
    )
    .bind(user.to_string())
    .fetch_one(&world.root)
    .await
    .unwrap();
    assert!(caused && cause);
    assert_eq!(actor, "reaction/mails");
}

/// Follows like the mails, under another name, and cannot read anything while the test says so.
struct Moody<M>(PhantomData<fn() -> M>);

trait Mood: Send + Sync + 'static {
    const NAME: &'static str;
    const VERSION: i32;

    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Mail>>, Unreadable>;
}

impl<M: Mood> Process for Moody<M> {
    const OPENS: bool = true;
    const NAME: &'static str = M::NAME;
    const VERSION: i32 = M::VERSION;

    type Asked = Mail;

    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Mail>>, Unreadable> {
        M::follow(event)
    }

    fn is_already_so(_: &MailError) -> bool {
        false
    }
}

struct Later;
static READABLE: AtomicBool = AtomicBool::new(false);

impl Mood for Later {
    const NAME: &'static str = "later";
    const VERSION: i32 = 1;

    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Mail>>, Unreadable> {
        if READABLE.load(Ordering::SeqCst) {
            Intents::follow(event)
        } else {
            Err(Unreadable::UnknownAggregate(
                event.aggregate_type.to_owned(),
            ))
        }
    }
}

#[tokio::test]
async fn it_goes_on_with_the_program_that_can_read_the_event() {
    let world = World::new().await;
    world.register("anna@mail.example", Locale::English).await;
    let reaction = reaction::<Moody<Later>>(&world);
    assert!(reaction.catch_up(i64::MAX).await.is_err());
    assert!(reached(&world, "later").await.stopped.is_some());
    READABLE.store(true, Ordering::SeqCst);
    reaction.catch_up(i64::MAX).await.unwrap();
    assert_eq!(reached(&world, "later").await.stopped, None);
    assert_eq!(world.count("mail.intended").await, 1);
}

struct Newer;

impl Mood for Newer {
    const NAME: &'static str = "mails";
    const VERSION: i32 = Intents::VERSION + 1;

    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Mail>>, Unreadable> {
        Intents::follow(event)
    }
}

#[tokio::test]
async fn an_older_rule_does_not_follow_where_a_newer_one_has_been() {
    let world = World::new().await;
    world.register("anna@mail.example", Locale::English).await;
    reaction::<Moody<Newer>>(&world)
        .catch_up(i64::MAX)
        .await
        .unwrap();
    world.register("ben@mail.example", Locale::English).await;
    let error = world.reaction().catch_up(i64::MAX).await.unwrap_err();
    let is_newer = |error: &ReactionError| {
        matches!(
            error,
            ReactionError::Newer { stored, known, .. }
                if (*stored, *known) == (Newer::VERSION, Intents::VERSION)
        )
    };
    assert!(is_newer(&error), "{error}");
    assert_eq!(world.count("mail.intended").await, 1);
}

struct Wrong;

impl Mood for Wrong {
    const NAME: &'static str = "wrong";
    const VERSION: i32 = 1;

    /// Records that a mail was sent which nobody intended.
    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Mail>>, Unreadable> {
        let command = MailCommand::RecordSent {
            attempt: 1,
            at: event.recorded_at,
        };
        Ok((event.aggregate_type == User::TYPE).then(|| ("mail_x".to_owned(), command)))
    }
}

#[tokio::test]
async fn a_command_that_is_refused_stops_the_reaction_too() {
    let world = World::new().await;
    world.register("anna@mail.example", Locale::English).await;
    let error = reaction::<Moody<Wrong>>(&world).catch_up(i64::MAX).await;
    assert!(matches!(
        error,
        Err(ReactionError::Stopped { position: 1, .. })
    ));
    let stopped = reached(&world, "wrong").await.stopped.unwrap();
    assert_eq!(stopped.reason, MailError::NotIntended.to_string());
}

#[tokio::test]
async fn whoever_does_the_rest_of_the_work_hears_of_it() {
    let world = World::new().await;
    world.register("anna@mail.example", Locale::English).await;
    let reaction = world.reaction();
    let mut heard = reaction.heard();
    assert_eq!(*heard.borrow_and_update(), 0);
    reaction.catch_up(i64::MAX).await.unwrap();
    assert!(
        !heard.has_changed().unwrap(),
        "its own command is still to be read"
    );
    let intended = head(&world.log).await;
    reaction.catch_up(i64::MAX).await.unwrap();
    assert!(heard.has_changed().unwrap());
    assert_eq!(*heard.borrow_and_update(), intended);
}
