//! One phase of the bank test: the bank works while it is disturbed, then everything is checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use embedded::Cluster;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use store::{Append, Context, Log, NewEvent, Options, ids};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::bank::Bank;
use super::disturbance::Disturbance;
use super::history::{History, Tally};
use super::process::{Follower, Heard, Writer};
use super::readers::{Seen, Source, read_balances, read_log};
use super::{PATIENCE, PAUSE, checks};
use crate::server::Server;

const PROCESSES: u64 = 2;
const TASKS_EACH: usize = 8;
const READERS_EACH: usize = 2;

/// A bank at work.
pub struct Phase<'a> {
    pub cluster: &'a Cluster,
    pub database: PgConnectOptions,
    pub writers: Vec<Writer>,
    pub follower: Follower,
    bank: Arc<Bank>,
    log: Log,
    pool: PgPool,
    funded: i64,
    history: History,
}

/// What came of a phase.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub tally: Tally,
    pub disturbed: usize,
    pub live_reads: usize,
    pub books_reads: usize,
    pub log_reads: u64,
    pub violations: Vec<String>,
}

pub async fn run(
    server: &Server,
    cluster: &Cluster,
    disturbance: Disturbance,
    duration: Duration,
) -> Result<Outcome> {
    let name = format!("chaos_{}", disturbance.name().replace('-', "_"));
    let database = server.fresh_log(&name).await?;
    let mut phase = Phase::begin(cluster, database, &name).await?;
    let over = Arc::new(AtomicBool::new(false));
    let readers = phase.start_readers(&over);
    let resolver = tokio::spawn(resolve_unknown(
        phase.log.clone(),
        phase
            .writers
            .iter()
            .map(|writer| writer.heard.clone())
            .collect(),
        Arc::clone(&over),
    ));
    let disturbed = disturbance.go_on(&mut phase, duration).await?;
    let mut violations = Vec::new();
    for writer in std::mem::take(&mut phase.writers) {
        match writer.finish().await {
            Ok(heard) => phase.bury(&heard).await?,
            Err(error) => violations.push(format!("a writer: {error}")),
        }
    }
    over.store(true, Ordering::Relaxed);
    resolver.await??;
    let mut seen = Seen::default();
    for reader in readers {
        seen.merge(reader.await?);
    }
    let mut outcome = Outcome {
        tally: phase.history.tally(),
        disturbed,
        live_reads: seen.of(Source::Live),
        books_reads: seen.of(Source::Books),
        log_reads: seen.log_reads,
        violations,
    };
    if disturbed == 0 && disturbance != Disturbance::Nothing {
        outcome
            .violations
            .push("nothing was disturbed; the phase proves nothing".to_owned());
    }
    phase.check(seen, &mut outcome).await?;
    if outcome.violations.is_empty() {
        server.drop_database(&name).await?;
    }
    Ok(outcome)
}

impl<'a> Phase<'a> {
    async fn begin(cluster: &'a Cluster, database: PgConnectOptions, name: &str) -> Result<Self> {
        let bank = Arc::new(Bank::try_new()?);
        let log = Log::open(database.clone(), Options::default()).await?;
        let funding = bank.funding();
        let funded = i64::try_from(funding.len())?;
        let events = funding
            .iter()
            .map(NewEvent::from_domain)
            .collect::<Result<_, _>>()?;
        let stream = format!("transfer_{}", ids::fresh());
        let context = Context::by("user/bank");
        log.append(Append::try_new("transfer", &stream, 0, events, &context)?)
            .await?;
        let pool = PgPoolOptions::new()
            .acquire_timeout(Duration::from_secs(2))
            .connect_with(database.clone())
            .await?;
        let url = cluster.url(name);
        let follower = Follower::start(&url)?;
        wait_for_books(&pool, funded).await?;
        let writers = (1..=PROCESSES).map(|seed| Writer::start(&url, seed, TASKS_EACH));
        let writers = writers.collect::<Result<_>>()?;
        let history = History::default();
        Ok(Self {
            cluster,
            database,
            writers,
            follower,
            bank,
            log,
            pool,
            funded,
            history,
        })
    }

    fn start_readers(&self, over: &Arc<AtomicBool>) -> Vec<JoinHandle<Seen>> {
        let mut readers = Vec::new();
        for _ in 0..READERS_EACH {
            for source in [Source::Live, Source::Books] {
                let (pool, bank) = (self.pool.clone(), Arc::clone(&self.bank));
                readers.push(tokio::spawn(read_balances(
                    pool,
                    bank,
                    source,
                    Arc::clone(over),
                )));
            }
            let (log, bank) = (self.log.clone(), Arc::clone(&self.bank));
            readers.push(tokio::spawn(read_log(
                log,
                bank,
                self.funded,
                Arc::clone(over),
            )));
        }
        readers
    }

    /// Kills a writer, asks for the fate of what it had under way, and starts another.
    pub async fn kill_writer(&mut self, number: usize) -> Result<()> {
        let heard = self.writers[number].kill_and_restart().await?;
        self.bury(&heard).await
    }

    /// Takes over what a process that is gone has said.
    async fn bury(&mut self, heard: &Heard) -> Result<()> {
        for event in heard.open() {
            heard.resolve(event, fate_of(&self.log, event).await?);
        }
        self.history.merge(heard.take());
        Ok(())
    }

    async fn check(self, seen: Seen, outcome: &mut Outcome) -> Result<()> {
        let head = self.log.head().await?.position;
        if let Err(error) = wait_for_books(&self.pool, head).await {
            outcome.violations.push(format!("the projection: {error}"));
        }
        if let Err(error) = self.follower.finish().await {
            outcome.violations.push(format!("the projection: {error}"));
        }
        outcome.violations.extend(seen.violations);
        let checked = checks::Checked {
            log: &self.log,
            pool: &self.pool,
            database: &self.database,
            bank: &self.bank,
            funded: self.funded,
        };
        let mut violations = checked.all(&self.history, seen.observations).await?;
        outcome.violations.append(&mut violations);
        outcome.violations.extend(outcome.idle());
        self.pool.close().await;
        self.log.close().await;
        Ok(())
    }
}

impl Outcome {
    /// A checker that saw nothing has proved nothing.
    fn idle(&self) -> Option<String> {
        let counts = [self.tally.committed, self.live_reads, self.books_reads];
        let idle = counts.contains(&0) || self.log_reads == 0;
        idle.then(|| "nothing was acknowledged, or nothing read".to_owned())
    }
}

/// Asks until the database answers.
async fn fate_of(log: &Log, event: Uuid) -> Result<Option<i64>> {
    let until = Instant::now() + PATIENCE;
    loop {
        match log.resolve(event).await {
            Ok(found) => return Ok(found.map(|committed| committed.position)),
            Err(error) if Instant::now() >= until => {
                return Err(error).context("the fate of an event cannot be learned");
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Asks for the fate of what living writers were told is unknown, while they go on.
async fn resolve_unknown(log: Log, writers: Vec<Heard>, over: Arc<AtomicBool>) -> Result<()> {
    while !over.load(Ordering::Relaxed) {
        for heard in &writers {
            for event in heard.unknown() {
                heard.resolve(event, fate_of(&log, event).await?);
            }
        }
        sleep(PAUSE * 10).await;
    }
    Ok(())
}

/// Waits until the projection has come this far.
async fn wait_for_books(pool: &PgPool, position: i64) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let reached: Result<i64, _> =
            sqlx::query_scalar("select position from projection_checkpoints where name = 'books'")
                .fetch_one(pool)
                .await;
        match reached {
            Ok(reached) if reached >= position => return Ok(()),
            _ if Instant::now() < until => sleep(PAUSE).await,
            Ok(reached) => bail!("it came to {reached}, not to {position}"),
            Err(error) => return Err(error).context("it never began"),
        }
    }
}
