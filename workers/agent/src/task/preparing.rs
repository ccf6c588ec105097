//! Gets everything ready that the trainer needs, and starts it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::folder::Folder;
use super::kept::Kept;
use super::perform::{Failure, Machine};
use crate::archive;
use crate::isolation::Cell;
use crate::lease::Lease;
use crate::process::Process;
use crate::python;
use crate::trouble::{OnDisk as _, Trouble};
use crate::wire::{Cause, Input, Isolation};

/// Starts a run of the trainer: from where the last one saved, if one did.
pub async fn launch(
    machine: &Machine,
    lease: &Lease,
    folder: &Folder,
    kept: &mut Kept,
) -> Result<(), Failure> {
    let isolation = isolation_for(machine, kept)?;
    let mut cell = Cell {
        name: format!(
            "trainnet-{}-{}-{}",
            kept.assignment.task, kept.assignment.fence, kept.runs
        ),
        command: Vec::new(),
        readable: machine.python.folders.clone(),
        writable: folder.work(),
        gpu: kept.gpu.clone(),
    };
    cell.readable
        .extend([machine.settings.trainer.clone(), folder.given()]);
    let mut job = Value::Object(kept.assignment.spec.clone());
    job["dataset"] = json!(dataset(machine, lease, folder, kept).await?);
    if let Some(weights) = weights(machine, kept).await? {
        job["weights_path"] = json!(weights);
        cell.readable.push(weights);
    }
    job["checkpoint"] = json!(checkpoint(machine, lease, folder, kept).await?);
    job["checkpoint_seconds"] = json!(machine.settings.checkpoint_seconds);
    job["output"] = json!(folder.output());
    job["control"] = json!(folder.control());
    job["device"] = json!("auto");
    job["seconds_max"] = json!(left(lease, kept));
    folder.steer(left(lease, kept), false)?;
    folder.write(Path::new("given/job.json"), &job)?;
    kept.runs += 1;
    kept.told_bytes = 0;
    let program = machine.settings.trainer.join("train.py");
    let words = [
        machine.settings.python.clone().into_os_string(),
        program.into_os_string(),
        OsString::from("--job"),
        folder.given().join("job.json").into_os_string(),
    ];
    cell.command = words.into();
    let words = cell.words(isolation, &machine.settings);
    let (work, files) = (folder.work(), folder.files(kept.runs));
    let process = Process::start(&words, cell.environment(), &work, &files)?;
    tracing::info!(task = kept.assignment.task, %isolation, run = kept.runs, "training");
    kept.process = Some((process, isolation));
    Ok(folder.save(kept)?)
}

/// How many seconds a run may train of what the lease allows.
pub fn left(lease: &Lease, kept: &Kept) -> u64 {
    let used = Duration::from_millis(kept.trained_before_ms).as_secs();
    lease.told().seconds_max.saturating_sub(used)
}

/// The name under which a run's container can be ended.
pub fn cell_name(kept: &Kept) -> String {
    let run = kept.runs.saturating_sub(1);
    format!(
        "trainnet-{}-{}-{run}",
        kept.assignment.task, kept.assignment.fence
    )
}

fn isolation_for(machine: &Machine, kept: &Kept) -> Result<Isolation, Failure> {
    let wanted = kept.assignment.isolation;
    let mut fitting = machine.isolation.iter().filter(|it| wanted.is_met_by(**it));
    fitting.next().copied().ok_or_else(|| Failure {
        cause: Cause::Machine,
        detail: "the machine has no isolation as strict as the order wants".to_owned(),
    })
}

/// All inputs beside each other; the one called `dataset` is trained on, or the first.
async fn dataset(
    machine: &Machine,
    lease: &Lease,
    folder: &Folder,
    kept: &Kept,
) -> Result<PathBuf, Failure> {
    let inputs = &kept.assignment.inputs;
    let mut placed = Vec::new();
    for (number, input) in inputs.iter().enumerate() {
        let fetched = machine
            .cache
            .fetch(lease, input)
            .await
            .map_err(|error| Failure::while_fetching(&error))?;
        let path = folder
            .given()
            .join("data")
            .join(file_name(number, &input.name));
        drop(fs::remove_file(&path));
        if fs::hard_link(&fetched, &path).is_err() {
            fs::copy(&fetched, &path).on("cannot copy to", &path)?;
        }
        placed.push(path);
    }
    let is_dataset = |input: &Input| input.name.split('.').next() == Some("dataset");
    let number = inputs.iter().position(is_dataset).unwrap_or_default();
    let chosen = placed.into_iter().nth(number);
    chosen.ok_or_else(|| Failure {
        cause: Cause::BadData,
        detail: "there is nothing to train on".to_owned(),
    })
}

/// A name that is one on every disk.
fn file_name(number: usize, name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).take(80).collect();
    format!("{number}-{name}")
}

/// Where to go on from: what was saved here, else what the server gave.
async fn checkpoint(
    machine: &Machine,
    lease: &Lease,
    folder: &Folder,
    kept: &Kept,
) -> Result<Option<PathBuf>, Failure> {
    if let Some(newest) = newest_checkpoint(folder) {
        return Ok(Some(newest));
    }
    let Some(given) = &kept.assignment.checkpoint else {
        return Ok(None);
    };
    let input = Input {
        name: "checkpoint".to_owned(),
        url: given.url.clone(),
        bytes: given.bytes,
        sha256: given.sha256.clone(),
    };
    let fetched = machine
        .cache
        .fetch(lease, &input)
        .await
        .map_err(|error| Failure::while_fetching(&error))?;
    let place = folder.given().join("checkpoint");
    let unpacked = place.clone();
    let unpacking = tokio::task::spawn_blocking(move || archive::unpack(&fetched, &unpacked));
    unpacking
        .await
        .map_err(|error| Trouble::wrong(error.to_string()))??;
    Ok(Some(place))
}

/// The newest checkpoint that the trainer has written here.
pub fn newest_checkpoint(folder: &Folder) -> Option<PathBuf> {
    let saved = fs::read_dir(folder.work().join("out.checkpoints"));
    let saved = saved.into_iter().flatten().flatten();
    saved
        .filter_map(|entry| folder.checkpoint(&entry.path()))
        .max()
}

/// The folder of pretrained weights, if the order wants any; fetched once for all tasks.
async fn weights(machine: &Machine, kept: &Kept) -> Result<Option<PathBuf>, Failure> {
    let spec = &kept.assignment.spec;
    let text = |name: &str| spec.get(name).and_then(Value::as_str).unwrap_or_default();
    let model = text("model_type");
    let unfit = |detail: String| Failure {
        cause: Cause::Machine,
        detail,
    };
    match text("weights") {
        "hub" if machine.python.runtimes.iter().any(|known| known == model) => {
            let place = machine.settings.folder.join("weights").join(model);
            let fetched = python::fetch_weights(&machine.settings, model, &place).await;
            fetched.map_err(|error| Failure {
                cause: Cause::Network,
                detail: error.to_string(),
            })?;
            Ok(Some(place))
        }
        "hub" => Err(unfit(format!("the machine cannot train {model:?}"))),
        "local" => {
            let place = machine
                .settings
                .weights
                .as_ref()
                .map(|folder| folder.join(model));
            let place = place.filter(|place| place.is_dir());
            let lacks = || {
                unfit(format!(
                    "the machine has no weights of {model:?} of its own"
                ))
            };
            place.map(Some).ok_or_else(lacks)
        }
        _ => Ok(None),
    }
}
