//! Has this machine work for a server: joins, runs until it is told to stop, and says how it is.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use agent::{Settings, Wish};
use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::arguments::{AgentCommand, Place};
use crate::client;

const NAME_CHARACTERS_MAX: usize = 100;

pub async fn agent(place: &Place, command: AgentCommand) -> anyhow::Result<ExitCode> {
    let mut settings = Settings::of_this_process(&place.data_dir)?;
    match command {
        AgentCommand::Join {
            token,
            at,
            name,
            run: and_run,
        } => {
            settings.authorities.clone_from(&at.ca_file);
            let server = at.server.as_deref().unwrap_or(client::server::DEFAULT);
            let name = name.unwrap_or_else(host_name);
            let joined = agent::join(settings.clone(), server, &token, &name).await?;
            println!(
                "This machine has joined {} as {}.",
                joined.server, joined.machine
            );
            if and_run {
                return Box::pin(run(settings)).await;
            }
            println!("Have it work with: trainnet agent run");
        }
        AgentCommand::Run { ca_file } => {
            settings.authorities = ca_file.filter(|path| !path.as_os_str().is_empty());
            return Box::pin(run(settings)).await;
        }
        AgentCommand::Status => return show(settings),
    }
    Ok(ExitCode::SUCCESS)
}

/// What the machine is called in its own network.
fn host_name() -> String {
    let name = std::fs::read_to_string(PathBuf::from("/proc/sys/kernel/hostname"));
    let name: String = name
        .unwrap_or_default()
        .trim()
        .chars()
        .take(NAME_CHARACTERS_MAX)
        .collect();
    if name.is_empty() {
        "machine".to_owned()
    } else {
        name
    }
}

/// Ctrl-C lets trainers save and hand that in, a second one leaves them at work, and so does the
/// system's wish to end: who restarts or upgrades the agent does not want to lose what is going on.
async fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let (wishes, heard) = watch::channel(Wish::Work);
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let wishing = async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => wishes.send_replace(Wish::Leave),
                pressed = tokio::signal::ctrl_c() => {
                    let again = *wishes.borrow() == Wish::HandBack || pressed.is_err();
                    if !again {
                        tracing::info!("saves and hands back; once more Ctrl-C leaves at once");
                    }
                    wishes.send_replace(if again { Wish::Leave } else { Wish::HandBack })
                }
            };
        }
    };
    tokio::select! {
        ended = agent::run(settings, heard) => ended?,
        () = wishing => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn show(settings: Settings) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    let Some(status) = agent::status(settings)? else {
        writeln!(
            out,
            "This machine has not joined: trainnet agent join --token …"
        )?;
        return Ok(ExitCode::FAILURE);
    };
    writeln!(out, "server   {}", status.server)?;
    writeln!(out, "machine  {} ({})", status.machine, status.name)?;
    let agent = if status.is_running {
        "at work"
    } else {
        "not running: trainnet agent run"
    };
    writeln!(out, "agent    {agent}")?;
    for (task, come) in status.tasks {
        writeln!(
            out,
            "task     {task}, step {} of {}",
            come.step, come.steps_total
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
