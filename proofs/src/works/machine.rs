//! A provider's machine: its agent, which can be killed and started again.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::program::{Program, command, output};
use super::{Works, root};

pub struct Machine {
    pub name: String,
    pub secret: String,
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
    log: PathBuf,
    agent: Option<Program>,
}

/// A task that a machine has.
#[derive(Clone, Debug)]
pub struct Held {
    pub unit: String,
    pub fence: u64,
}

impl Machine {
    pub async fn join(works: &Works, number: usize, token: &str) -> Result<Self> {
        let folder = works.path().join(format!("machine-{number}"));
        let python = works.machines.python()?;
        let variables = vec![
            ("TRAINNET_AGENT_DIR", folder.display().to_string()),
            (
                "TRAINNET_TRAINER",
                root().join("trainer").display().to_string(),
            ),
            ("TRAINNET_TRAINER_PYTHON", python.display().to_string()),
            (
                "TRAINNET_AGENT_CHECKPOINT_SECONDS",
                works.machines.checkpoint_seconds.to_string(),
            ),
        ];
        let name = format!("machine {number}");
        let url = works.url();
        let arguments = [
            "agent", "join", "--name", &name, "--server", &url, "--token", token,
        ];
        output(command("trainnet", &variables, &arguments)?).await?;
        let identity = fs::read(folder.join("machine.json"))?;
        let identity: Value = serde_json::from_slice(&identity)?;
        let text = |name: &str| identity[name].as_str().map(str::to_owned);
        let mut machine = Self {
            name: text("machine").context("a machine has a name")?,
            secret: text("secret").context("a machine has a secret")?,
            log: works.path().join(format!("machine-{number}.log")),
            folder,
            variables,
            agent: None,
        };
        machine.start()?;
        Ok(machine)
    }

    pub fn start(&mut self) -> Result<()> {
        let run = command("trainnet", &self.variables, &["agent", "run"])?;
        self.agent = Some(Program::start(run, &self.log)?);
        Ok(())
    }

    /// As a crash would end it; what it began goes on without it.
    pub async fn kill(&mut self) -> Result<()> {
        let mut agent = self.agent.take().context("an agent runs")?;
        agent.kill().await
    }

    /// The task that it remembers, if it has one.
    pub fn holds(&self) -> Option<Held> {
        let tasks = fs::read_dir(self.folder.join("tasks")).ok()?;
        tasks.flatten().find_map(|entry| {
            let text = fs::read(entry.path().join("state.json")).ok()?;
            let state: Value = serde_json::from_slice(&text).ok()?;
            Some(Held {
                unit: entry.file_name().into_string().ok()?,
                fence: state["assignment"]["fence"].as_u64()?,
            })
        })
    }

    /// Saves what it does and ends.
    pub async fn end(mut self) -> Result<()> {
        match self.agent.take() {
            Some(agent) => agent.end().await,
            None => Ok(()),
        }
    }
}
