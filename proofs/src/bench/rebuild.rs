//! Rebuilding the books against writing the same rows with a plain COPY, and against four times
//! the history.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::TryStreamExt;
use projections::books::Books;
use projections::{Engine, Projection, Projections, Settings};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolCopyExt};
use sqlx::{Connection, Executor, PgPool};
use store::{Columns, Log, Options, ReadError};

use super::Plan;
use super::history::{self, Copies};
use super::report::Report;
use crate::server::{Server, pool};
use crate::transfer::catalogue;

const TIMES: i64 = 4;
/// A copy is handed to the socket in pieces of this size.
const SEND_BYTES: usize = 256 * 1024;

pub async fn measure(server: &Server, plan: &Plan, report: &mut Report) -> Result<()> {
    let (few, many) = (plan.replay_events, plan.replay_events * TIMES);
    let few_database = history::of(server, few, Copies::Stock).await?;
    let many_database = history::of(server, many, Copies::None).await?;
    let mut copied = Plain::default();
    let (mut few_rounds, mut plain_rounds, mut many_rounds) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let readers = plan.readers;
        let rebuilt = tokio::spawn(rebuild(few_database.clone(), readers, few)).await??;
        few_rounds.push(millis(rebuilt));
        copied.keep(&few_database).await?;
        let (written, returned) =
            tokio::spawn(copied.write_and_read(few_database.clone(), few)).await??;
        copied = returned;
        plain_rounds.push(millis(written));
        let rebuilt = tokio::spawn(rebuild(many_database.clone(), readers, many)).await??;
        many_rounds.push(millis(rebuilt));
    }
    let few_time = report.line(format!("books rebuilt from {few} events"), "ms", few_rounds);
    let plain_time = report.line("the same rows by COPY, and the read", "ms", plain_rounds);
    let many_time = report.line(
        format!("books rebuilt from {many} events"),
        "ms",
        many_rounds,
    );
    report.ratio("rebuild_vs_copy", few_time, plain_time);
    report.ratio("rebuild_linear", many_time, few_time);
    Ok(())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

async fn rebuild(database: PgConnectOptions, readers: usize, events: i64) -> Result<Duration> {
    let log = Log::open(database, Options::default()).await?;
    let projections = Projections::none().with::<Books>();
    let settings = Settings {
        readers,
        ..Settings::default()
    };
    let engine = Engine::open(log.clone(), Arc::new(catalogue()), projections, settings).await?;
    let start = Instant::now();
    let rebuilt = engine.rebuild(Books::NAME, &|_| {}).await?;
    let time = start.elapsed();
    ensure!(
        rebuilt.position == events,
        "the rebuild ended at {}",
        rebuilt.position
    );
    log.close().await;
    Ok(time)
}

/// The rows of the books as the database writes them in a binary copy, table by table.
#[derive(Debug, Default)]
struct Plain {
    tables: Vec<(String, Vec<u8>)>,
}

impl Plain {
    async fn keep(&mut self, database: &PgConnectOptions) -> Result<()> {
        if !self.tables.is_empty() {
            return Ok(());
        }
        let pool = pool(database, 1).await?;
        for table in Books::TABLES {
            let name = format!("read_{}.{}", Books::NAME, table.name);
            self.tables
                .push((name.clone(), rows_of(&pool, &name).await?));
        }
        pool.close().await;
        Ok(())
    }

    /// Writes the rows into tables with the same keys, and reads the log; how long both took.
    async fn write_and_read(
        self,
        database: PgConnectOptions,
        events: i64,
    ) -> Result<(Duration, Self)> {
        let mut connection = PgConnection::connect_with(&database).await?;
        connection
            .execute("drop schema if exists plain cascade; create schema plain")
            .await?;
        let mut time = Duration::ZERO;
        for (number, (name, bytes)) in self.tables.iter().enumerate() {
            let twin = format!("plain.table_{number}");
            let create = format!("create table {twin} (like {name} including all)");
            connection.execute(create.as_str()).await?;
            let start = Instant::now();
            let statement = format!("copy {twin} from stdin (format binary)");
            let mut copy = connection.copy_in_raw(&statement).await?;
            for part in bytes.chunks(SEND_BYTES) {
                copy.send(part).await?;
            }
            copy.finish().await?;
            time += start.elapsed();
        }
        connection.execute("drop schema plain cascade").await?;
        connection.close().await?;
        let log = Log::open(database, Options::default()).await?;
        let start = Instant::now();
        let go_on = |_: store::EventRef<'_>| Ok(ControlFlow::Continue(()));
        log.scan::<ReadError>(0, events, Columns::Fold, go_on)
            .await?;
        time += start.elapsed();
        log.close().await;
        Ok((time, self))
    }
}

async fn rows_of(pool: &PgPool, table: &str) -> Result<Vec<u8>> {
    let statement = format!("copy (select * from {table}) to stdout (format binary)");
    let rows = pool.copy_out_raw(&statement).await?;
    let bytes = rows.try_fold(Vec::new(), async |mut bytes, chunk| {
        bytes.extend_from_slice(&chunk);
        Ok(bytes)
    });
    Ok(bytes.await?)
}
