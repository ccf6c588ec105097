//! A writing process: several tasks that transfer as fast as they are answered.

use std::io::Write;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use clap::Args;
use sqlx::postgres::PgConnectOptions;
use store::{Append, Context, Log, NewEvent, NotAppended, Options, ids};
use uuid::Uuid;

use super::bank::{Bank, Order};
use super::protocol::Said;
use crate::dice::Dice;

#[derive(Clone, Debug, Args)]
pub struct WriterArgs {
    #[arg(long)]
    database: String,
    #[arg(long)]
    seed: u64,
    #[arg(long)]
    tasks: usize,
}

/// Writes until standard input ends, then lets what is on its way arrive.
pub async fn run(args: WriterArgs) -> Result<()> {
    let database = PgConnectOptions::from_str(&args.database)?;
    let log = open_patiently(database).await?;
    let bank = Arc::new(Bank::try_new()?);
    let over = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..args.tasks)
        .map(|number| {
            let (log, bank, over) = (log.clone(), Arc::clone(&bank), Arc::clone(&over));
            let seed = args.seed.wrapping_mul(1000) + u64::try_from(number).unwrap_or(0);
            tokio::spawn(async move {
                let mut dice = Dice::seeded(seed);
                while !over.load(Ordering::Relaxed) {
                    transfer(&log, &bank, Bank::throw(&mut dice)).await?;
                }
                Ok::<_, anyhow::Error>(())
            })
        })
        .collect();
    until_input_ends().await;
    over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await??;
    }
    log.close().await;
    Ok(())
}

/// The server may be down when this process begins.
async fn open_patiently(database: PgConnectOptions) -> Result<Log> {
    let until = tokio::time::Instant::now() + super::PATIENCE;
    loop {
        match Log::open(database.clone(), Options::default()).await {
            Ok(log) => return Ok(log),
            Err(error) if tokio::time::Instant::now() >= until => return Err(error.into()),
            Err(_) => tokio::time::sleep(super::PAUSE).await,
        }
    }
}

pub async fn until_input_ends() {
    let read = || std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    // An error is an end too.
    drop(tokio::task::spawn_blocking(read).await);
}

async fn transfer(log: &Log, bank: &Bank, order: Order) -> Result<()> {
    let event = ids::fresh();
    say(&Said::Begin { event, order })?;
    let append = append_of(bank, order, event)?;
    say(&match log.append(append).await {
        Ok(committed) => Said::Committed {
            event,
            position: committed.position,
        },
        Err(NotAppended::Unknown { event_id }) => Said::Unknown { event: event_id },
        Err(refusal) => Said::Refused {
            event,
            reason: refusal.to_string(),
        },
    })
}

fn append_of(bank: &Bank, order: Order, event: Uuid) -> Result<Append> {
    let mut made = NewEvent::from_domain(&bank.event(order))?;
    made.event_id = event;
    let stream = format!("transfer_{event}");
    Ok(Append::try_new(
        "transfer",
        &stream,
        0,
        vec![made],
        &Context::by("user/bank"),
    )?)
}

/// One write a line: whoever kills this process finds whole lines.
fn say(said: &Said) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{said}\n").as_bytes())?;
    out.flush()?;
    Ok(())
}
