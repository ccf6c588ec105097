//! Gives each test a folder of its own for one cluster, and ways to look into it from outside.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use embedded::{Cluster, Settings};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::{Connection, PgConnection};

/// A folder for one cluster that the server's account can enter, unlike `tempfile`'s own.
pub struct Folder {
    temporary: tempfile::TempDir,
}

impl Folder {
    pub fn new() -> Self {
        let temporary = tempfile::Builder::new()
            .prefix("embedded-")
            .tempdir()
            .unwrap();
        fs::set_permissions(temporary.path(), Permissions::from_mode(0o755)).unwrap();
        Self { temporary }
    }

    pub fn path(&self) -> &Path {
        self.temporary.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.path().join("postgres")
    }

    pub fn settings(&self) -> Settings {
        Settings::in_dir(self.data_dir())
    }

    pub async fn open(&self) -> Cluster {
        Cluster::open(self.settings()).await.unwrap()
    }
}

pub async fn connect(cluster: &Cluster, database: &str) -> PgConnection {
    PgConnection::connect(&cluster.url(database)).await.unwrap()
}

pub async fn text(cluster: &Cluster, database: &str, query: &str) -> String {
    let mut connection = connect(cluster, database).await;
    sqlx::query_scalar(query)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

fn numbered(pid: u32) -> Pid {
    Pid::from_raw(pid.try_into().unwrap()).unwrap()
}

/// Whether a process exists, a zombie included: good enough for one that must survive.
/// Whether the process still runs. An orphan that has ended stays in the process table until the
/// machine's first process collects it, which is nobody's promise: a zombie does not count.
pub fn exists(pid: u32) -> bool {
    test_kill_process(numbered(pid)).is_ok() && !is_zombie(pid)
}

fn is_zombie(pid: u32) -> bool {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = text.rsplit_once(')').map(|(_, rest)| rest.trim_start());
    state.is_some_and(|state| state.starts_with(['Z', 'X']))
}

pub fn kill(pid: u32) {
    kill_process(numbered(pid), Signal::KILL).unwrap();
}

/// A copy of this program that holds a cluster open until it is killed, at the latest with the
/// test.
pub struct Victim {
    process: Child,
}

impl Victim {
    /// Starts the test `name`, which finds the data directory in the variable `told_by`.
    pub fn start(name: &str, told_by: &str, data_dir: &Path) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args([name, "--exact"])
            .env(told_by, data_dir)
            .stdout(Stdio::null());
        Self {
            process: command.spawn().unwrap(),
        }
    }

    /// Kills it without a warning.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // One that was killed already is left in peace.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Polls, bounded, for something that another process brings about.
pub async fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !check() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
