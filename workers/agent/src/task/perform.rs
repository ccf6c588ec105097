//! Does a task from wherever it is, whoever began it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::folder::Folder;
use super::following::{Following, end_run};
use super::handing::{fail, hand_in, release};
use super::kept::Kept;
use super::preparing::{launch, newest_checkpoint};
use crate::fetching::Cache;
use crate::lease::Lease;
use crate::lines::{Line, Tail, duration};
use crate::process::{Process, memory_kills};
use crate::python::Python;
use crate::server::Server;
use crate::settings::Settings;
use crate::trouble::Trouble;
use crate::wire::{Because, Cause, Desired, Isolation};

/// How often a run that ended with the machine is begun again under one lease.
const RUNS_MAX: u32 = 5;

/// What every task on this machine uses.
#[derive(Clone, Debug)]
pub struct Machine {
    pub settings: Arc<Settings>,
    pub server: Server,
    pub python: Python,
    pub isolation: Vec<Isolation>,
    pub cache: Cache,
}

/// What the machine's owner wants of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Work,
    /// Let trainers save, hand back what they were at, and end.
    HandBack,
    /// End now; trainers go on, and are found again.
    Leave,
}

/// The wish, as it is at the moment.
#[derive(Clone, Debug)]
pub struct Orders(pub watch::Receiver<Wish>);

impl Orders {
    pub fn is_handing_back(&self) -> bool {
        *self.0.borrow() == Wish::HandBack
    }

    /// Ends when that is wished.
    pub async fn hand_back(&self) {
        let mut wishes = self.0.clone();
        if wishes
            .wait_for(|wish| *wish == Wish::HandBack)
            .await
            .is_err()
        {
            // Nobody is left to wish for anything.
            std::future::pending::<()>().await;
        }
    }
}

/// Why a task cannot be done here.
#[derive(Debug)]
pub struct Failure {
    pub cause: Cause,
    pub detail: String,
}

impl Failure {
    /// What cannot be fetched is the network's fault, unless the lease is gone.
    pub fn while_fetching(trouble: &Trouble) -> Self {
        let detail = trouble.to_string();
        let cause = match trouble {
            Trouble::Disk { .. } => Cause::Machine,
            _ => Cause::Network,
        };
        Self { cause, detail }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self {
            cause: Cause::Machine,
            detail: trouble.to_string(),
        }
    }
}

/// Does a task to its end. Dropped before, it leaves the trainer at work, to be found again.
pub async fn perform(machine: &Machine, orders: &Orders, folder: Folder, mut kept: Kept) {
    let (lease, heart) = Lease::hold(machine.server.clone(), &kept.assignment);
    let ended = under_lease(machine, orders, &lease, &folder, &mut kept).await;
    let task = kept.assignment.task.as_str();
    match ended {
        Ok(()) => tracing::info!(task, "handed in"),
        Err(Trouble::Lost) => tracing::warn!(task, "somebody else has it now"),
        Err(error) => {
            tracing::error!(task, %error, "given up");
            let failure = Failure::from(error);
            let trained = Duration::from_millis(kept.reported_ms);
            // If this does not reach the server either, the lease ends by itself.
            drop(fail(&lease, &failure, trained).await);
        }
    }
    end_run(machine, &kept);
    drop(heart);
    folder.remove().await;
    machine.cache.tidy();
}

async fn under_lease(
    machine: &Machine,
    orders: &Orders,
    lease: &Lease,
    folder: &Folder,
    kept: &mut Kept,
) -> Result<(), Trouble> {
    folder.make()?;
    folder.save(kept)?;
    let kills = memory_kills();
    if kept.process.is_some() && !goes_on(folder, kept) {
        take_up(folder, kept);
    }
    if kept.process.is_none() {
        let trained = Duration::from_millis(kept.reported_ms);
        let begun = tokio::select! {
            begun = launch(machine, lease, folder, kept) => begun,
            because = unwanted(lease, orders) => return release(lease, because, trained).await,
        };
        if let Err(failure) = begun {
            if lease.is_lost() {
                return Err(Trouble::Lost);
            }
            return fail(lease, &failure, trained).await;
        }
    }
    let following = Following::new(machine, lease, folder, orders, kept);
    let end = following.until_the_end(kept).await?;
    hand_in(lease, folder, kept, end, kills).await
}

/// Ends when nobody wants the task to be begun any more.
async fn unwanted(lease: &Lease, orders: &Orders) -> Because {
    tokio::select! {
        desired = lease.unwanted() => match desired {
            Desired::Pause => Because::Paused,
            Desired::Cancel | Desired::Run => Because::Cancelled,
        },
        () = orders.hand_back() => Because::Draining,
    }
}

/// Whether the run that is remembered is still going, or has said its last word meanwhile.
fn goes_on(folder: &Folder, kept: &Kept) -> bool {
    let is_alive = kept
        .process
        .is_some_and(|(process, _)| Process::is_alive(process));
    is_alive || last_word_was_said(folder, kept)
}

fn last_word_was_said(folder: &Folder, kept: &Kept) -> bool {
    let is_last = |line: &Line| {
        matches!(
            line,
            Line::Done { .. } | Line::Stopped { .. } | Line::Failed { .. }
        )
    };
    let mut tail = Tail::new(folder.files(kept.runs).said, 0);
    loop {
        let lines = tail.read();
        if lines.is_empty() || lines.iter().any(|(_, line)| is_last(line)) {
            return !lines.is_empty();
        }
    }
}

/// The run ended with the machine: what it saved counts, what came after is trained again.
fn take_up(folder: &Folder, kept: &mut Kept) {
    let newest = newest_checkpoint(folder);
    let mut tail = Tail::new(folder.files(kept.runs).said, 0);
    let mut saved = Duration::ZERO;
    let mut saved_step = kept.come.step;
    loop {
        let lines = tail.read();
        if lines.is_empty() {
            break;
        }
        for (_, line) in lines {
            if let Line::Checkpoint {
                path,
                step,
                trained_seconds,
            } = line
                && folder
                    .checkpoint(&path)
                    .is_some_and(|path| Some(&path) <= newest.as_ref())
            {
                saved = duration(trained_seconds);
                saved_step = step;
            }
        }
    }
    let trained = kept.trained(saved).as_millis();
    kept.trained_before_ms = u64::try_from(trained).unwrap_or(u64::MAX);
    // Whatever was said of later steps, they are made again.
    kept.come.step = saved_step;
    tracing::warn!(
        task = kept.assignment.task,
        "the trainer is gone; goes on from what it saved"
    );
    if kept.runs < RUNS_MAX {
        kept.process = None;
    }
}
