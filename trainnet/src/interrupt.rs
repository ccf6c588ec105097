//! Hears when the operator or the system wants the program to end.

use std::io;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Resolves at Ctrl-C, or when the system asks the program to go.
///
/// It hears from the moment at which it is called, not only once somebody waits for it: whoever
/// reads the first line that a program says may end it at once.
pub fn interrupted() -> impl Future<Output = anyhow::Result<()>> {
    let hearing = hear();
    async move {
        let (mut terminate, mut interrupt) = hearing.context("signals cannot be heard")?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    }
}

fn hear() -> io::Result<(Signal, Signal)> {
    Ok((
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    ))
}
