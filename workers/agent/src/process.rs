//! A trainer's process: started so that it outlives us, found again, and ended with all it began.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::trouble::{OnDisk as _, Trouble};

/// Stays beside the trainer to write down how it ended, whoever is there to hear it.
const BESIDE: &str = r#"status=$0; "$@"; echo $? > "$status.part" && mv "$status.part" "$status""#;

/// A process by its number, and by when it began: numbers are given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Process {
    pid: i32,
    began: u64,
}

/// Where a run's words go.
#[derive(Clone, Debug)]
pub struct Files {
    pub said: PathBuf,
    pub complained: PathBuf,
    pub status: PathBuf,
}

impl Files {
    pub fn of_run(folder: &Path, number: u32) -> Self {
        let file = |ending: &str| folder.join(format!("run-{number}.{ending}"));
        Self {
            said: file("jsonl"),
            complained: file("err"),
            status: file("status"),
        }
    }

    /// How the trainer ended, if it did and somebody was beside it.
    pub fn status(&self) -> Option<i32> {
        fs::read_to_string(&self.status).ok()?.trim().parse().ok()
    }

    /// The last that libraries said.
    pub fn last_complaint(&self) -> String {
        let text = fs::read(&self.complained).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let last = text.trim().lines().last().unwrap_or_default();
        last.chars().take(300).collect()
    }
}

impl Process {
    pub fn start(
        words: &[OsString],
        environment: Vec<(&'static str, OsString)>,
        folder: &Path,
        files: &Files,
    ) -> Result<Self, Trouble> {
        let said = File::create(&files.said).on("cannot write", &files.said)?;
        let complained = File::create(&files.complained).on("cannot write", &files.complained)?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", BESIDE]).arg(&files.status).args(words);
        command.env_clear().envs(environment).current_dir(folder);
        command.stdin(Stdio::null()).stdout(said).stderr(complained);
        // Of a group of its own, it hears no Ctrl-C that was meant for us.
        let mut child = command
            .process_group(0)
            .spawn()
            .on("cannot start in", folder)?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
        let process = pid.and_then(Self::find);
        tokio::spawn(async move { child.wait().await });
        process.ok_or_else(|| Trouble::wrong("the trainer ended before it began"))
    }

    fn find(pid: i32) -> Option<Self> {
        let began = began(pid)?;
        Some(Self { pid, began })
    }

    pub fn is_alive(self) -> bool {
        began(self.pid) == Some(self.began)
    }

    /// Ends it and its group at once.
    pub fn kill(self) {
        // A group of number 1 would be everybody.
        let pid = Pid::from_raw(self.pid).filter(|_| self.pid > 1 && self.is_alive());
        if let Some(pid) = pid
            && let Err(error) = kill_process_group(pid, Signal::KILL)
        {
            tracing::warn!(%error, "a trainer could not be ended");
        }
    }
}

/// When a process began, in ticks since the machine did; none for one that only waits to be buried.
fn began(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may hold anything, brackets and spaces included.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// How often the kernel ended somebody for want of memory, since the machine began.
pub fn memory_kills() -> u64 {
    let counters = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let line = counters
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "));
    line.and_then(|count| count.trim().parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(folder: &Path, script: &str) -> (Process, Files) {
        let files = Files::of_run(folder, 1);
        let words = ["/bin/sh", "-c", script].map(OsString::from);
        let process = Process::start(&words, Vec::new(), folder, &files).unwrap();
        (process, files)
    }

    async fn until(mut is_so: impl FnMut() -> bool) {
        let mut often = tokio::time::interval(std::time::Duration::from_millis(5));
        for _ in 0..4000 {
            if is_so() {
                return;
            }
            often.tick().await;
        }
        panic!("it never came to be");
    }

    #[tokio::test]
    async fn how_it_ended_is_written_down_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let (process, files) = start(folder.path(), "echo said; echo 'oh no' >&2; exit 75");
        until(|| files.status().is_some()).await;
        assert_eq!(files.status(), Some(75));
        until(|| !process.is_alive()).await;
        assert_eq!(fs::read_to_string(&files.said).unwrap(), "said\n");
        assert_eq!(files.last_complaint(), "oh no");
    }

    #[tokio::test]
    async fn what_it_began_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (process, files) = start(folder.path(), "sleep 600 & echo $!; wait");
        let inner = || -> Option<i32> { fs::read_to_string(&files.said).ok()?.trim().parse().ok() };
        until(|| inner().is_some()).await;
        let inner = Process::find(inner().unwrap()).unwrap();
        assert!(process.is_alive() && inner.is_alive());
        process.kill();
        until(|| !process.is_alive() && !inner.is_alive()).await;
        assert_eq!(files.status(), None);
    }

    #[test]
    fn a_number_that_was_given_again_is_another_process() {
        let own = i32::try_from(std::process::id()).unwrap();
        let process = Process::find(own).unwrap();
        assert!(process.is_alive());
        let earlier = Process {
            began: process.began - 1,
            ..process
        };
        assert!(!earlier.is_alive());
        // Nothing happens to whoever has the number now.
        earlier.kill();
    }
}
