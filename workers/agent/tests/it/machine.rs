//! A machine that has joined the stand: its folder, its agent, and what it is given to do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use agent::{Settings, Trouble, Wish};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::stand::Stand;

pub struct TestMachine {
    pub folder: TempDir,
    pub settings: Settings,
}

/// An agent at work.
pub struct AtWork {
    wishes: watch::Sender<Wish>,
    ended: JoinHandle<Result<(), Trouble>>,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The light environment that `cargo xtask setup` makes.
pub fn python() -> PathBuf {
    let python = root().join(".trainnet/trainer/bin/python");
    assert!(python.is_file(), "run `cargo xtask setup` first");
    python
}

impl TestMachine {
    pub async fn join(stand: &Stand) -> Self {
        let machine = Self::new();
        let joined = agent::join(machine.settings.clone(), &stand.url, "join-token", "desk").await;
        assert_eq!(joined.unwrap().machine, "machine_1");
        machine
    }

    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let agent = folder.path().join("agent");
        let mut settings = Settings::new(agent, root().join("trainer"), python());
        settings.checkpoint_seconds = 1;
        settings.stop_patience = Duration::from_secs(30);
        Self { folder, settings }
    }

    pub fn work(&self) -> AtWork {
        let (wishes, heard) = watch::channel(Wish::Work);
        let ended = tokio::spawn(agent::run(self.settings.clone(), heard));
        AtWork { wishes, ended }
    }

    pub fn task(&self) -> PathBuf {
        self.settings.folder.join("tasks/unit_1")
    }

    /// The process that the agent remembers of its task.
    pub fn trainer(&self) -> Option<i32> {
        let kept = std::fs::read(self.task().join("state.json")).ok()?;
        let kept: Value = serde_json::from_slice(&kept).ok()?;
        kept["process"][0]["pid"].as_i64()?.try_into().ok()
    }

    /// Every process that has the task's folder in its words or works in it.
    pub fn processes(&self) -> Vec<i32> {
        let task = self.task();
        let task = task.to_string_lossy();
        let numbers = std::fs::read_dir("/proc").unwrap().flatten();
        let numbers = numbers.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok());
        let is_of_task = |number: &i32| {
            let words = std::fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(&*task)
        };
        numbers.filter(is_of_task).collect()
    }
}

/// Ends a trainer with all that belongs to it, as a machine that loses its power does.
///
/// By the system call: programs called `kill` differ in what they make of a group's number.
pub fn kill_group(trainer: i32) {
    let group = rustix::process::Pid::from_raw(trainer)
        .filter(|_| trainer > 1)
        .unwrap();
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
}

impl AtWork {
    pub fn wish(&self, wish: Wish) {
        self.wishes.send_replace(wish);
    }

    pub async fn end(self, wish: Wish) -> Result<(), Trouble> {
        self.wish(wish);
        self.ended.await.unwrap()
    }
}

/// A unit that trains a table; `rounds` says for how long.
pub fn assignment(stand: &Stand, rounds: u32) -> Value {
    let content = std::fs::read(root().join("trainer/examples/breast-cancer.csv")).unwrap();
    let dataset = stand.offer("dataset.csv", content);
    json!({
        "task": "unit_1", "fence": 7, "lease_seconds": 20, "heartbeat_seconds": 1,
        "seconds_max": 600, "deadline": "2030-01-01T00:00:00Z", "isolation": "sandbox",
        "spec": {
            "model_type": "tabular", "seed": 3, "weights": "scratch", "task": "classification",
            "label_column": "diagnosis",
            "hyperparams": {
                "rounds": rounds, "depth": 12, "learning_rate": 0.01, "early_stopping_rounds": 0,
            },
        },
        "inputs": [dataset], "checkpoint": null,
    })
}

/// Long enough to be interrupted, whatever machine this is.
pub const LONG: u32 = 1000;
