//! The processes of the bank test: started, listened to, stopped and killed from here.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::PATIENCE;
use super::history::History;

/// A child that works until its standard input ends.
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
}

impl Process {
    fn start(arguments: &[String], output: Stdio) -> Result<Self> {
        let program = std::env::current_exe()?;
        // Disturbances are what they are here for; a panic is heard all the same.
        let mut child = Command::new(program)
            .args(arguments)
            .env(
                "RUST_LOG",
                std::env::var("RUST_LOG").unwrap_or_else(|_| "off".to_owned()),
            )
            .stdin(Stdio::piped())
            .stdout(output)
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take();
        Ok(Self { child, input })
    }

    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self
            .child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .and_then(Pid::from_raw);
        kill_process(pid.context("the process is gone")?, signal)?;
        Ok(())
    }

    async fn kill(&mut self) -> Result<()> {
        self.child
            .kill()
            .await
            .context("a process could not be killed")
    }

    /// Lets it finish what it is doing; one that does not is killed and told on.
    async fn finish(&mut self) -> Result<()> {
        drop(self.input.take());
        let Ok(ended) = tokio::time::timeout(PATIENCE, self.child.wait()).await else {
            self.kill().await?;
            bail!("a process did not end when it was told to");
        };
        let status = ended?;
        if !status.success() {
            bail!("a process ended with {status}");
        }
        Ok(())
    }
}

/// Keeps the projection, again and again.
#[derive(Debug)]
pub struct Follower {
    arguments: Vec<String>,
    process: Process,
}

impl Follower {
    pub fn start(database: &str) -> Result<Self> {
        let arguments = ["follower", "--database", database]
            .map(str::to_owned)
            .to_vec();
        let process = Process::start(&arguments, Stdio::null())?;
        Ok(Self { arguments, process })
    }

    pub async fn kill_and_restart(&mut self) -> Result<()> {
        self.process.kill().await?;
        self.process = Process::start(&self.arguments, Stdio::null())?;
        Ok(())
    }

    pub async fn finish(mut self) -> Result<()> {
        self.process.finish().await
    }
}

/// What a writing process has said so far.
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<Mutex<History>>);

impl Heard {
    fn with<T>(&self, look: impl FnOnce(&mut History) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn resolve(&self, event: Uuid, fate: Option<i64>) {
        self.with(|history| history.resolve(event, fate));
    }

    /// Unknown to a sender that lives.
    pub fn unknown(&self) -> Vec<Uuid> {
        self.with(|history| history.unknown())
    }

    /// Unknown, or on its way when the sender died.
    pub fn open(&self) -> Vec<Uuid> {
        self.with(|history| history.open())
    }

    pub fn take(&self) -> History {
        self.with(std::mem::take)
    }
}

/// A writing process; one that is killed is followed by another.
#[derive(Debug)]
pub struct Writer {
    database: String,
    seed: u64,
    tasks: usize,
    process: Process,
    pub heard: Heard,
    listener: JoinHandle<Result<()>>,
}

impl Writer {
    pub fn start(database: &str, seed: u64, tasks: usize) -> Result<Self> {
        let options = [
            ("--database", database.to_owned()),
            ("--seed", seed.to_string()),
            ("--tasks", tasks.to_string()),
        ];
        let options = options
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value]);
        let arguments: Vec<String> = std::iter::once("writer".to_owned())
            .chain(options)
            .collect();
        let mut process = Process::start(&arguments, Stdio::piped())?;
        let output = process
            .child
            .stdout
            .take()
            .context("a writer has no output")?;
        let heard = Heard::default();
        let hearing = heard.clone();
        let listener = tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Some(line) = lines.next_line().await? {
                let said = line.parse()?;
                hearing.with(|history| history.hear(said));
            }
            Ok(())
        });
        let database = database.to_owned();
        Ok(Self {
            database,
            seed,
            tasks,
            process,
            heard,
            listener,
        })
    }

    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.process.signal(signal)
    }

    /// Kills it, hears its last words, and starts another; gives back what the dead one said.
    pub async fn kill_and_restart(&mut self) -> Result<Heard> {
        self.process.kill().await?;
        let next = Self::start(&self.database, self.seed.wrapping_add(100), self.tasks)?;
        let dead = std::mem::replace(self, next);
        dead.listener.await??;
        Ok(dead.heard)
    }

    pub async fn finish(mut self) -> Result<Heard> {
        let finished = self.process.finish().await;
        self.listener.await??;
        finished.map(|()| self.heard)
    }
}
