//! Runs schemathesis, which makes up requests from the description of the API and judges answers.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::town::{Person, Town};

const HOOKS: &str = include_str!("hooks.py");
const SETTINGS: &str = include_str!("schemathesis.toml");

pub struct Tool {
    program: PathBuf,
    url: String,
    folder: TempDir,
}

/// One run, as one who asks.
pub struct Round<'a> {
    pub tokens: &'a [String],
    pub seed: u64,
    pub examples: u32,
    pub time: Duration,
    /// Nothing but paths like this.
    pub only: Option<&'a str>,
}

impl Tool {
    pub fn try_new(program: &Path, town: &Town) -> Result<Self> {
        ensure!(
            program.exists(),
            "there is no {}: run cargo xtask setup --fuzz",
            program.display()
        );
        let folder = tempfile::tempdir()?;
        let quoted = |it: &Person| format!("\"{}\"", it.user);
        let users: Vec<String> = town.people.iter().map(quoted).collect();
        for (name, content) in [
            ("hooks.py", HOOKS),
            ("schemathesis.toml", SETTINGS),
            ("users.txt", &users.join("\n")),
        ] {
            std::fs::write(folder.path().join(name), content)?;
        }
        Ok(Self {
            program: std::path::absolute(program)?,
            url: format!("http://{}/openapi.json", town.client.address()),
            folder,
        })
    }

    /// What it complains of, if it does.
    pub async fn run(&self, round: &Round<'_>) -> Result<Option<String>> {
        let tokens = self.folder.path().join("tokens.json");
        std::fs::write(&tokens, serde_json::to_string(round.tokens)?)?;
        let mut command = Command::new(&self.program);
        command
            .args(["--config-file", "schemathesis.toml", "run", &self.url])
            .args(["--checks", "all", "--continue-on-failure", "--no-color"])
            .args(["--seed", &round.seed.to_string()])
            .args(["--max-examples", &round.examples.to_string()])
            .args(["--suppress-health-check", "all"])
            .args(["--generation-database", "none"])
            .current_dir(self.folder.path())
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", self.folder.path())
            .env("TRAINNET_FUZZ_TOKENS", &tokens)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(only) = round.only {
            command.args(["--include-path-regex", only]);
        }
        let Ok(output) = timeout(round.time, command.output()).await else {
            return Ok(Some("it was not done in time".to_owned()));
        };
        let output = output.with_context(|| format!("cannot run {}", self.program.display()))?;
        if output.status.success() {
            return Ok(None);
        }
        let said = [output.stdout, output.stderr].concat();
        Ok(Some(String::from_utf8_lossy(&said).into_owned()))
    }
}
