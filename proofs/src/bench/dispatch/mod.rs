//! How fast units of work reach machines over HTTP, with an empty queue and with a million in it.

mod field;
mod rival;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use api::{Binding, Routes};
use clap::Args;
use tokio::time::Instant;

use super::disk::{self, Beside};
use crate::measure::{Ratio, per_second, percentile};
use crate::server::Server;
use crate::town::Town;
use field::{Field, Kind};

const DATABASE: &str = "proofs_bench_dispatch";
const PAIRS_A_SECOND_MIN: u64 = 2_000;
const P50_MAX: Duration = Duration::from_millis(10);
const P99_MAX: Duration = Duration::from_millis(40);
/// In hundredths.
const SLOWER_AT_MOST: Ratio = Ratio::from_hundredths(130);
/// So many units can be handed in for each second in which it is measured how fast that goes.
const STOCK: u64 = 4_000;
const SETTLING: Duration = Duration::from_millis(500);

#[derive(Clone, Debug, Args)]
pub struct DispatchArgs {
    #[arg(long, default_value_t = 64)]
    pullers: usize,
    /// How long each rate is measured.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Units that come in each second while it is measured how long they take to reach a machine.
    #[arg(long, default_value_t = 100)]
    rate: u64,
    /// How many units wait while everything is measured again.
    #[arg(long, default_value_t = 1_000_000)]
    queued: usize,
    /// Leave out the other queue, which needs Node and what npm fetches.
    #[arg(long)]
    no_rival: bool,
    /// Print, and let missed bars pass.
    #[arg(long)]
    no_judge: bool,
}

/// What one round found.
#[derive(Clone, Copy, Debug)]
struct Found {
    pairs_a_second: u64,
    p50: Duration,
    p99: Duration,
}

/// Measures and prints; what is too slow comes back.
pub async fn dispatch(args: &DispatchArgs) -> Result<Vec<String>> {
    let server = Server::open(Path::new(".trainnet/proofs")).await?;
    let found = measure(&server, args).await;
    server.drop_database(DATABASE).await?;
    let rival = match (&found, args.no_rival) {
        (Ok(_), false) => Some(rival::measure(&server, args).await?),
        _ => None,
    };
    server.close().await?;
    let (empty, full) = found?;
    print("an empty queue", empty);
    print(&format!("{} units waiting", args.queued), full);
    if let Some(rival) = rival {
        print("graphile-worker, straight on PostgreSQL", rival);
        let of = |ours, theirs| Ratio::of(ours, theirs).unwrap_or(Ratio::from_hundredths(0));
        println!(
            "\nover graphile-worker: {} of its rate, {} of its p50, {} of its p99",
            of(empty.pairs_a_second, rival.pairs_a_second),
            of(micros(empty.p50), micros(rival.p50)),
            of(micros(empty.p99), micros(rival.p99)),
        );
    }
    Ok(if args.no_judge {
        Vec::new()
    } else {
        missed(empty, full)
    })
}

fn print(what: &str, found: Found) {
    println!(
        "{what:<42} {:>7} lease+complete pairs/s   enqueue to machine p50 {:>8} µs  p99 {:>8} µs",
        found.pairs_a_second,
        found.p50.as_micros(),
        found.p99.as_micros()
    );
}

fn missed(empty: Found, full: Found) -> Vec<String> {
    let mut missed = Vec::new();
    if empty.pairs_a_second < PAIRS_A_SECOND_MIN {
        let found = empty.pairs_a_second;
        missed.push(format!("{found} pairs/s, the bar is {PAIRS_A_SECOND_MIN}"));
    }
    for (what, found, most) in [("p50", empty.p50, P50_MAX), ("p99", empty.p99, P99_MAX)] {
        if found > most {
            missed.push(format!("{what} is {found:?}, the bar is {most:?}"));
        }
    }
    let slower = [
        ("the rate", empty.pairs_a_second, full.pairs_a_second),
        ("p50", micros(full.p50), micros(empty.p50)),
        ("p99", micros(full.p99), micros(empty.p99)),
    ];
    for (what, worse, better) in slower {
        let ratio = Ratio::of(worse, better).unwrap_or(Ratio::from_hundredths(0));
        if ratio > SLOWER_AT_MOST {
            missed.push(format!("{what} is {ratio} times as slow with a full queue"));
        }
    }
    missed
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

async fn measure(server: &Server, args: &DispatchArgs) -> Result<(Found, Found)> {
    let database = server.fresh_log(DATABASE).await?;
    let town = Town::found(database, Binding::Strict, Routes::new()).await?;
    let field = Arc::new(Field::lay_out(town, args.pullers).await?);
    let stock = usize::try_from(args.seconds * STOCK)?;
    field.enqueue_with_results(stock).await?;
    let empty = round(server, &field, args).await?;
    // What can be handed in is older than what only waits, and so comes first.
    field.enqueue_with_results(stock).await?;
    field.enqueue(args.queued, Kind::Plain).await?;
    // A queue is long for hours; what is measured is not the minute in which it became so.
    server.digest(DATABASE).await?;
    let full = round(server, &field, args).await?;
    let field = Arc::into_inner(field).context("somebody still works")?;
    field.close().await?;
    Ok((empty, full))
}

async fn round(server: &Server, field: &Arc<Field>, args: &DispatchArgs) -> Result<Found> {
    disk::calm(server).await?;
    let pairs_a_second = rate(field, args).await?;
    tokio::time::sleep(SETTLING).await;
    let beside = Beside::begin(server).await?;
    let mut took = latency(field, args).await?;
    beside.end().await?;
    took.sort_unstable();
    let at = |percent| Duration::from_micros(percentile(&took, percent).unwrap_or(u64::MAX));
    Ok(Found {
        pairs_a_second,
        p50: at(50),
        p99: at(99),
    })
}

/// How many units a second are leased and handed in, with all machines asking again at once.
async fn rate(field: &Arc<Field>, args: &DispatchArgs) -> Result<u64> {
    let done = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let mut working = Vec::new();
    for robot in field.robots(Kind::Plain) {
        let (field, done, stop) = (Arc::clone(field), Arc::clone(&done), Arc::clone(&stop));
        working.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let Some(task) = field.pull(&robot, 0).await? else {
                    continue;
                };
                field.complete(&robot, &task).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        }));
    }
    // What everybody prepares on first use is prepared.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (before, begun) = (done.load(Ordering::Relaxed), Instant::now());
    tokio::time::sleep(Duration::from_secs(args.seconds)).await;
    let count = done.load(Ordering::Relaxed) - before;
    let took = begun.elapsed();
    stop.store(true, Ordering::Relaxed);
    for robot in working {
        robot.await??;
    }
    Ok(per_second(count, took))
}

/// How long each unit takes from the moment at which it was due until a machine has it.
async fn latency(field: &Arc<Field>, args: &DispatchArgs) -> Result<Vec<u64>> {
    let count = usize::try_from(args.rate * args.seconds)?;
    let (sender, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    let mut waiting = Vec::new();
    for robot in field.robots(Kind::Timed) {
        let (field, sender) = (Arc::clone(field), sender.clone());
        waiting.push(tokio::spawn(async move {
            loop {
                let Some(task) = field.pull(&robot, 20).await? else {
                    continue;
                };
                let at = Instant::now();
                let unit = task.unit.clone();
                if sender.send((unit, at)).is_err() {
                    return anyhow::Ok(());
                }
                field.let_go(&robot, &task).await?;
            }
        }));
    }
    tokio::time::sleep(SETTLING).await;
    let begin = Instant::now() + Duration::from_millis(100);
    let mut due_at = std::collections::HashMap::new();
    for number in 0..count {
        let after = u64::try_from(number)? * 1_000_000 / args.rate.max(1);
        let due = begin + Duration::from_micros(after);
        tokio::time::sleep_until(due).await;
        let unit = field.one_more(Kind::Timed)?;
        due_at.insert(unit.to_string(), due);
    }
    let mut took = Vec::with_capacity(count);
    while took.len() < count {
        let next = tokio::time::timeout(Duration::from_secs(30), arrived.recv()).await;
        let (unit, at) = next.context("units were lost")?.context("nobody works")?;
        let due = due_at.remove(&unit);
        // What was let go may come again before it is stopped; it counts once.
        if let Some(due) = due {
            took.push(micros(at.duration_since(due)));
        }
    }
    for robot in waiting {
        robot.abort();
        // It was called off, or had nothing more to do.
        drop(robot.await);
    }
    ensure!(due_at.is_empty(), "{} units never arrived", due_at.len());
    Ok(took)
}

/// A unit that a machine has.
#[derive(Clone, Debug)]
pub struct Task {
    pub unit: String,
    pub fence: u64,
}
