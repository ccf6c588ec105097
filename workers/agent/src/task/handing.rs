//! Hands in what came of a task: checkpoints on the way, and the result or the reason at its end.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::folder::Folder;
use super::following::End;
use super::kept::Kept;
use super::perform::Failure;
use crate::archive::{self, Packed};
use crate::lease::Lease;
use crate::lines;
use crate::process::memory_kills;
use crate::trouble::Trouble;
use crate::uploading::upload;
use crate::wire::{Because, Cause, Complete, Fail, Release, ReportedCheckpoint};

/// What was saved, and the object that it became.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub path: PathBuf,
    pub step: u64,
    pub trained: Duration,
    pub object: Option<String>,
}

impl Checkpoint {
    pub fn reported(&self) -> Option<ReportedCheckpoint> {
        self.object.as_ref().map(|object| ReportedCheckpoint {
            object: object.clone(),
            step: self.step,
            trained_seconds: self.trained.as_secs(),
        })
    }
}

/// Packs a checkpoint and uploads it.
pub async fn hand_in_checkpoint(
    lease: &Lease,
    folder: &Folder,
    mut checkpoint: Checkpoint,
) -> Result<Checkpoint, Trouble> {
    let into = folder.path().join("checkpoint.zip");
    let packed = pack(checkpoint.path.clone(), into).await?;
    let name = format!("step-{}.zip", checkpoint.step);
    checkpoint.object = Some(upload(lease, "checkpoint", &name, &packed).await?);
    Ok(checkpoint)
}

async fn pack(folder: PathBuf, into: PathBuf) -> Result<Packed, Trouble> {
    let packing = tokio::task::spawn_blocking(move || archive::pack(&folder, &into));
    packing
        .await
        .map_err(|error| Trouble::wrong(error.to_string()))?
}

/// Tells the server how it ended.
pub async fn hand_in(
    lease: &Lease,
    folder: &Folder,
    kept: &Kept,
    end: End,
    memory_kills_before: u64,
) -> Result<(), Trouble> {
    match end {
        End::Done {
            step,
            trained,
            metrics,
        } => {
            let packed = pack(folder.output(), folder.path().join("artifact.zip")).await?;
            let artifact = upload(lease, "artifact", "model.zip", &packed).await?;
            let complete = Complete {
                fence: lease.fence(),
                trained_seconds: trained.as_secs(),
                step,
                artifact,
                metrics,
            };
            say(lease, "complete", &complete).await
        }
        End::Stopped { because, trained } => release(lease, because, trained).await,
        End::Failed {
            cause,
            detail,
            trained,
        } => {
            let cause = lines::cause(&cause);
            fail(lease, &Failure { cause, detail }, trained).await
        }
        End::Died { told_to } => {
            let trained = Duration::from_millis(kept.reported_ms);
            if let Some(because) = told_to {
                return release(lease, because, trained).await;
            }
            let failure = died(folder, kept, memory_kills_before);
            fail(lease, &failure, trained).await
        }
    }
}

/// Why a trainer ended without a word, as far as the machine can tell.
fn died(folder: &Folder, kept: &Kept, memory_kills_before: u64) -> Failure {
    let files = folder.files(kept.runs);
    let status = files.status();
    let was_killed = status.is_none_or(|status| status == 137);
    let complaint = files.last_complaint();
    if was_killed && memory_kills() > memory_kills_before {
        return Failure {
            cause: Cause::OutOfMemory,
            detail: "the machine's memory ran out".to_owned(),
        };
    }
    let cause = if was_killed {
        Cause::Machine
    } else {
        Cause::Trainer
    };
    let status = status.map_or_else(|| "killed".to_owned(), |status| format!("status {status}"));
    Failure {
        cause,
        detail: format!("the trainer ended without a word ({status}): {complaint}"),
    }
}

pub async fn fail(lease: &Lease, failure: &Failure, trained: Duration) -> Result<(), Trouble> {
    let fail = Fail {
        fence: lease.fence(),
        cause: failure.cause,
        detail: failure.detail.clone(),
        trained_seconds: trained.as_secs(),
    };
    say(lease, "fail", &fail).await
}

pub async fn release(lease: &Lease, because: Because, trained: Duration) -> Result<(), Trouble> {
    let release = Release {
        fence: lease.fence(),
        because,
        trained_seconds: trained.as_secs(),
    };
    say(lease, "release", &release).await
}

async fn say(
    lease: &Lease,
    verb: &str,
    body: &(impl serde::Serialize + Sync),
) -> Result<(), Trouble> {
    let path = format!("/tasks/{}/{verb}", lease.task());
    let heard = lease
        .patiently(|| Box::pin(lease.server().post::<Value>(&path, body, None)))
        .await;
    heard.map(drop)
}
