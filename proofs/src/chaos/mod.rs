//! Processes are killed at random, and the money is counted afterwards.

mod bank;
mod checks;
mod controls;
mod disturbance;
mod follower;
mod history;
mod phase;
mod process;
mod protocol;
mod readers;
mod training;
mod writer;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::server::Server;
use disturbance::Disturbance;
use phase::Outcome;

pub use follower::{FollowerArgs, run as follow};
pub use training::{BudgetsArgs, MachinesArgs, OutagesArgs, budgets, machines, outages};
pub use writer::{WriterArgs, run as write};

/// How long anybody waits for a server that is coming back.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);
/// Before each violation that is printed; the rest are counted.
const VIOLATION: &str = "violation: ";
const VIOLATIONS_SHOWN: usize = 10;

#[derive(Clone, Debug, Args)]
pub struct BankArgs {
    /// How long each phase lasts.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only these phases.
    #[arg(long, value_enum)]
    only: Vec<Disturbance>,
    /// Then show that builds which are wrong on purpose do not pass.
    #[arg(long)]
    with_controls: bool,
}

/// Runs every phase; what was wrong comes back.
///
/// Money moves between few accounts while the ground shakes.
pub async fn bank(args: &BankArgs) -> Result<Vec<String>> {
    // The server is killed here, so it is a private one whatever else there is.
    let server = Server::private(Path::new(".trainnet/chaos")).await?;
    let cluster = server.cluster().context("a private server is a cluster")?;
    let all = Disturbance::value_variants();
    let chosen = if args.only.is_empty() {
        all
    } else {
        &args.only[..]
    };
    let mut failures = Vec::new();
    for disturbance in chosen {
        let duration = Duration::from_secs(args.seconds.max(1));
        let outcome = phase::run(&server, cluster, *disturbance, duration).await?;
        tell(*disturbance, &outcome);
        if !outcome.violations.is_empty() {
            let count = outcome.violations.len();
            failures.push(format!("{}: {count} violations", disturbance.name()));
        }
    }
    if args.with_controls {
        failures.extend(controls::run(args.seconds).await?);
    }
    server.close().await?;
    Ok(failures)
}

fn tell(disturbance: Disturbance, outcome: &Outcome) {
    let tally = outcome.tally;
    let verdict = match outcome.violations.len() {
        0 => "ok".to_owned(),
        count => format!("{count} violations"),
    };
    println!(
        "{}: {} acknowledged, {} refused, {} unknown ({} landed, {} did not), disturbed {} times; \
         read {} times live, {} in the books, {} in the log: {verdict}",
        disturbance.name(),
        tally.committed,
        tally.refused,
        tally.unknown_landed + tally.unknown_absent,
        tally.unknown_landed,
        tally.unknown_absent,
        outcome.disturbed,
        outcome.live_reads,
        outcome.books_reads,
        outcome.log_reads,
    );
    for violation in outcome.violations.iter().take(VIOLATIONS_SHOWN) {
        println!("{VIOLATION}{violation}");
    }
}
