//! The provider's machine in the tour: this one, with an agent in a program of its own.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::json;

use super::Ground;
use super::person::Person;

/// Beside the data of the agent.
const FOLDER: &str = "agent";
const LOG: &str = "agent.log";
/// What the agent keeps once it has joined.
const IDENTITY: &str = "machine.json";

/// An agent that runs until this is dropped.
pub struct Machine {
    agent: Child,
}

impl Machine {
    /// Joins where it has not joined before, and runs.
    pub async fn join(
        out: &mut (dyn Write + Send),
        ground: &Ground,
        provider: &Person,
    ) -> anyhow::Result<Self> {
        let folder = ground.data.join(FOLDER);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        if !folder.join(IDENTITY).exists() {
            let token = provider
                .post("/v1/machines/tokens", "tour-token-1", json!({}))
                .await?;
            let token = token.json["token"].as_str().context("a token is shown")?;
            let joined = agent(ground, &folder)?
                .args(["join", "--name", "this machine", "--server", &ground.url])
                .env("TRAINNET_JOIN_TOKEN", token)
                .stdin(Stdio::null())
                .output()?;
            if !joined.status.success() {
                let said = String::from_utf8_lossy(&joined.stderr).into_owned();
                bail!("the machine could not join: {said}");
            }
        }
        let log = folder.join(LOG);
        let file = File::create(&log).with_context(|| log.display().to_string())?;
        let agent = agent(ground, &folder)?
            .arg("run")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()?;
        writeln!(
            out,
            "2. The machine has joined; its agent says in {}",
            log.display()
        )?;
        writeln!(out, "   what it does.\n")?;
        Ok(Self { agent })
    }
}

impl Machine {
    /// How the agent ended, if it did.
    pub fn gone(&mut self) -> Option<String> {
        let ended = self.agent.try_wait().ok().flatten();
        ended.map(|status| status.to_string())
    }
}

fn agent(ground: &Ground, folder: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command
        .env("TRAINNET_DATA_DIR", &ground.data)
        .env("TRAINNET_AGENT_DIR", folder)
        .arg("agent");
    Ok(command)
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It saves what it does, and goes on with it the next time.
        drop(self.agent.kill());
        drop(self.agent.wait());
    }
}
