//! Commands that meet in one batch behave as if they had come one after another.

use futures::future::join_all;
use store::NotAppended;

use crate::desk::{append, bank, books_hold, fund, giving_up, movement, open, taking, usd, wallet};

#[tokio::test]
async fn the_second_spender_of_the_same_money_is_refused_and_the_first_is_not() {
    let database = workbench::database().await;
    let log = open(&database).await;
    fund(&log, "ann", 100).await;
    let spend = |stream: &str| log.append(append(stream, 0, movement(&wallet("ann"), &bank(), 70)));
    let outcomes = join_all([spend("one"), spend("two")]).await;
    assert_eq!(outcomes[0].as_ref().unwrap().position, 2);
    assert_eq!(
        outcomes[1],
        Err(NotAppended::InsufficientFunds {
            account: wallet("ann"),
            needed: usd(70),
            available: usd(30)
        })
    );
    books_hold(&log).await;
}

#[tokio::test]
async fn money_received_in_a_batch_can_be_spent_in_it() {
    let database = workbench::database().await;
    let log = open(&database).await;
    fund(&log, "ann", 5).await;
    let pass = |stream: &str, from: &str, to: &str| {
        log.append(append(stream, 0, movement(&wallet(from), &wallet(to), 5)))
    };
    let passed = join_all([
        pass("1", "ann", "bob"),
        pass("2", "bob", "cy"),
        pass("3", "cy", "dee"),
    ])
    .await;
    assert!(passed.iter().all(Result::is_ok), "{passed:?}");
    books_hold(&log).await;
}

#[tokio::test]
async fn of_two_decisions_on_the_same_state_one_is_a_conflict() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let decide = || log.append(append("stream", 0, movement(&bank(), &wallet("ann"), 1)));
    let outcomes = join_all([decide(), decide()]).await;
    assert!(outcomes[0].is_ok());
    assert_eq!(
        outcomes[1],
        Err(NotAppended::Conflict {
            expected: 0,
            actual: 1
        })
    );
    let ahead = log
        .append(append("stream", 5, movement(&bank(), &wallet("ann"), 1)))
        .await;
    assert_eq!(
        ahead,
        Err(NotAppended::Conflict {
            expected: 5,
            actual: 1
        })
    );
    books_hold(&log).await;
}

#[tokio::test]
async fn a_name_is_taken_once_and_is_free_again_when_given_up() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let outcomes = join_all([
        log.append(append("a", 0, taking("gpu/1"))),
        log.append(append("b", 0, taking("gpu/1"))),
        log.append(append("b", 0, giving_up("gpu/1"))),
        log.append(append("a", 1, giving_up("gpu/1"))),
        log.append(append("b", 0, taking("gpu/1"))),
    ])
    .await;
    assert!(outcomes[0].is_ok());
    let Err(NotAppended::Taken { holder, .. }) = &outcomes[1] else {
        panic!("the second taker got {:?}", outcomes[1]);
    };
    assert_eq!(holder, "desk/a");
    assert!(matches!(outcomes[2], Err(NotAppended::NotHeld { .. })));
    assert!(outcomes[3].is_ok());
    assert!(outcomes[4].is_ok());
    let later = log.append(append("c", 0, taking("gpu/1"))).await;
    assert!(matches!(later, Err(NotAppended::Taken { .. })));
    books_hold(&log).await;
}

#[tokio::test]
async fn a_refused_command_takes_back_all_it_tried() {
    let database = workbench::database().await;
    let log = open(&database).await;
    fund(&log, "ann", 10).await;
    let mut both = movement(&wallet("ann"), &wallet("bob"), 4);
    both.take = taking("gpu/1").take;
    both.postings
        .extend(movement(&wallet("ann"), &wallet("bob"), 7).postings);
    let outcomes = join_all([
        log.append(append("greedy", 0, both)),
        log.append(append(
            "modest",
            0,
            movement(&wallet("ann"), &wallet("bob"), 10),
        )),
        log.append(append("other", 0, taking("gpu/1"))),
    ])
    .await;
    assert!(matches!(
        outcomes[0],
        Err(NotAppended::InsufficientFunds { .. })
    ));
    assert!(outcomes[1].is_ok());
    assert!(outcomes[2].is_ok());
    books_hold(&log).await;
}

#[tokio::test]
async fn what_the_database_refuses_falls_alone() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let good = |number: i64| {
        append(
            &format!("good {number}"),
            0,
            movement(&bank(), &wallet("ann"), number + 1),
        )
    };
    let spoiled = store::NewEvent {
        event_id: store::ids::fresh(),
        event_type: "desk.moved".to_owned(),
        event_version: "2".to_owned(),
        payload: "{ this is no JSON".to_owned(),
        postings: vec![],
        claims: vec![],
    };
    let context = store::Context::by("tester");
    let bad = store::Append::try_new("desk", "bad", 0, vec![spoiled], &context).unwrap();
    let twice = good(1000);
    let again = {
        let event = store::NewEvent {
            event_id: twice.event_id().unwrap(),
            ..empty()
        };
        store::Append::try_new("desk", "again", 0, vec![event], &context).unwrap()
    };
    let mut appends: Vec<_> = (0..50).map(good).collect();
    appends.insert(17, bad);
    appends.insert(30, twice);
    appends.push(again);
    let outcomes = join_all(appends.into_iter().map(|append| log.append(append))).await;
    for (index, outcome) in outcomes.iter().enumerate() {
        let refused = matches!(outcome, Err(NotAppended::Spoiled { .. }));
        assert_eq!(refused, index == 17 || index == 52, "{index}: {outcome:?}");
    }
    books_hold(&log).await;
}

fn empty() -> store::NewEvent {
    let nothing = crate::desk::DeskEvent::Moved(crate::desk::Movement::default());
    store::NewEvent::from_domain(&nothing).unwrap()
}

#[tokio::test]
async fn a_balance_that_would_not_fit_is_refused() {
    let database = workbench::database().await;
    let log = open(&database).await;
    fund(&log, "ann", i64::MAX - 1).await;
    let more = log
        .append(append("more", 0, movement(&bank(), &wallet("ann"), 2)))
        .await;
    assert!(
        matches!(more, Err(NotAppended::Overflow { .. })),
        "{more:?}"
    );
    books_hold(&log).await;
}
