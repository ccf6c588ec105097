//! Readers see every event once, in order, or are told that they did not.

use std::ops::ControlFlow;
use std::time::Duration;

use sqlx::Executor;
use store::{Columns, ReadError};

use crate::desk::{append, bank, books_hold, fund, movement, open, wallet};

#[tokio::test]
async fn pages_join_without_gaps_and_carry_everything() {
    let database = workbench::database().await;
    let log = open(&database).await;
    for number in 1..=25 {
        fund(&log, &format!("user_{number}"), number).await;
    }
    let mut seen = Vec::new();
    while let Some(last) = {
        let after = seen
            .last()
            .map_or(0, |event: &store::RecordedEvent| event.position);
        let page = log.read(after, 7).await.unwrap();
        seen.extend(page.clone());
        page.last().cloned()
    } {
        assert_eq!(last.position, i64::try_from(seen.len()).unwrap());
    }
    assert_eq!(seen.len(), 25);
    let mut hash = store::GENESIS;
    for event in &seen {
        hash = event.as_ref().link().hash(&hash);
        assert_eq!(hash, event.hash);
        assert!(event.metadata.contains("tester"));
    }
    assert_eq!(log.head().await.unwrap().hash, hash);
}

#[tokio::test]
async fn a_subscriber_hears_of_growth_from_any_process() {
    let database = workbench::database().await;
    let (here, there) = (open(&database).await, open(&database).await);
    let mut subscription = here.subscribe().await.unwrap();
    fund(&there, "ann", 1).await;
    assert_eq!(subscription.beyond(0).await.unwrap(), 1);
    let waiting = tokio::spawn(async move {
        let reached = subscription.beyond(1).await.unwrap();
        (reached, subscription)
    });
    fund(&there, "ann", 1).await;
    let (reached, mut subscription) = waiting.await.unwrap();
    assert_eq!(reached, 2);
    let quiet = tokio::time::timeout(Duration::from_millis(300), subscription.beyond(2)).await;
    assert!(quiet.is_err(), "there is nothing beyond the head");
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity \
         where datname = current_database() and pid <> pg_backend_pid() \
           and query ilike 'listen%'";
    database.pool().await.execute(cut).await.unwrap();
    fund(&there, "ann", 1).await;
    let heard = tokio::time::timeout(Duration::from_secs(10), subscription.beyond(2)).await;
    assert_eq!(
        heard.unwrap().unwrap(),
        3,
        "a lost hint costs a poll, no event"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_is_cut_is_an_error() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let tasks: Vec<_> = (0..6000)
        .map(|number| {
            let log = log.clone();
            tokio::spawn(async move {
                let deposit = movement(&bank(), &wallet("ann"), 1);
                log.append(append(&format!("{number}"), 0, deposit))
                    .await
                    .unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let admin = database.pool().await;
    for attempt in 0..10 {
        let mut seen = 0;
        let (begun, cut) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
        let (admin, (tell_begun, is_begun), (tell_cut, is_cut)) = (admin.clone(), begun, cut);
        let cutter = tokio::spawn(async move {
            tokio::task::block_in_place(|| is_begun.recv().unwrap());
            let cut = "select pg_terminate_backend(pid) from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid() \
                   and query ilike 'copy%'";
            let cut = admin.execute(cut).await.unwrap();
            tell_cut.send(()).unwrap();
            cut
        });
        let outcome = log
            .scan::<ReadError>(0, 6000, Columns::All, |_| {
                seen += 1;
                if seen == 100 + attempt {
                    tell_begun.send(()).unwrap();
                    tokio::task::block_in_place(|| is_cut.recv().unwrap());
                }
                Ok(ControlFlow::Continue(()))
            })
            .await;
        cutter.await.unwrap();
        assert!(
            outcome.is_err(),
            "attempt {attempt}: {seen} events passed for the whole log"
        );
        assert!(seen < 6000);
    }
    books_hold(&log).await;
}

#[tokio::test]
async fn a_log_that_ends_early_or_has_a_hole_is_an_error() {
    let database = workbench::database().await;
    let log = open(&database).await;
    for _ in 0..3 {
        fund(&log, "ann", 1).await;
    }
    let pass = |_: store::EventRef<'_>| Ok::<_, ReadError>(ControlFlow::Continue(()));
    let short = log.scan(0, 4, Columns::Fold, pass).await;
    assert!(matches!(
        short,
        Err(ReadError::CutShort {
            reached: 3,
            wanted: 4
        })
    ));
    let mut admin = database.pool().await.acquire().await.unwrap();
    admin
        .execute("set session_replication_role = replica")
        .await
        .unwrap();
    admin
        .execute("delete from events where position = 2")
        .await
        .unwrap();
    let holed = log.scan(0, 3, Columns::Fold, pass).await;
    assert!(matches!(
        holed,
        Err(ReadError::Gap {
            expected: 2,
            found: 3
        })
    ));
}
