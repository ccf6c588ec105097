//! How long the server's disk takes to make eight kilobytes durable: every ratio rests on it, and
//! no command can be faster.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::measure::percentile;
use crate::server::{Server, pool};
use anyhow::Result;
use tokio::task::{JoinHandle, spawn_blocking};

const PAGE: [u8; 8192] = [7; 8192];
const PAGES: u64 = 2048;
const FLUSHES: usize = 300;

/// So often it is asked beside a measurement.
const BETWEEN: Duration = Duration::from_millis(25);
/// It is calm if for so long no flush took longer than that.
const CALM_FOR: Duration = Duration::from_secs(3);
const CALM_AT_MOST: Duration = Duration::from_millis(10);
const CALM_WITHIN: Duration = Duration::from_mins(1);

/// Flushes now and then, for as long as something else is measured.
pub struct Beside {
    over: Arc<AtomicBool>,
    flushing: JoinHandle<std::io::Result<Vec<u64>>>,
}

impl Beside {
    pub async fn begin(server: &Server) -> Result<Self> {
        let folder = folder(server).await?;
        let over = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&over);
        let flushing = spawn_blocking(move || now_and_then(&folder, &until));
        Ok(Self { over, flushing })
    }

    /// Prints how long they took, where this program may write there.
    pub async fn end(self) -> Result<()> {
        self.over.store(true, Ordering::Relaxed);
        if let Ok(took) = self.flushing.await? {
            let micros = |part| percentile(&took, part).unwrap_or(0) / 1_000;
            println!(
                "{} plain flushes of 8 KiB beside it: p50 {} µs  p95 {} µs  p99 {} µs",
                took.len(),
                micros(50),
                micros(95),
                micros(99)
            );
        }
        Ok(())
    }
}

/// Waits until the disk has nothing left to do of what came before: what is measured then is not
/// the minute after it was filled or emptied. One that never calms down is measured as it is.
pub async fn calm(server: &Server) -> Result<()> {
    let folder = folder(server).await?;
    let waited = spawn_blocking(move || until_calm(&folder)).await?;
    if let Ok(waited) = waited {
        println!("waited {} s for the disk to calm down", waited.as_secs());
    }
    Ok(())
}

fn until_calm(folder: &Path) -> std::io::Result<Duration> {
    let (begun, over) = (Instant::now(), AtomicBool::new(false));
    while begun.elapsed() < CALM_WITHIN {
        let calm = std::thread::scope(|scope| {
            let flushing = scope.spawn(|| now_and_then(folder, &over));
            std::thread::sleep(CALM_FOR);
            over.store(true, Ordering::Relaxed);
            let took = flushing
                .join()
                .unwrap_or_else(|panic| resume_unwind(panic))?;
            let longest = took.into_iter().max().unwrap_or(0);
            Ok::<_, std::io::Error>(u128::from(longest) < CALM_AT_MOST.as_nanos())
        })?;
        over.store(false, Ordering::Relaxed);
        if calm {
            break;
        }
    }
    Ok(begun.elapsed())
}

fn now_and_then(folder: &Path, over: &AtomicBool) -> std::io::Result<Vec<u64>> {
    let path = folder.join(format!("proofs-beside-{}", std::process::id()));
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).open(&path)?;
    let mut nanos = Vec::new();
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(BETWEEN);
        let start = Instant::now();
        file.write_all_at(&PAGE, 0)?;
        file.sync_data()?;
        nanos.push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    std::fs::remove_file(&path)?;
    Ok(nanos)
}

async fn folder(server: &Server) -> Result<PathBuf> {
    let pool = pool(&server.database("postgres"), 1).await?;
    let folder: String = sqlx::query_scalar("show data_directory")
        .fetch_one(&pool)
        .await?;
    pool.close().await;
    Ok(PathBuf::from(folder))
}

/// The median of many flushes beside the server's data, where this program may write there.
pub async fn flush(server: &Server) -> Result<Option<Duration>> {
    let folder = folder(server).await?;
    let measured = spawn_blocking(move || measure(&folder)).await?;
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
