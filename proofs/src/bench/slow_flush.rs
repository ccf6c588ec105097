//! The same comparison as if the disk were slower: each flush is held up by so many microseconds.
//!
//! A laptop's disk may flush in a tenth of a millisecond, a cloud volume takes several; the ratios
//! hang on it. The delay sits between the server and its C library, and holds up every contender.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::Executor;

use crate::measure::percentile;
use crate::server::{Server, pool};

const SOURCE: &str = include_str!("slow_flush.c");
const MICROS: &str = "PROOFS_FLUSH_MICROS";
const COMMITS: usize = 20;

/// Starts this program again with the delay in place; returns at once where it already is.
pub fn insist(folder: &Path, micros: u64) -> Result<()> {
    if std::env::var(MICROS).is_ok_and(|told| told == micros.to_string()) {
        return Ok(());
    }
    let library = build(folder)?;
    let error = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env("LD_PRELOAD", library)
        .env(MICROS, micros.to_string())
        .exec();
    Err(error).context("this program could not be started again")
}

fn build(folder: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let (source, library) = (folder.join("slow_flush.c"), folder.join("slow_flush.so"));
    std::fs::write(&source, SOURCE)?;
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .args([&library, &source])
        .status()
        .context("a slower disk needs a C compiler, cc")?;
    ensure!(built.success(), "the delay could not be compiled");
    Ok(std::fs::canonicalize(library)?)
}

/// Makes sure that it is this server that is held up, not only this program.
pub async fn check(server: &Server, micros: u64) -> Result<()> {
    let database = server.fresh_database("proofs_bench_slow").await?;
    let pool = pool(&database, 1).await?;
    pool.execute("create table flushed (number bigint)").await?;
    let mut nanos = Vec::new();
    for _ in 0..COMMITS {
        let start = Instant::now();
        pool.execute("insert into flushed values (1)").await?;
        nanos.push(u64::try_from(start.elapsed().as_nanos())?);
    }
    pool.close().await;
    server.drop_database("proofs_bench_slow").await?;
    if percentile(&nanos, 50).unwrap_or(0) < micros * 1000 {
        bail!("the server was running already and flushes as fast as ever: stop it first");
    }
    Ok(())
}
