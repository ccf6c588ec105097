//! The Python that trains: what it can do, where it lies, and what it fetches before training.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use crate::settings::Settings;
use crate::trouble::Trouble;

const PROBE_PATIENCE: Duration = Duration::from_mins(3);
const FETCH_PATIENCE: Duration = Duration::from_hours(1);
const SAID_CHARACTERS_MAX: usize = 400;

/// What the trainer says of the Python that runs it.
#[derive(Clone, Debug, Deserialize)]
pub struct Python {
    pub runtimes: Vec<String>,
    /// Folders without which it cannot run.
    pub folders: Vec<PathBuf>,
}

impl Python {
    /// Runs the trainer, which imports what it would train with.
    pub async fn probe(settings: &Settings) -> Result<Self, Trouble> {
        let said = run(settings, &["--probe"], PROBE_PATIENCE).await?;
        let python: Self = serde_json::from_slice(&said)
            .map_err(|error| Trouble::wrong(format!("the trainer does not answer: {error}")))?;
        if python.runtimes.is_empty() {
            return Err(Trouble::wrong(format!(
                "{} can train nothing: install what trainer/README.md says, or name another \
                 Python with TRAINNET_TRAINER_PYTHON",
                settings.python.display()
            )));
        }
        Ok(python)
    }
}

/// Fetches public weights; outside of any sandbox, as it needs the network and nobody's data.
pub async fn fetch_weights(settings: &Settings, model: &str, into: &Path) -> Result<(), Trouble> {
    let into = into.to_string_lossy();
    let fetched = run(
        settings,
        &["--fetch", model, "--into", &into],
        FETCH_PATIENCE,
    )
    .await;
    fetched.map(drop)
}

async fn run(settings: &Settings, words: &[&str], patience: Duration) -> Result<Vec<u8>, Trouble> {
    let program = settings.trainer.join("train.py");
    if !program.is_file() {
        return Err(Trouble::wrong(format!(
            "there is no trainer at {}: name its folder with TRAINNET_TRAINER",
            program.display()
        )));
    }
    let mut command = Command::new(&settings.python);
    command
        .arg(&program)
        .args(words)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let shown = settings.python.display();
    let output = tokio::time::timeout(patience, command.output()).await;
    let output = output.map_err(|_| Trouble::wrong(format!("{shown} took too long")))?;
    let output = output.map_err(|error| Trouble::wrong(format!("{shown} cannot run: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or_default();
    let last: String = last.chars().take(SAID_CHARACTERS_MAX).collect();
    Err(Trouble::wrong(format!("{shown} failed: {last}")))
}
