//! A reading whose connection is cut in the middle never passes for a whole one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::fact::Stated;
use crate::format::forged;
use crate::harness::{Bench, Said, legs, moving, text};
use ledger::Currency::Usd;

/// Far more than what the buffers between server and client hold.
const EVENTS: usize = 60_000;
const PATIENCE: Duration = Duration::from_mins(5);

async fn long_log() -> Bench {
    let fact = Stated {
        note: "long enough that the server must wait for its reader ".repeat(4),
        ..moving(legs(&[
            ("outside/bank", "-1", Usd),
            ("platform/fees", "1", Usd),
        ]))
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.jsonl");
    std::fs::write(&file, forged(&vec![fact; EVENTS]).concat()).unwrap();
    let bench = Bench::new().await;
    bench.ask(&["import", text(&file)]).await.expect(0);
    bench
}

/// Ends a session that is sending rows of the log and waits for its reader to take them, after
/// having met such a moment so many times; false when the reading was over first.
///
/// Such a session has more to send than its reader has been given, so it is cut in the middle.
async fn cut_a_reading(pool: sqlx::PgPool, skip: u32, over: Arc<AtomicBool>) -> bool {
    let started = Instant::now();
    let mut seen = 0;
    while !over.load(Ordering::Relaxed) {
        assert!(started.elapsed() < PATIENCE, "the reading takes too long");
        let (sending, ended): (i64, i64) = sqlx::query_as(
            "select count(*), count(*) filter (where $1 and pg_terminate_backend(pid)) \
               from pg_stat_activity \
              where datname = current_database() and state = 'active' \
                and wait_event = 'ClientWrite' and query like 'copy (select position, sequence%'",
        )
        .bind(seen >= skip)
        .fetch_one(&pool)
        .await
        .unwrap();
        if ended > 0 {
            return true;
        }
        seen += u32::from(sending > 0);
    }
    false
}

async fn cut(bench: &Bench, pool: &sqlx::PgPool, words: &[&str], skip: u32) -> Option<Said> {
    let over = Arc::new(AtomicBool::new(false));
    let cutting = tokio::spawn(cut_a_reading(pool.clone(), skip, Arc::clone(&over)));
    let said = bench.ask(words).await;
    over.store(true, Ordering::Relaxed);
    cutting.await.unwrap().then_some(said)
}

/// Cuts the reading so many times, each time at another moment.
async fn is_found(bench: &Bench, words: &[&str], times: u32) {
    bench.ask(words).await.expect(0);
    let pool = bench.database.pool().await;
    let (mut cuts, mut skip) = (0, 0);
    while cuts < times {
        match cut(bench, &pool, words, skip).await {
            Some(said) => {
                // Neither a pass nor a difference in the log: the question could not be answered.
                assert_eq!(said.status, 2, "{words:?}: {}", said.failure);
                cuts += 1;
                skip += 3;
            }
            // So late it was over: the next cut comes early again.
            None => skip /= 2,
        }
    }
    pool.close().await;
    bench.ask(words).await.expect(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_that_is_cut_fails_twenty_times_of_twenty() {
    let bench = long_log().await;
    is_found(&bench, &["verify"], 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_reading_survives_a_cut_either() {
    let bench = long_log().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export");
    let file = text(&file);
    let position = (EVENTS / 2).to_string();
    is_found(&bench, &["as-of", &position, "outside/*"], 5).await;
    is_found(&bench, &["export"], 5).await;
    is_found(&bench, &["export", "--out", file], 5).await;
    is_found(&bench, &["export", "--format", "hledger"], 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_is_cut_leaves_no_file() {
    let bench = long_log().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export");
    let pool = bench.database.pool().await;
    let words = ["export", "--out", text(&file)];
    let said = cut(&bench, &pool, &words, 3).await.unwrap();
    assert_ne!(said.status, 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    pool.close().await;
}
