//! Shows what is recorded from now on, one line an event.

use std::io::Write;
use std::time::Duration;

use store::Log;

use crate::home::Home;

/// At most so many events are read at once.
const PAGE: i64 = 500;
/// A database that is out of reach is asked again after this long.
const REST: Duration = Duration::from_secs(1);

/// Follows the log beyond a position, for ever.
pub async fn follow(
    output: &mut (dyn Write + Send),
    home: &Home,
    log: &Log,
    mut position: i64,
) -> anyhow::Result<()> {
    loop {
        let Err(lost) = follow_on(output, log, &mut position).await;
        if lost.is::<std::io::Error>() {
            return Err(lost);
        }
        tracing::warn!(error = %format!("{lost:#}"), "the log is out of reach; trying again");
        home.revive().await?;
        tokio::time::sleep(REST).await;
    }
}

async fn follow_on(
    output: &mut (dyn Write + Send),
    log: &Log,
    position: &mut i64,
) -> anyhow::Result<std::convert::Infallible> {
    let mut subscription = log.subscribe().await?;
    loop {
        subscription.beyond(*position).await?;
        for event in log.read(*position, PAGE).await? {
            let stream = format!("{}/{}", event.aggregate_type, event.aggregate_id);
            writeln!(
                output,
                "  {:>7}  {}  {stream}",
                event.position, event.event_type
            )?;
            *position = event.position;
        }
        output.flush()?;
    }
}
