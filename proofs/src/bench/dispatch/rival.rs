//! Another queue on the same PostgreSQL: graphile-worker, whose workers speak to it directly.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use sqlx::ConnectOptions as _;
use tokio::process::Command;

use super::{DispatchArgs, Found};
use crate::server::Server;

const DATABASE: &str = "proofs_bench_dispatch_rival";
const FOLDER: &str = ".trainnet/proofs/graphile-worker";
const PACKAGE: &str = "graphile-worker@0.16.6";
const SCRIPT: &str = include_str!("rival.mjs");

#[derive(Deserialize)]
struct Said {
    jobs_a_second: u64,
    p50_micros: u64,
    p99_micros: u64,
}

/// Fetched the first time, into a folder of its own.
pub async fn measure(server: &Server, args: &DispatchArgs) -> Result<Found> {
    let folder = Path::new(FOLDER);
    tokio::fs::create_dir_all(folder).await?;
    tokio::fs::write(folder.join("rival.mjs"), SCRIPT).await?;
    if !folder.join("node_modules/graphile-worker").exists() {
        let install = ["install", "--no-audit", "--no-fund", "--no-save", PACKAGE];
        let status = Command::new("npm")
            .args(install)
            .current_dir(folder)
            .stdout(Stdio::null())
            .status()
            .await
            .context("npm cannot be run; --no-rival leaves the other queue out")?;
        ensure!(status.success(), "npm could not fetch {PACKAGE}");
    }
    let database = server.fresh_database(DATABASE).await?;
    let output = Command::new("node")
        .arg("rival.mjs")
        .env("RIVAL_DATABASE", database.to_url_lossy().as_str())
        .env("RIVAL_WORKERS", args.pullers.to_string())
        .env("RIVAL_SECONDS", args.seconds.to_string())
        .env("RIVAL_RATE", args.rate.to_string())
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("node cannot be run; --no-rival leaves the other queue out")?;
    server.drop_database(DATABASE).await?;
    ensure!(output.status.success(), "the other queue broke down");
    let said: Said = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stdout).into_owned())?;
    Ok(Found {
        pairs_a_second: said.jobs_a_second,
        p50: Duration::from_micros(said.p50_micros),
        p99: Duration::from_micros(said.p99_micros),
    })
}
