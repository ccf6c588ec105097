//! A process that keeps the books' projection at the head of the log.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use projections::books::Books;
use projections::{Engine, Projections, Settings};
use sqlx::postgres::PgConnectOptions;
use store::{Log, Options};

use super::writer::until_input_ends;
use crate::transfer::catalogue;

#[derive(Clone, Debug, Args)]
pub struct FollowerArgs {
    #[arg(long)]
    database: String,
}

/// Follows until standard input ends.
pub async fn run(args: FollowerArgs) -> Result<()> {
    let database = PgConnectOptions::from_str(&args.database)?;
    let engine = open_patiently(&database).await?;
    engine.run(until_input_ends()).await;
    Ok(())
}

/// The server may be down when this process begins.
async fn open_patiently(database: &PgConnectOptions) -> Result<Engine> {
    let until = tokio::time::Instant::now() + super::PATIENCE;
    loop {
        match open(database).await {
            Ok(engine) => return Ok(engine),
            Err(error) if tokio::time::Instant::now() >= until => return Err(error),
            Err(_) => tokio::time::sleep(super::PAUSE).await,
        }
    }
}

pub async fn open(database: &PgConnectOptions) -> Result<Engine> {
    let log = Log::open(database.clone(), Options::default()).await?;
    let settings = Settings {
        rest: Duration::from_millis(50),
        ..Settings::default()
    };
    let projections = Projections::none().with::<Books>();
    Ok(Engine::open(log, Arc::new(catalogue()), projections, settings).await?)
}
