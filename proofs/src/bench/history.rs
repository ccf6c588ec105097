//! A long history of transfers to read again, made once and kept between runs.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::ours::{ACTOR, FUNDED_MINOR, fresh_stream, throw, wallets};
use crate::dice::Dice;
use crate::server::{Server, pool};
use crate::transfer::{TransferCommand, TransferEvent};
use anyhow::Result;
use ledger::{Account, Currency, Money};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Executor, PgPool};
use store::{Append, Context, Log, NewEvent};

pub const ACCOUNTS: usize = 10_000;
/// Every stream has so many events, as the streams of the other measurements have.
const EVENTS_EACH: usize = 10;
const APPENDS_AT_ONCE: usize = 2048;

/// The same events as postgres-es keeps them, in its own table.
pub const STOCK_TABLE: &str = "stock_events";
const STOCK: &str = "
    create table stock_events (
        aggregate_type text                         not null,
        aggregate_id   text                         not null,
        sequence       bigint check (sequence >= 0) not null,
        event_type     text                         not null,
        event_version  text                         not null,
        payload        json                         not null,
        metadata       json                         not null,
        primary key (aggregate_type, aggregate_id, sequence)
    );
    insert into stock_events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                              payload, metadata)
    select aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata
      from events order by position";

/// Which copies of the events are needed beside the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    None,
    Stock,
}

/// A database whose log has exactly so many events.
pub async fn of(server: &Server, events: i64, copies: Copies) -> Result<PgConnectOptions> {
    let mut hasher = DefaultHasher::new();
    (migrations::fingerprint(), include_str!("history.rs")).hash(&mut hasher);
    let name = format!("proofs_history_{events}_{:016x}", hasher.finish());
    let database = server.database(&name);
    if server.exists(&name).await? {
        let pool = pool(&database, 1).await?;
        let complete = is_complete(&pool, events).await;
        if complete && copies == Copies::Stock {
            copy_for_stock(&pool).await?;
        }
        pool.close().await;
        if complete {
            return Ok(database);
        }
    }
    for old in server
        .databases_like(&format!("proofs_history_{events}_"))
        .await?
    {
        server.drop_database(&old).await?;
    }
    let database = server.fresh_log(&name).await?;
    write(&database, usize::try_from(events)?).await?;
    let pool = pool(&database, 1).await?;
    pool.execute("vacuum (analyze) events").await?;
    pool.execute("vacuum (analyze) entries").await?;
    pool.execute("comment on table events is 'complete'")
        .await?;
    if copies == Copies::Stock {
        copy_for_stock(&pool).await?;
    }
    pool.execute("checkpoint").await?;
    pool.close().await;
    Ok(database)
}

async fn copy_for_stock(pool: &PgPool) -> Result<()> {
    let exists: bool = sqlx::query_scalar("select to_regclass('stock_events') is not null")
        .fetch_one(pool)
        .await?;
    if !exists {
        // One message to the server is one transaction: the table is full or not there.
        pool.execute(STOCK).await?;
        pool.execute("vacuum (analyze) stock_events").await?;
    }
    Ok(())
}

/// The mark is set last, when every event is there.
async fn is_complete(pool: &PgPool, events: i64) -> bool {
    let complete = sqlx::query_scalar(
        "select position = $1 and obj_description('events'::regclass) is not null from log_head",
    );
    complete.bind(events).fetch_one(pool).await.unwrap_or(false)
}

/// Every account is funded first; then they pay each other.
async fn write(database: &PgConnectOptions, events: usize) -> Result<()> {
    let log = Log::open(database.clone(), store::Options::default()).await?;
    let accounts = wallets(ACCOUNTS)?;
    let bank = Account::outside("bank")?;
    let funded = accounts.iter().map(|to| TransferEvent::Made {
        from: bank.clone(),
        to: to.clone(),
        amount: Money::from_minor(FUNDED_MINOR, Currency::Usd),
    });
    let mut dice = Dice::seeded(1);
    let paid = std::iter::repeat_with(|| {
        let TransferCommand::Make { from, to, amount } = throw(&mut dice, &accounts);
        TransferEvent::Made { from, to, amount }
    });
    let mut history = funded.chain(paid).take(events);
    let context = Context::by(ACTOR);
    loop {
        let mut appends = Vec::new();
        for _ in 0..APPENDS_AT_ONCE {
            let stream = history
                .by_ref()
                .take(EVENTS_EACH)
                .map(|event| NewEvent::from_domain(&event));
            let stream = stream.collect::<Result<Vec<_>, _>>()?;
            if stream.is_empty() {
                break;
            }
            let append = Append::try_new("transfer", &fresh_stream(), 0, stream, &context)?;
            appends.push(log.append(append));
        }
        if appends.is_empty() {
            break;
        }
        futures::future::try_join_all(appends).await?;
    }
    log.close().await;
    Ok(())
}
