//! Connections are lost and servers killed; what was promised is there, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use sqlx::{Executor, PgPool};
use store::{Log, NotAppended, Options};

use crate::desk::{append, bank, books_hold, fund, movement, open, open_with, wallet};

/// Ends every session of the appender that there is.
const CUT: &str = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
     where datname = current_database() and application_name = 'trainnet appender'";

/// Other tests make and drop databases meanwhile; the server asks one of two at once to try again.
async fn administer(maintenance: &PgPool, statement: &str) {
    let mut attempts = 0;
    while let Err(error) = maintenance.execute(statement).await {
        attempts += 1;
        let again = error.to_string().contains("concurrently updated") && attempts < 50;
        assert!(again, "{statement}: {error}");
    }
}

async fn stored(log: &Log, event: uuid::Uuid) -> i64 {
    sqlx::query_scalar("select count(*) from events where event_id = $1")
        .bind(event)
        .fetch_one(log.pool())
        .await
        .unwrap()
}

async fn cut_until(stop: Arc<AtomicBool>, pool: PgPool) -> u32 {
    let mut cuts = 0;
    while !stop.load(Ordering::Relaxed) {
        pool.execute(CUT).await.unwrap();
        cuts += 1;
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    cuts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_outcome_is_true_while_connections_are_cut() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let followers = || log.counters().followers.load(Ordering::Relaxed);
    // Batches follow each other where the disk is quick beside the processor, which a machine with
    // much else to do may not show at once.
    for round in 0..20 {
        spend_while_cutting(&database, std::slice::from_ref(&log), round).await;
        if followers() > 0 {
            return;
        }
    }
    panic!("the test wants batches that follow each other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_outcome_is_true_while_the_connections_of_two_are_cut() {
    let database = workbench::database().await;
    let logs = [open(&database).await, open(&database).await];
    spend_while_cutting(&database, &logs, 0).await;
}

async fn spend_while_cutting(database: &workbench::TestDatabase, logs: &[Log], round: usize) {
    let (ann, bob) = (format!("ann{round}"), format!("bob{round}"));
    fund(&logs[0], &ann, 1_000_000).await;
    let stop = Arc::new(AtomicBool::new(false));
    let cutting = tokio::spawn(cut_until(Arc::clone(&stop), database.pool().await));
    let writers = (0..96).map(|writer: usize| {
        let log = logs[writer % logs.len()].clone();
        let (ann, bob) = (wallet(&ann), wallet(&bob));
        tokio::spawn(async move {
            let mut outcomes = Vec::new();
            for turn in 0..20 {
                let minor = 1 + turn;
                let spend = movement(&ann, &bob, minor);
                let append = append(&format!("{round}-{writer}-{turn}"), 0, spend);
                let event = append.event_id().unwrap();
                outcomes.push((event, minor, log.append(append).await));
            }
            outcomes
        })
    });
    let outcomes = join_all(writers).await;
    stop.store(true, Ordering::Relaxed);
    assert!(cutting.await.unwrap() > 5);
    let mut spent = 0;
    for (event, minor, outcome) in outcomes.into_iter().flat_map(Result::unwrap) {
        let there = match outcome {
            Ok(_) => true,
            Err(NotAppended::Unknown { event_id }) => {
                assert_eq!(event_id, event);
                logs[0].resolve(event).await.unwrap().is_some()
            }
            Err(NotAppended::Unavailable | NotAppended::Busy) => false,
            Err(other) => panic!("{other}"),
        };
        assert_eq!(stored(&logs[0], event).await, i64::from(there));
        spent += if there { minor } else { 0 };
    }
    let bob: i64 = sqlx::query_scalar("select minor from balances where account = $1")
        .bind(wallet(&bob).as_str())
        .fetch_one(logs[0].pool())
        .await
        .unwrap();
    assert_eq!(bob, spent);
    books_hold(&logs[0]).await;
}

#[tokio::test]
async fn without_a_database_callers_are_told_in_time_and_served_again_after() {
    let database = workbench::database().await;
    let patience = Duration::from_millis(200);
    let log = open_with(
        &database,
        Options {
            patience,
            ..Options::default()
        },
    )
    .await;
    fund(&log, "ann", 10).await;
    let admin = database.pool().await;
    let name: String = sqlx::query_scalar("select current_database()")
        .fetch_one(&admin)
        .await
        .unwrap();
    let maintenance = sqlx::postgres::PgPoolOptions::new()
        .connect_with(database.options.clone().database("postgres"))
        .await
        .unwrap();
    let forbid = format!("alter database {name} with allow_connections false");
    administer(&maintenance, &forbid).await;
    admin.execute(CUT).await.unwrap();
    let spend = |stream: &str| log.append(append(stream, 0, movement(&wallet("ann"), &bank(), 1)));
    let outcome = spend("while away").await;
    assert!(
        matches!(
            outcome,
            Err(NotAppended::Unavailable | NotAppended::Unknown { .. })
        ),
        "{outcome:?}"
    );
    let permit = format!("alter database {name} with allow_connections true");
    administer(&maintenance, &permit).await;
    spend("back again").await.unwrap();
    let absent = log.resolve(store::ids::fresh()).await.unwrap();
    assert_eq!(absent, None);
    books_hold(&log).await;
}

#[tokio::test]
async fn what_was_shut_out_by_a_resolution_never_arrives() {
    let database = workbench::database().await;
    let (here, there) = (open(&database).await, open(&database).await);
    fund(&here, "ann", 10).await;
    let held = append("held", 0, movement(&wallet("ann"), &bank(), 1));
    let event = held.event_id().unwrap();
    assert_eq!(there.resolve(event).await.unwrap(), None);
    // The epoch has moved on: what `here` prepared before is judged again, not written blindly.
    let committed = here.append(held).await.unwrap();
    let found = there.resolve(event).await.unwrap().unwrap();
    assert_eq!(found.position, committed.position);
    books_hold(&here).await;
}
