//! Callers in a closed loop: each calls again as soon as it is answered.

use std::time::{Duration, Instant};

use crate::measure::per_second;

/// Before anything is counted, caches fill and every caller gets into its stride.
const WARM_UP: Duration = Duration::from_millis(500);

pub trait Caller: Send + 'static {
    fn call(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Lets every caller call for so long; says how many calls were answered a second.
pub async fn answered_per_second<C: Caller>(
    callers: Vec<C>,
    duration: Duration,
) -> anyhow::Result<u64> {
    let start = Instant::now() + WARM_UP;
    let end = start + duration;
    let tasks: Vec<_> = callers
        .into_iter()
        .map(|mut caller| {
            tokio::spawn(async move {
                let mut count = 0;
                loop {
                    caller.call().await?;
                    let now = Instant::now();
                    if now >= end {
                        return Ok::<u64, anyhow::Error>(count);
                    }
                    if now >= start {
                        count += 1;
                    }
                }
            })
        })
        .collect();
    let mut count = 0;
    for task in tasks {
        count += task.await??;
    }
    Ok(per_second(count, duration))
}
