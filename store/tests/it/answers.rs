//! The same caller asking again under the same key gets the same answer.

use futures::future::join_all;
use store::{Context, Refused};

use crate::desk::{DeskCommand, DeskError, bank, books_hold, desks, fund, movement, open, wallet};

#[tokio::test]
async fn a_repeated_request_does_nothing_and_is_answered_as_before() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let desks = desks(&log);
    let context = Context::by("user/ann").with_key("k1", b"deposit 5");
    let command = DeskCommand::Move(movement(&bank(), &wallet("ann"), 5));
    let first = desks.begin("d1", command.clone(), &context).await.unwrap();
    let again = desks.begin("d1", command.clone(), &context).await.unwrap();
    assert!(!first.repeated && again.repeated);
    assert_eq!(
        (again.first_position, again.position),
        (first.first_position, first.position)
    );
    assert_eq!(again.recorded_at, first.recorded_at);
    assert_eq!(log.head().await.unwrap().position, 1);

    let restarted = open(&database).await;
    let later = self::desks(&restarted)
        .execute("d1", command, &context)
        .await
        .unwrap();
    assert_eq!(
        (later.position, later.recorded_at),
        (first.position, first.recorded_at)
    );
    books_hold(&log).await;
}

#[tokio::test]
async fn the_same_key_with_another_request_is_refused() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let desks = desks(&log);
    let command = DeskCommand::Move(movement(&bank(), &wallet("ann"), 5));
    let context = Context::by("user/ann").with_key("k1", b"deposit 5");
    desks.begin("d1", command.clone(), &context).await.unwrap();
    let other = Context::by("user/ann").with_key("k1", b"deposit 6");
    let refused = desks.execute("d1", command.clone(), &other).await;
    assert!(
        matches!(refused, Err(Refused::KeyReused { .. })),
        "{refused:?}"
    );
    let somebody = Context::by("user/bob").with_key("k1", b"deposit 6");
    desks.execute("d1", command, &somebody).await.unwrap();
    books_hold(&log).await;
}

#[tokio::test]
async fn fifty_at_once_under_one_key_are_one() {
    let database = workbench::database().await;
    let (here, there) = (open(&database).await, open(&database).await);
    let (near, far) = (desks(&here), desks(&there));
    let context = Context::by("user/ann").with_key("k1", b"deposit 5");
    let command = DeskCommand::Move(movement(&bank(), &wallet("ann"), 5));
    let outcomes = join_all((0..50).map(|number| {
        let desks = if number % 2 == 0 { &near } else { &far };
        desks.begin("d1", command.clone(), &context)
    }))
    .await;
    let fresh = outcomes
        .iter()
        .filter(|outcome| !outcome.as_ref().unwrap().repeated)
        .count();
    assert_eq!(fresh, 1);
    assert_eq!(here.head().await.unwrap().position, 1);
    books_hold(&here).await;
}

#[tokio::test]
async fn a_repeated_request_is_answered_even_when_it_would_be_refused_today() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let desks = desks(&log);
    let context = Context::by("user/ann").with_key("k1", b"deposit 5");
    let command = DeskCommand::Move(movement(&bank(), &wallet("ann"), 5));
    let first = desks.begin("d1", command.clone(), &context).await.unwrap();
    desks
        .execute("d1", DeskCommand::Shut, &Context::by("tester"))
        .await
        .unwrap();
    let again = desks
        .execute("d1", command.clone(), &context)
        .await
        .unwrap();
    assert_eq!(again.position, first.position);
    let unkeyed = desks.execute("d1", command, &Context::by("user/ann")).await;
    assert!(matches!(unkeyed, Err(Refused::Domain(DeskError::Over))));
    books_hold(&log).await;
}

#[tokio::test]
async fn a_refused_request_may_be_tried_again_under_its_key() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let desks = desks(&log);
    let context = Context::by("user/ann").with_key("k1", b"spend 5");
    let spend = DeskCommand::Move(movement(&wallet("ann"), &bank(), 5));
    let poor = desks.begin("d1", spend.clone(), &context).await;
    assert!(
        matches!(poor, Err(Refused::InsufficientFunds { .. })),
        "{poor:?}"
    );
    fund(&log, "ann", 5).await;
    assert!(!desks.begin("d1", spend, &context).await.unwrap().repeated);
    books_hold(&log).await;
}

#[tokio::test]
async fn having_nothing_to_do_is_an_answer_too() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let desks = desks(&log);
    desks
        .begin("d1", DeskCommand::Shut, &Context::by("tester"))
        .await
        .unwrap();
    let context = Context::by("user/ann").with_key("k1", b"shut");
    let nothing = desks
        .execute("d1", DeskCommand::Shut, &context)
        .await
        .unwrap();
    assert_eq!(nothing.position, 1);
    assert!(
        desks
            .execute("d1", DeskCommand::Shut, &context)
            .await
            .unwrap()
            .repeated
    );
    assert_eq!(log.head().await.unwrap().position, 1);
    books_hold(&log).await;
}

#[test]
fn the_caller_and_the_key_lead_to_the_stream() {
    assert_eq!(
        store::ids::derived("user/ann", "k1"),
        store::ids::derived("user/ann", "k1")
    );
    assert_ne!(
        store::ids::derived("user/ann", "k1"),
        store::ids::derived("user/bob", "k1")
    );
}
