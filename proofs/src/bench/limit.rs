//! The kernel against the most one connection can do: a binary COPY of the very same rows.

use std::time::Instant;

use anyhow::Result;
use futures::TryStreamExt;
use sqlx::postgres::{PgConnection, PgPoolCopyExt};
use sqlx::{Connection, Executor};

use super::Plan;
use super::ours::{Ours, Streams};
use super::report::Report;
use crate::load::answered_per_second;
use crate::measure::per_second;
use crate::server::Server;

const IN_FLIGHT: usize = 8192;
const ACCOUNTS: usize = 1000;
const TABLES: [&str; 2] = ["events", "entries"];
/// What one round copies at most; the rows are kept in memory meanwhile.
const ROWS_MAX: i64 = 200_000;

pub async fn measure(server: &Server, plan: &Plan, report: &mut Report) -> Result<()> {
    let database = server.fresh_log("proofs_bench_ours").await?;
    let ours = Ours::open(database.clone(), plan.options.clone(), ACCOUNTS).await?;
    let mut connection = PgConnection::connect_with(&database).await?;
    for table in TABLES {
        let twin = format!("create table twin_{table} (like {table} including all)");
        connection.execute(twin.as_str()).await?;
    }
    let (mut our_rounds, mut copy_rounds) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let before = ours.commands.log().head().await?.position;
        let callers = ours.callers(IN_FLIGHT, &Streams::Fresh);
        our_rounds.push(answered_per_second(callers, plan.duration).await?);
        let after = ours
            .commands
            .log()
            .head()
            .await?
            .position
            .min(before + ROWS_MAX);
        let rows = Rows::of(&ours, before, after).await?;
        copy_rounds.push(rows.copied_per_second(&mut connection).await?);
    }
    let rate = report.line(format!("kernel, {IN_FLIGHT} in flight"), "/s", our_rounds);
    let limit = report.line("one connection's COPY of the same rows", "/s", copy_rounds);
    report.ratio("limit_share", rate, limit);
    ours.close().await;
    Ok(())
}

/// Rows as the database itself writes them in a binary copy.
struct Rows {
    events: u64,
    tables: Vec<Vec<u8>>,
}

impl Rows {
    async fn of(ours: &Ours, before: i64, after: i64) -> Result<Self> {
        let mut tables = Vec::new();
        for table in TABLES {
            let statement = format!(
                "copy (select * from {table} where position > {before} and position <= {after} \
                 order by position) to stdout (format binary)"
            );
            let rows = ours.commands.log().pool().copy_out_raw(&statement).await?;
            let bytes = rows.try_fold(Vec::new(), async |mut bytes, chunk| {
                bytes.extend_from_slice(&chunk);
                Ok(bytes)
            });
            tables.push(bytes.await?);
        }
        Ok(Self {
            events: u64::try_from(after - before)?,
            tables,
        })
    }

    /// All rows in one transaction, each table in one copy.
    async fn copied_per_second(self, connection: &mut PgConnection) -> Result<u64> {
        let start = Instant::now();
        connection.execute("begin").await?;
        for (table, bytes) in TABLES.into_iter().zip(&self.tables) {
            let statement = format!("copy twin_{table} from stdin (format binary)");
            let mut copy = connection.copy_in_raw(&statement).await?;
            copy.send(bytes.as_slice()).await?;
            copy.finish().await?;
        }
        connection.execute("commit").await?;
        Ok(per_second(self.events, start.elapsed()))
    }
}
