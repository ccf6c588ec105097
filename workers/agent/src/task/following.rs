//! Follows a run of the trainer: passes on what it says, and makes it stop when it has to.

use std::path::Path;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::folder::Folder;
use super::handing::{Checkpoint, hand_in_checkpoint};
use super::kept::{Come, Kept};
use super::perform::{Machine, Orders};
use super::preparing::{cell_name, left};
use crate::clock;
use crate::isolation;
use crate::lease::Lease;
use crate::lines::{Line, Tail, decimals, duration, level};
use crate::process::Process;
use crate::trouble::Trouble;
use crate::wire::{Because, Desired, Level, LogLine, Phase, Progress, Told};

/// How often what the trainer says is looked at, and how often the server hears of it.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const TELL_EVERY: Duration = Duration::from_secs(2);
const LOGS_MAX: usize = 200;
const LOG_CHARACTERS_MAX: usize = 2_000;

/// How a run ended, in the trainer's words or, where it has none, in the machine's.
#[derive(Debug)]
pub enum End {
    Done {
        step: u64,
        trained: Duration,
        metrics: std::collections::BTreeMap<String, String>,
    },
    Stopped {
        because: Because,
        trained: Duration,
    },
    Failed {
        cause: String,
        detail: String,
        trained: Duration,
    },
    /// Without a last word.
    Died {
        told_to: Option<Because>,
    },
}

pub struct Following<'a> {
    machine: &'a Machine,
    lease: &'a Lease,
    folder: &'a Folder,
    orders: &'a Orders,
    tail: Tail,
    now: Progress,
    logs: Vec<LogLine>,
    news: bool,
    told_at: Instant,
    waiting: Option<Checkpoint>,
    uploading: Option<JoinHandle<Result<Checkpoint, Trouble>>>,
    stopping: Option<(Because, Instant)>,
    steered: u64,
}

impl<'a> Following<'a> {
    pub fn new(
        machine: &'a Machine,
        lease: &'a Lease,
        folder: &'a Folder,
        orders: &'a Orders,
        kept: &Kept,
    ) -> Self {
        let now = Progress {
            fence: lease.fence(),
            trained_seconds: kept.trained(Duration::ZERO).as_secs(),
            step: kept.come.step,
            steps_total: kept.come.steps_total,
            epoch: 0,
            metrics: std::collections::BTreeMap::new(),
            eta_seconds: None,
            logs: Vec::new(),
            checkpoint: None,
        };
        Self {
            machine,
            lease,
            folder,
            orders,
            tail: Tail::new(folder.files(kept.runs).said, 0),
            now,
            logs: Vec::new(),
            news: false,
            told_at: Instant::now(),
            waiting: None,
            uploading: None,
            stopping: None,
            steered: left(lease, kept),
        }
    }

    /// Until the run has ended, and all that it saved before is handed in.
    pub async fn until_the_end(mut self, kept: &mut Kept) -> Result<End, Trouble> {
        self.lease.enter(Phase::Training);
        let process = kept.process.map(|(process, _)| process);
        let mut often = tokio::time::interval(LOOK_EVERY);
        often.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let end = loop {
            often.tick().await;
            if self.lease.is_lost() {
                return Err(Trouble::Lost);
            }
            // Asked first: what it says before it ends is read after.
            let was_alive = process.is_some_and(Process::is_alive);
            if let Some(end) = self.read(kept) {
                break end;
            }
            if !was_alive {
                let told_to = self.stopping.map(|(because, _)| because);
                break End::Died { told_to };
            }
            self.steer(kept)?;
            self.upload(kept).await?;
            if self.news && self.told_at.elapsed() >= TELL_EVERY {
                self.tell(kept).await?;
            }
        };
        self.lease.enter(Phase::Saving);
        while self.waiting.is_some() || self.uploading.is_some() {
            often.tick().await;
            self.upload(kept).await?;
        }
        self.tell(kept).await?;
        Ok(end)
    }

    /// Reads what is new; the last word, if it is among it.
    fn read(&mut self, kept: &mut Kept) -> Option<End> {
        for (position, line) in self.tail.read() {
            if let Some(end) = self.hear(position, line, kept) {
                return Some(end);
            }
        }
        None
    }

    fn hear(&mut self, position: u64, line: Line, kept: &mut Kept) -> Option<End> {
        match line {
            Line::Log { level: said, text } => self.note(position, kept, level(&said), &text),
            Line::Started { steps_total, step } => {
                self.now.steps_total = steps_total;
                self.now.step = step;
                self.news = true;
            }
            Line::Progress {
                step,
                steps_total,
                epoch,
                trained_seconds,
                metrics,
                eta_seconds,
            } => {
                self.now.step = step;
                self.now.steps_total = steps_total;
                self.now.epoch = epoch;
                self.now.metrics = decimals(&metrics);
                self.now.eta_seconds = eta_seconds.map(|seconds| duration(seconds).as_secs());
                self.now.trained_seconds = kept.trained(duration(trained_seconds)).as_secs();
                self.news = true;
            }
            Line::Checkpoint {
                path,
                step,
                trained_seconds,
            } => self.saved(kept, &path, step, duration(trained_seconds)),
            Line::Done {
                step,
                trained_seconds,
                metrics,
            } => {
                return Some(End::Done {
                    step,
                    trained: kept.trained(duration(trained_seconds)),
                    metrics: decimals(&metrics),
                });
            }
            Line::Stopped {
                because,
                trained_seconds,
            } => {
                let told = self
                    .stopping
                    .map_or(Because::Draining, |(because, _)| because);
                let used_up = because == "seconds_max";
                return Some(End::Stopped {
                    because: if used_up { Because::Allowance } else { told },
                    trained: kept.trained(duration(trained_seconds)),
                });
            }
            Line::Failed {
                cause,
                detail,
                trained_seconds,
            } => {
                return Some(End::Failed {
                    cause,
                    detail,
                    trained: kept.trained(duration(trained_seconds)),
                });
            }
        }
        None
    }

    fn note(&mut self, position: u64, kept: &Kept, level: Level, text: &str) {
        // What was said before the agent was restarted was told then.
        if position <= kept.told_bytes || self.logs.len() >= LOGS_MAX {
            return;
        }
        self.logs.push(LogLine {
            at: clock::now(),
            level,
            text: text.chars().take(LOG_CHARACTERS_MAX).collect(),
        });
        self.news = true;
    }

    fn saved(&mut self, kept: &Kept, path: &Path, step: u64, in_this_run: Duration) {
        let Some(path) = self.folder.checkpoint(path) else {
            return;
        };
        if step > kept.reported_step {
            // Only the newest counts: one that waited is overtaken.
            let trained = kept.trained(in_this_run);
            self.waiting = Some(Checkpoint {
                path,
                step,
                trained,
                object: None,
            });
        }
    }

    /// Hands in what was saved, one at a time and beside everything else.
    async fn upload(&mut self, kept: &mut Kept) -> Result<(), Trouble> {
        if let Some(uploading) = self.uploading.take_if(|it| it.is_finished()) {
            let uploaded = uploading.await;
            match uploaded.map_err(|error| Trouble::wrong(error.to_string()))? {
                Ok(checkpoint) => self.report(kept, &checkpoint).await?,
                Err(error) if error.is_lost() => return Err(Trouble::Lost),
                // The next one will do: it holds all that this one does.
                Err(error) => tracing::warn!(%error, "a checkpoint was not handed in"),
            }
        }
        if self.uploading.is_none()
            && let Some(checkpoint) = self.waiting.take()
        {
            let (lease, folder) = (self.lease.clone(), self.folder.clone());
            self.uploading = Some(tokio::spawn(async move {
                hand_in_checkpoint(&lease, &folder, checkpoint).await
            }));
        }
        Ok(())
    }

    async fn report(&mut self, kept: &mut Kept, checkpoint: &Checkpoint) -> Result<(), Trouble> {
        let mut progress = self.now.clone();
        progress.checkpoint = checkpoint.reported();
        progress.trained_seconds = progress.trained_seconds.max(checkpoint.trained.as_secs());
        progress.step = progress.step.max(checkpoint.step);
        progress.logs = std::mem::take(&mut self.logs);
        let path = format!("/tasks/{}/progress", self.lease.task());
        let lease = self.lease;
        let told: Told = lease
            .patiently(|| Box::pin(lease.server().post(&path, &progress, None)))
            .await?;
        lease.hear(told);
        kept.reported_step = checkpoint.step;
        kept.reported_ms = u64::try_from(checkpoint.trained.as_millis()).unwrap_or(u64::MAX);
        self.remember(kept)
    }

    /// Says how far it is; a silence of the server costs nothing but the news.
    async fn tell(&mut self, kept: &mut Kept) -> Result<(), Trouble> {
        if !self.news {
            return Ok(());
        }
        self.told_at = Instant::now();
        let mut progress = self.now.clone();
        progress.logs.clone_from(&self.logs);
        let path = format!("/tasks/{}/progress", self.lease.task());
        match self
            .lease
            .server()
            .post::<Told>(&path, &progress, None)
            .await
        {
            Ok(told) => {
                self.lease.hear(told);
                self.logs.clear();
                self.news = false;
                self.remember(kept)
            }
            Err(error) if error.is_lost() => {
                self.lease.lose();
                Err(Trouble::Lost)
            }
            Err(error) => {
                tracing::warn!(%error, "the server has not heard how far it is");
                Ok(())
            }
        }
    }

    fn remember(&self, kept: &mut Kept) -> Result<(), Trouble> {
        kept.told_bytes = self.tail.position();
        kept.come = Come {
            step: self.now.step,
            steps_total: self.now.steps_total,
        };
        self.folder.save(kept)
    }

    /// Passes on what the server and the machine's owner want.
    fn steer(&mut self, kept: &Kept) -> Result<(), Trouble> {
        let seconds_max = left(self.lease, kept);
        let wanted = match self.lease.told().desired {
            Desired::Cancel => Some(Because::Cancelled),
            Desired::Pause => Some(Because::Paused),
            Desired::Run if self.orders.is_handing_back() => Some(Because::Draining),
            Desired::Run => None,
        };
        if let (Some(because), None) = (wanted, self.stopping) {
            tracing::info!(task = self.lease.task(), ?because, "stopping");
            self.stopping = Some((because, Instant::now()));
            self.steered = seconds_max;
            return self.folder.steer(seconds_max, true);
        }
        if seconds_max != self.steered {
            self.steered = seconds_max;
            self.folder.steer(seconds_max, self.stopping.is_some())?;
        }
        if let Some((_, since)) = self.stopping
            && since.elapsed() > self.machine.settings.stop_patience
        {
            tracing::warn!(task = self.lease.task(), "it did not stop in time");
            end_run(self.machine, kept);
        }
        Ok(())
    }
}

/// Ends a run at once, with all that it began.
pub fn end_run(machine: &Machine, kept: &Kept) {
    let Some((process, isolation)) = kept.process else {
        return;
    };
    process.kill();
    let ending = isolation::ending(isolation, &cell_name(kept), &machine.settings);
    if let Some((program, rest)) = ending.as_deref().and_then(<[_]>::split_first) {
        let ended = std::process::Command::new(program).args(rest).output();
        if let Err(error) = ended {
            tracing::warn!(%error, "a container could not be ended");
        }
    }
}
