//! Hears when the operator or the system wants the program to end.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

/// Resolves at Ctrl-C, or when the system asks the program to go.
pub async fn interrupted() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    tokio::select! {
        heard = tokio::signal::ctrl_c() => heard.context("signals cannot be heard"),
        _ = terminate.recv() => Ok(()),
    }
}
