//! Measures the kernel against its rivals and its limits, on one server in one go.

mod api;
mod disk;
mod dispatch;
mod history;
mod latency;
mod limit;
mod ours;
mod rebuild;
mod replay;
mod report;
mod rowlock;
mod slow_flush;
mod stock;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use store::Options;

use crate::server::Server;
use report::Report;

pub use api::{ApiArgs, api};
pub use dispatch::{DispatchArgs, dispatch};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bench {
    Stock,
    Hot2,
    Acc1000,
    Limit,
    Latency,
    Replay,
    Rebuild,
}

#[derive(Clone, Debug, Args)]
pub struct KernelArgs {
    /// How often each measurement is repeated; medians count.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long each rate is measured.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Only these.
    #[arg(long, num_args = 1.., value_enum)]
    only: Vec<Bench>,
    #[arg(long)]
    json: bool,
    /// Print, and let missed bars pass.
    #[arg(long)]
    no_judge: bool,
    #[arg(long, default_value_t = 1_000_000)]
    replay_events: i64,
    /// Hold up every flush of the private server by so much, as a disk across a network does.
    #[arg(long, value_name = "MICROS")]
    slower_flush: Option<u64>,
    #[arg(long, hide = true)]
    readers: Option<usize>,
    #[arg(long, hide = true)]
    batch_commands_max: Option<usize>,
    #[arg(long, hide = true)]
    linger_micros: Option<u64>,
}

/// How each measurement is made.
#[derive(Clone, Debug)]
pub struct Plan {
    pub rounds: usize,
    pub duration: Duration,
    pub options: Options,
    pub replay_events: i64,
    pub readers: usize,
}

impl KernelArgs {
    fn plan(&self) -> Plan {
        let mut options = Options::default();
        if let Some(max) = self.batch_commands_max {
            options.batch_events_max = max;
        }
        if let Some(micros) = self.linger_micros {
            options.linger = Duration::from_micros(micros);
        }
        Plan {
            rounds: self.rounds.max(1),
            duration: Duration::from_secs(self.seconds.max(1)),
            options,
            replay_events: self.replay_events,
            readers: self
                .readers
                .unwrap_or_else(|| projections::Settings::default().readers),
        }
    }
}

/// Measures what was asked for and prints it; the bars that are missed come back.
pub async fn kernel(args: &KernelArgs) -> Result<Vec<String>> {
    let folder = Path::new(".trainnet/proofs");
    if let Some(micros) = args.slower_flush {
        ensure!(
            std::env::var_os("DATABASE_URL").is_none(),
            "only a private server can be held up: unset DATABASE_URL"
        );
        slow_flush::insist(folder, micros)?;
    }
    let server = Server::open(folder).await?;
    let plan = args.plan();
    let mut report = Report::default();
    if let Some(micros) = args.slower_flush {
        slow_flush::check(&server, micros).await?;
        report.note(format!("every flush was held up by {micros} µs"));
    }
    match disk::flush(&server).await? {
        Some(time) => report.note(format!(
            "the server's disk flushes 8 kB in {} µs (fdatasync, median); the faster the disk, \
             the smaller the gain from committing together",
            time.as_micros()
        )),
        None => report.note("the server's disk was out of reach; its flush was not measured"),
    }
    let asked = if args.only.is_empty() {
        Bench::value_variants()
    } else {
        &args.only[..]
    };
    for bench in asked {
        match bench {
            Bench::Stock => stock::measure(&server, &plan, &mut report).await?,
            Bench::Hot2 => {
                rowlock::measure(&server, &plan, 2, "hot2_vs_rowlock", &mut report).await?;
            }
            Bench::Acc1000 => {
                rowlock::measure(&server, &plan, 1000, "acc1000_vs_rowlock", &mut report).await?;
            }
            Bench::Limit => limit::measure(&server, &plan, &mut report).await?,
            Bench::Latency => latency::measure(&server, &plan, &mut report).await?,
            Bench::Replay => replay::measure(&server, &plan, &mut report).await?,
            Bench::Rebuild => rebuild::measure(&server, &plan, &mut report).await?,
        }
    }
    for database in [
        "proofs_bench_ours",
        "proofs_bench_rowlock",
        "proofs_bench_stock",
    ] {
        server.drop_database(database).await?;
    }
    server.close().await?;
    let text = if args.json {
        report.to_json()?
    } else {
        report.to_text()
    };
    println!("{}", text.trim_end());
    Ok(if args.no_judge {
        Vec::new()
    } else {
        report.missed()
    })
}
