//! The kernel against cqrs-es over postgres-es as they are.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use cqrs_es::CqrsFramework;
use cqrs_es::persist::PersistedEventStore;
use ledger::Account;
use postgres_es::{PostgresCqrs, PostgresEventRepository};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool};

use super::Plan;
use super::ours::{ACTOR, Ours, Streams, throw, wallets};
use super::report::Report;
use crate::dice::Dice;
use crate::load::{Caller, answered_per_second};
use crate::measure::median;
use crate::server::{Server, pool};
use crate::transfer::Transfer;

const CALLERS: [(usize, &str); 2] = [(64, "stock_64"), (256, "stock_256")];
/// The pool is the one postgres-es itself makes, but for its ten connections: stock is tried with
/// each of these, and its best counts.
const CONNECTIONS: [u32; 2] = [32, 64];
const ACCOUNTS: usize = 1000;
const COMMANDS_EACH: usize = 10;

pub async fn measure(server: &Server, plan: &Plan, report: &mut Report) -> Result<()> {
    let database = server.fresh_database("proofs_bench_stock").await?;
    let schema = pool(&database, 1).await?;
    schema.execute(include_str!("stock.sql")).await?;
    schema.close().await;
    let accounts = wallets(ACCOUNTS)?;
    let mut stocks = Vec::new();
    for connections in CONNECTIONS {
        let pool = PgPoolOptions::new().max_connections(connections);
        stocks.push(Stock::over(
            pool.connect_with(database.clone()).await?,
            &accounts,
        ));
    }
    let log = server.fresh_log("proofs_bench_ours").await?;
    let ours = Ours::open(log, plan.options.clone(), ACCOUNTS).await?;

    for (callers, ratio) in CALLERS {
        let mut their_rounds = vec![Vec::new(); stocks.len()];
        let mut our_rounds = Vec::new();
        for _ in 0..plan.rounds {
            for (stock, rounds) in stocks.iter().zip(&mut their_rounds) {
                rounds.push(answered_per_second(stock.callers(callers), plan.duration).await?);
            }
            let callers = ours.callers(callers, &Streams::of(COMMANDS_EACH));
            our_rounds.push(answered_per_second(callers, plan.duration).await?);
        }
        let best = their_rounds
            .iter()
            .filter_map(|rounds| median(rounds))
            .max()
            .unwrap_or(0);
        for (connections, rounds) in CONNECTIONS.into_iter().zip(their_rounds) {
            let what = format!("postgres-es, {callers} callers, {connections} connections");
            report.line(what, "/s", rounds);
        }
        let what = format!("kernel, {callers} callers");
        let rate = report.line(what, "/s", our_rounds);
        report.ratio(ratio, rate, best);
    }
    ours.close().await;
    Ok(())
}

#[derive(Clone)]
struct Stock {
    framework: Arc<PostgresCqrs<Transfer>>,
    accounts: Arc<[Account]>,
}

impl Stock {
    fn over(pool: PgPool, accounts: &Arc<[Account]>) -> Self {
        let repository = PostgresEventRepository::new(pool);
        let store = PersistedEventStore::new_event_store(repository);
        let framework = Arc::new(CqrsFramework::new(store, Vec::new(), ()));
        Self {
            framework,
            accounts: Arc::clone(accounts),
        }
    }

    fn callers(&self, count: usize) -> Vec<StockCaller> {
        (0_u64..)
            .take(count)
            .map(|seed| StockCaller {
                stock: self.clone(),
                dice: Dice::seeded(seed),
                streams: Streams::of(COMMANDS_EACH),
            })
            .collect()
    }
}

struct StockCaller {
    stock: Stock,
    dice: Dice,
    streams: Streams,
}

impl Caller for StockCaller {
    async fn call(&mut self) -> anyhow::Result<()> {
        let id = self.streams.next();
        let command = throw(&mut self.dice, &self.stock.accounts);
        let metadata = HashMap::from([("actor".to_owned(), ACTOR.to_owned())]);
        self.stock
            .framework
            .execute_with_metadata(&id, command, metadata)
            .await?;
        Ok(())
    }
}
