//! Finds out which isolation works here, by running something in it.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::Cell;
use crate::python::Python;
use crate::settings::Settings;
use crate::wire::Isolation;

const PATIENCE: Duration = Duration::from_mins(1);
const IN_ORDER: [Isolation; 4] = [
    Isolation::Podman,
    Isolation::Docker,
    Isolation::Bubblewrap,
    Isolation::Process,
];
/// Fails unless the network is gone and the agent's folder is out of sight, as promised.
const QUESTION: &str = "\
import os, sys
interfaces = [line.split(':')[0].strip() for line in open('/proc/net/dev') if ':' in line]
assert set(interfaces) <= {'lo'}, interfaces
assert not os.path.exists(sys.argv[1]), 'the secret is in sight'
open('written', 'w').close()
";

/// What works here and may be used, strictest first.
pub async fn probe(settings: &Settings, python: &Python) -> Vec<Isolation> {
    let may_be_used = |isolation: &Isolation| match &settings.isolation {
        Some(allowed) => allowed.contains(isolation),
        None => true,
    };
    let mut working = Vec::new();
    for isolation in IN_ORDER.into_iter().filter(may_be_used) {
        match works(isolation, settings, python).await {
            Ok(()) => working.push(isolation),
            Err(because) => tracing::info!(%isolation, because, "cannot be used"),
        }
    }
    working
}

async fn works(isolation: Isolation, settings: &Settings, python: &Python) -> Result<(), String> {
    if isolation == Isolation::Process {
        return Ok(());
    }
    let is_container = matches!(isolation, Isolation::Podman | Isolation::Docker);
    if is_container && settings.image.is_none() {
        return Err("TRAINNET_AGENT_IMAGE names no image".to_owned());
    }
    let folder = settings.folder.join("probe");
    let made = std::fs::create_dir_all(folder.join("tmp"));
    made.map_err(|error| error.to_string())?;
    let answer = ask(isolation, settings, python, &folder).await;
    let written = folder.join("written").is_file();
    drop(std::fs::remove_dir_all(&folder));
    answer?;
    if written {
        Ok(())
    } else {
        Err("it cannot write".to_owned())
    }
}

async fn ask(
    isolation: Isolation,
    settings: &Settings,
    python: &Python,
    folder: &Path,
) -> Result<(), String> {
    let secret = settings.folder.join("machine.json");
    let command = [
        settings.python.as_os_str(),
        "-c".as_ref(),
        QUESTION.as_ref(),
    ];
    let command = command.into_iter().chain([secret.as_os_str()]);
    let cell = Cell {
        name: format!("trainnet-probe-{}", std::process::id()),
        command: command.map(OsString::from).collect(),
        readable: python.folders.clone(),
        writable: folder.to_owned(),
        gpu: None,
    };
    let words = cell.words(isolation, settings);
    let Some((program, rest)) = words.split_first() else {
        return Err("there is nothing to run".to_owned());
    };
    let mut asking = Command::new(program);
    asking.args(rest).env_clear().envs(cell.environment());
    asking
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, asking.output()).await;
    let output = output.map_err(|_| "it took too long".to_owned())?;
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.trim().lines().last().unwrap_or("it failed").to_owned())
}
