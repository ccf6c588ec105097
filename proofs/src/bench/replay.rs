//! Reading a long log again and folding it, against the replay that postgres-es offers.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use cqrs_es::persist::PersistedEventRepository;
use ledger::{Account, Currency, Effects};
use postgres_es::PostgresEventRepository;
use projections::books::{Balance, Fold};
use sqlx::postgres::PgConnectOptions;
use store::{Catalogue, Log, Moved, Options};

use super::Plan;
use super::history::{self, Copies, STOCK_TABLE};
use super::report::Report;
use crate::measure::per_second;
use crate::server::{Server, pool};
use crate::transfer::{Transfer, catalogue};

pub async fn measure(server: &Server, plan: &Plan, report: &mut Report) -> Result<()> {
    let events = plan.replay_events;
    let database = history::of(server, events, Copies::Stock).await?;
    let (mut our_rounds, mut stock_rounds) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        // On worker threads, as a program's readers are.
        let theirs = tokio::spawn(theirs(database.clone(), events)).await??;
        let ours = tokio::spawn(ours(database.clone(), plan.readers, events)).await??;
        ensure!(
            same(&ours.fold, &theirs.fold),
            "the two replays disagree on the balances"
        );
        stock_rounds.push(theirs.events_per_second);
        our_rounds.push(ours.events_per_second);
    }
    let stock = report.line(
        format!("postgres-es replays {events} events"),
        "/s",
        stock_rounds,
    );
    let rate = report.line(format!("kernel replays {events} events"), "/s", our_rounds);
    report.ratio("replay_vs_stock", rate, stock);
    Ok(())
}

/// Where an account last moved may differ: postgres-es knows no order across streams.
fn same(one: &Fold, other: &Fold) -> bool {
    let turnover = |it: Balance| (it.minor, it.debits_minor, it.credits_minor);
    let agrees = |(account, currency, balance): (&Account, Currency, &Balance)| {
        turnover(one.balance(account, currency)) == turnover(*balance)
    };
    one.len() == other.len() && other.iter().all(agrees)
}

struct Replayed {
    fold: Fold,
    events_per_second: u64,
}

async fn ours(database: PgConnectOptions, readers: usize, events: i64) -> Result<Replayed> {
    let log = Log::open(database, Options::default()).await?;
    let catalogue: Arc<Catalogue> = Arc::new(catalogue());
    let start = Instant::now();
    let fold = Fold::of(&log, &catalogue, 0, events, readers).await?;
    let events_per_second = per_second(u64::try_from(events)?, start.elapsed());
    log.close().await;
    Ok(Replayed {
        fold,
        events_per_second,
    })
}

async fn theirs(database: PgConnectOptions, events: i64) -> Result<Replayed> {
    let pool = pool(&database, 4).await?;
    let repository =
        PostgresEventRepository::new(pool.clone()).with_tables(STOCK_TABLE, "snapshots");
    let start = Instant::now();
    let mut fold = Fold::default();
    let mut replayed = 0;
    let mut stream = repository.stream_all_events::<Transfer>().await?;
    while let Some(event) = stream.next::<Transfer>(&[]).await {
        let event = event?.payload;
        replayed += 1;
        let moved = Moved {
            postings: event.postings()?,
            claims: event.claims(),
        };
        fold.take_moved(replayed, &moved);
    }
    ensure!(
        replayed == events,
        "{replayed} of {events} events were replayed"
    );
    let events_per_second = per_second(u64::try_from(events)?, start.elapsed());
    pool.close().await;
    Ok(Replayed {
        fold,
        events_per_second,
    })
}
