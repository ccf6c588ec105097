//! Too much at once is said so, and an orderly end loses nothing.

use std::time::Duration;

use futures::future::join_all;
use sqlx::Executor;
use store::{NotAppended, Options};

use crate::desk::{append, bank, books_hold, fund, movement, open, open_with, wallet};

#[tokio::test]
async fn a_full_queue_says_busy_and_the_waiting_are_served() {
    let database = workbench::database().await;
    let options = Options {
        queue_max: 4,
        batch_events_max: 2,
        wait_for_room: Duration::from_millis(50),
        ..Options::default()
    };
    let log = open_with(&database, options).await;
    fund(&log, "ann", 1000).await;
    let mut blocker = database.pool().await.acquire().await.unwrap();
    blocker.execute("begin").await.unwrap();
    blocker
        .execute("select position from log_head for update")
        .await
        .unwrap();
    let callers: Vec<_> = (0..40)
        .map(|caller| {
            let log = log.clone();
            tokio::spawn(async move {
                let spend = movement(&wallet("ann"), &bank(), 1);
                log.append(append(&format!("caller {caller}"), 0, spend))
                    .await
            })
        })
        .collect();
    let mut refused = 0;
    let mut waiting = Vec::new();
    for caller in callers {
        tokio::select! {
            biased;
            () = tokio::time::sleep(Duration::from_millis(if refused == 0 { 500 } else { 0 })),
                if !caller.is_finished() => waiting.push(caller),
            outcome = async { Ok::<(), ()>(()) }, if caller.is_finished() => {
                outcome.unwrap();
                assert_eq!(caller.await.unwrap(), Err(NotAppended::Busy));
                refused += 1;
            }
        }
    }
    assert!(
        refused > 0 && !waiting.is_empty(),
        "{refused} refused, {} waiting",
        waiting.len()
    );
    blocker.execute("rollback").await.unwrap();
    let served = join_all(waiting).await;
    assert!(
        served
            .iter()
            .all(|outcome| outcome.as_ref().unwrap().is_ok()),
        "{served:?}"
    );
    assert_eq!(
        log.head().await.unwrap().position,
        1 + i64::try_from(served.len()).unwrap()
    );
    books_hold(&log).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_writes_what_waits_and_takes_nothing_more() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let callers: Vec<_> = (0..500)
        .map(|caller| {
            let log = log.clone();
            tokio::spawn(async move {
                let deposit = movement(&bank(), &wallet("ann"), 1);
                log.append(append(&format!("caller {caller}"), 0, deposit))
                    .await
            })
        })
        .collect();
    tokio::task::yield_now().await;
    log.clone().close().await;
    let mut written = 0;
    for caller in callers {
        match caller.await.unwrap() {
            Ok(_) => written += 1,
            Err(NotAppended::Closed) => {}
            Err(other) => panic!("{other}"),
        }
    }
    let after = log
        .append(append("late", 0, movement(&bank(), &wallet("ann"), 1)))
        .await;
    assert_eq!(after, Err(NotAppended::Closed));
    let reopened = open(&database).await;
    assert_eq!(reopened.head().await.unwrap().position, written);
    books_hold(&reopened).await;
}
