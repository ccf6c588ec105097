//! A program that is started from here, killed from here, and never outlives the proof.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::PATIENCE;

/// What would change how a program runs, whatever this environment says.
const UNSET: [&str; 12] = [
    "DATABASE_URL",
    "OBJECTS_URL",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "TRAINNET_AGENT_ISOLATION",
    "TRAINNET_API_KEY",
    "TRAINNET_MAIL_FROM",
    "TRAINNET_PUBLIC_URL",
    "TRAINNET_SECRETS_FILE",
    "TRAINNET_SERVER",
    "TRAINNET_SMTP_URL",
    "TRAINNET_TLS_CERTIFICATE",
    "TRAINNET_TRUSTED_PROXIES",
];

/// Where the built programs lie: beside this one.
pub fn beside(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let found = own.parent().context("a program lies in a folder")?;
    let found = found.join(name);
    let shown = found.display();
    ensure!(
        found.is_file(),
        "{shown} is missing: cargo build -p {name} makes it"
    );
    Ok(found)
}

/// A command in an environment of its own.
pub fn command(name: &str, variables: &[(&str, String)], arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(beside(name)?);
    for name in UNSET {
        command.env_remove(name);
    }
    let variables = variables.iter().map(|(name, value)| (*name, value));
    command
        .args(arguments)
        .envs(variables)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    Ok(command)
}

#[derive(Debug)]
pub struct Program(Child);

impl Program {
    /// Starts it; what it says goes to the end of a file.
    pub fn start(mut command: Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        command.stdout(file.try_clone()?).stderr(file);
        Ok(Self(command.spawn()?))
    }

    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_none())
    }

    /// As a power cut would end it: nothing is said to it.
    pub async fn kill(&mut self) -> Result<()> {
        self.0.kill().await.context("a program could not be killed")
    }

    /// Tells it to end, and expects that it does so in order.
    pub async fn end(mut self) -> Result<()> {
        let pid = self.0.id().and_then(|pid| i32::try_from(pid).ok());
        let pid = pid.and_then(Pid::from_raw).context("it is gone already")?;
        kill_process(pid, Signal::TERM)?;
        let ended = tokio::time::timeout(PATIENCE, self.0.wait()).await;
        let status = ended.context("a program did not end when it was told to")??;
        ensure!(status.success(), "a program ended with {status}");
        Ok(())
    }
}

/// Runs it to its end, and gives what it said if that was a success.
pub async fn output(mut command: Command) -> Result<String> {
    let output = command.output().await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.success(),
        "{:?} ended with {}:\n{said}\n{complained}",
        command.as_std(),
        output.status
    );
    Ok(said)
}
