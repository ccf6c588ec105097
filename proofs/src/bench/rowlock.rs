//! The kernel against a ledger that locks rows, on few hot accounts and on many.

use anyhow::Result;
use sqlx::pool::PoolConnection;
use sqlx::{Executor, PgPool, Postgres};

use super::Plan;
use super::ours::{ACTOR, Ours, Streams};
use super::report::Report;
use crate::dice::Dice;
use crate::load::{Caller, answered_per_second};
use crate::measure::median;
use crate::server::{Server, pool};

const THEIR_CALLERS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
const OUR_CALLERS: [usize; 6] = [1, 16, 64, 256, 1024, 8192];
/// The bar compares theirs at its best with ours at so many callers.
const OUR_CALLERS_COMPARED: usize = 256;

pub async fn measure(
    server: &Server,
    plan: &Plan,
    accounts: usize,
    ratio: &'static str,
    report: &mut Report,
) -> Result<()> {
    let theirs = Theirs::open(server, accounts).await?;
    let database = server.fresh_log("proofs_bench_ours").await?;
    let ours = Ours::open(database, plan.options.clone(), accounts).await?;

    let mut their_rounds = vec![Vec::new(); THEIR_CALLERS.len()];
    let mut our_rounds = vec![Vec::new(); OUR_CALLERS.len()];
    for _ in 0..plan.rounds {
        for (callers, rounds) in THEIR_CALLERS.into_iter().zip(&mut their_rounds) {
            let callers = theirs.callers(callers).await?;
            rounds.push(answered_per_second(callers, plan.duration).await?);
        }
        for (callers, rounds) in OUR_CALLERS.into_iter().zip(&mut our_rounds) {
            let callers = ours.callers(callers, &Streams::Fresh);
            rounds.push(answered_per_second(callers, plan.duration).await?);
        }
    }

    let mut best = (0, 0);
    for (callers, rounds) in THEIR_CALLERS.into_iter().zip(their_rounds) {
        best = best.max((median(&rounds).unwrap_or(0), callers));
        let what = format!("row locks, {accounts} accounts, {callers} callers");
        report.line(what, "/s", rounds);
    }
    for (callers, rounds) in OUR_CALLERS.into_iter().zip(our_rounds) {
        let what = format!("kernel, {accounts} accounts, {callers} callers");
        let rate = report.line(what, "/s", rounds);
        if callers == OUR_CALLERS_COMPARED {
            report.ratio(ratio, rate, best.0);
        }
    }
    report.note(format!(
        "row locks on {accounts} accounts are at their best with {} callers",
        best.1
    ));
    ours.close().await;
    theirs.pool.close().await;
    Ok(())
}

struct Theirs {
    pool: PgPool,
    accounts: usize,
}

impl Theirs {
    async fn open(server: &Server, accounts: usize) -> Result<Self> {
        let database = server.fresh_database("proofs_bench_rowlock").await?;
        let connections = THEIR_CALLERS.into_iter().max().unwrap_or(1);
        let pool = pool(&database, u32::try_from(connections)?).await?;
        pool.execute(include_str!("rowlock.sql")).await?;
        pool.execute("analyze").await?;
        Ok(Self { pool, accounts })
    }

    async fn callers(&self, count: usize) -> Result<Vec<TheirCaller>> {
        let mut callers = Vec::new();
        for seed in (0_u64..).take(count) {
            callers.push(TheirCaller {
                connection: self.pool.acquire().await?,
                dice: Dice::seeded(seed),
                accounts: self.accounts,
            });
        }
        Ok(callers)
    }
}

/// Has a connection of its own: the best that a pool can do for it.
struct TheirCaller {
    connection: PoolConnection<Postgres>,
    dice: Dice,
    accounts: usize,
}

impl Caller for TheirCaller {
    async fn call(&mut self) -> anyhow::Result<()> {
        let (from, to) = self.dice.pair_below(self.accounts);
        sqlx::query("select transfer($1, $2, 1, $3)")
            .bind(i64::try_from(from + 1)?)
            .bind(i64::try_from(to + 1)?)
            .bind(sqlx::types::Json(serde_json::json!({ "actor": ACTOR })))
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
}
