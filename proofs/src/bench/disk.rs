//! How long the server's disk takes to make eight kilobytes durable: every ratio rests on it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::measure::percentile;
use crate::server::{Server, pool};
use anyhow::Result;

const PAGE: [u8; 8192] = [7; 8192];
const PAGES: u64 = 2048;
const FLUSHES: usize = 300;

/// The median of many flushes beside the server's data, where this program may write there.
pub async fn flush(server: &Server) -> Result<Option<Duration>> {
    let pool = pool(&server.database("postgres"), 1).await?;
    let folder: String = sqlx::query_scalar("show data_directory")
        .fetch_one(&pool)
        .await?;
    pool.close().await;
    let folder = PathBuf::from(folder);
    let measured = tokio::task::spawn_blocking(move || measure(&folder)).await?;
    Ok(measured.ok())
}

fn measure(folder: &Path) -> std::io::Result<Duration> {
    let path = folder.join(format!("proofs-flush-{}", std::process::id()));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)?;
    let measured = flushes(&file);
    std::fs::remove_file(&path)?;
    let median = percentile(&measured?, 50).unwrap_or(0);
    Ok(Duration::from_nanos(median))
}

fn flushes(file: &File) -> std::io::Result<Vec<u64>> {
    for page in 0..PAGES {
        file.write_all_at(&PAGE, page * 8192)?;
    }
    file.sync_all()?;
    let mut nanos = Vec::with_capacity(FLUSHES);
    for page in (0..PAGES).take(FLUSHES) {
        let start = Instant::now();
        file.write_all_at(&PAGE, page * 8192)?;
        file.sync_data()?;
        nanos.push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok(nanos)
}
