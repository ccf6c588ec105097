//! The kernel's answer to a lone caller against one bare row committed to the same table.

use std::time::Instant;

use anyhow::Result;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use store::ids;

use super::Plan;
use super::ours::{ACTOR, Ours, Streams, fresh_stream};
use super::report::Report;
use crate::load::Caller;
use crate::measure::percentile;
use crate::server::Server;

const ACCOUNTS: usize = 1000;
const BLOCKS: usize = 20;
const CALLS_EACH: usize = 100;
/// Bare rows stand so far out that the log never reaches them.
const FAR: i64 = 1_000_000_000_000;
const NANOS_PER_MICRO: u64 = 1000;

pub async fn measure(server: &Server, plan: &Plan, report: &mut Report) -> Result<()> {
    let database = server.fresh_log("proofs_bench_ours").await?;
    let ours = Ours::open(database.clone(), plan.options.clone(), ACCOUNTS).await?;
    let bare = BareInsert {
        connection: PgConnection::connect_with(&database).await?,
        made: 0,
    };
    let caller = ours.callers(1, &Streams::Fresh).pop();
    let Some(caller) = caller else {
        unreachable!("one was asked for")
    };
    let rounds = plan.rounds;
    // On a worker thread, as a program's callers are.
    let (our_rounds, bare_rounds) = tokio::spawn(compare(caller, bare, rounds)).await??;
    let our_p50 = report.line("kernel, one caller, p50", "ns", our_rounds);
    let bare_p50 = report.line("bare one-row insert, p50", "ns", bare_rounds);
    report.note(format!(
        "one caller waits {} µs for the kernel, {} µs for a bare insert",
        our_p50 / NANOS_PER_MICRO,
        bare_p50 / NANOS_PER_MICRO
    ));
    report.ratio("latency_1", our_p50, bare_p50);
    ours.close().await;
    Ok(())
}

/// Medians of each round, whose blocks take turns.
async fn compare(
    mut ours: impl Caller,
    mut bare: BareInsert,
    rounds: usize,
) -> Result<(Vec<u64>, Vec<u64>)> {
    let (mut our_rounds, mut bare_rounds) = (Vec::new(), Vec::new());
    // What both prepare on first use is prepared.
    block(&mut ours).await?;
    block(&mut bare).await?;
    for _ in 0..rounds {
        let (mut our_nanos, mut bare_nanos) = (Vec::new(), Vec::new());
        for _ in 0..BLOCKS {
            our_nanos.extend(block(&mut ours).await?);
            bare_nanos.extend(block(&mut bare).await?);
        }
        our_rounds.extend(percentile(&our_nanos, 50));
        bare_rounds.extend(percentile(&bare_nanos, 50));
    }
    Ok((our_rounds, bare_rounds))
}

async fn block(caller: &mut impl Caller) -> Result<Vec<u64>> {
    let mut nanos = Vec::with_capacity(CALLS_EACH);
    for _ in 0..CALLS_EACH {
        let start = Instant::now();
        caller.call().await?;
        nanos.push(u64::try_from(start.elapsed().as_nanos())?);
    }
    Ok(nanos)
}

struct BareInsert {
    connection: PgConnection,
    made: i64,
}

impl Caller for BareInsert {
    async fn call(&mut self) -> anyhow::Result<()> {
        self.made += 1;
        sqlx::query(
            "insert into events (position, sequence, event_id, recorded_at, effective_at, \
                                 aggregate_type, aggregate_id, event_type, event_version, hash, \
                                 payload, metadata) \
             values ($1, 1, $2, now(), now(), 'transfer', $3, 'transfer.made', '1', $4, \
                     $5::json, $6::json)",
        )
        .bind(FAR + self.made)
        .bind(ids::fresh())
        .bind(fresh_stream())
        .bind(&[7_u8; 32][..])
        .bind(
            r#"{"transfer.made":{"from":"wallet/user_00000001/available","to":"wallet/user_00000002/available","amount":{"amount":"0.000001","currency":"USD"}}}"#,
        )
        .bind(format!(r#"{{"actor":"{ACTOR}"}}"#))
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }
}
