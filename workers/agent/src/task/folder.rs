//! Where a task lies: what it was given, what it writes, and what is remembered of it.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::kept::Kept;
use crate::identity::private_folder;
use crate::process::Files;
use crate::trouble::{OnDisk as _, Trouble};

const STATE: &str = "state.json";
const CONTROL: &str = "control.json";
const REMOVE_EVERY: Duration = Duration::from_millis(100);
const REMOVALS_MAX: u32 = 100;

/// The folder of one task. The trainer may write in `work`, and read `given`.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn of_task(tasks: &Path, task: &str) -> Result<Self, Trouble> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        if task.is_empty() || task.len() > 100 || !task.chars().all(plain) {
            return Err(Trouble::wrong(format!("{task:?} is no name of a task")));
        }
        Ok(Self(tasks.join(task)))
    }

    /// What is left of tasks that ended.
    pub fn leftovers(tasks: &Path) -> Vec<Self> {
        let entries = fs::read_dir(tasks).into_iter().flatten().flatten();
        let folders = entries.map(|entry| Self(entry.path()));
        folders
            .filter(|folder| !folder.0.join(STATE).exists())
            .collect()
    }

    /// The tasks that were begun and not ended.
    pub fn all(tasks: &Path) -> Vec<(Self, Kept)> {
        let entries = fs::read_dir(tasks).into_iter().flatten().flatten();
        let begun = |path: PathBuf| {
            let folder = Self(path);
            let text = fs::read(folder.0.join(STATE)).ok()?;
            let kept = serde_json::from_slice(&text).ok()?;
            Some((folder, kept))
        };
        entries.filter_map(|entry| begun(entry.path())).collect()
    }

    pub fn make(&self) -> Result<(), Trouble> {
        private_folder(&self.0)?;
        for folder in [self.given().join("data"), self.work().join("tmp")] {
            fs::create_dir_all(&folder).on("cannot make", &folder)?;
        }
        Ok(())
    }

    /// Removes all of it, however long somebody is still writing into it.
    pub async fn remove(&self) {
        // Without what is remembered it is no task any more, however much of it stays.
        drop(fs::remove_file(self.0.join(STATE)));
        let mut often = tokio::time::interval(REMOVE_EVERY);
        for _ in 0..REMOVALS_MAX {
            often.tick().await;
            match fs::remove_dir_all(&self.0) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    tracing::debug!(%error, "a task's folder cannot be removed yet");
                }
                _ => return,
            }
        }
        tracing::warn!(folder = %self.0.display(), "a task's folder stays");
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn given(&self) -> PathBuf {
        self.0.join("given")
    }

    pub fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    pub fn output(&self) -> PathBuf {
        self.work().join("out")
    }

    pub fn control(&self) -> PathBuf {
        self.given().join(CONTROL)
    }

    pub fn files(&self, run: u32) -> Files {
        Files::of_run(&self.0, run)
    }

    /// A checkpoint, by what the trainer calls it; it is where checkpoints are, whatever it says.
    pub fn checkpoint(&self, said: &Path) -> Option<PathBuf> {
        let name = said.file_name().and_then(OsStr::to_str)?;
        let is_checkpoint = name
            .strip_prefix("step-")?
            .bytes()
            .all(|byte| byte.is_ascii_digit());
        is_checkpoint.then(|| self.work().join("out.checkpoints").join(name))
    }

    pub fn save(&self, kept: &Kept) -> Result<(), Trouble> {
        self.write(STATE.as_ref(), kept)
    }

    /// Writes a file in this folder, whole or not at all.
    pub fn write(&self, name: &Path, value: &impl Serialize) -> Result<(), Trouble> {
        let text = serde_json::to_vec_pretty(value);
        let text = text.map_err(|error| Trouble::wrong(error.to_string()))?;
        let path = self.0.join(name);
        let beside = path.with_extension("part");
        fs::write(&beside, text).on("cannot write", &beside)?;
        fs::rename(&beside, &path).on("cannot write", &path)
    }

    /// Tells the trainer what it may still use, and whether to stop.
    pub fn steer(&self, seconds_max: u64, stop: bool) -> Result<(), Trouble> {
        let said = serde_json::json!({ "seconds_max": seconds_max, "stop": stop });
        self.write(&Path::new("given").join(CONTROL), &said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trainer_cannot_name_a_checkpoint_of_somebody_else() {
        let folder = Folder::of_task(Path::new("/tasks"), "unit_1").unwrap();
        let named = |said: &str| folder.checkpoint(Path::new(said));
        let good = PathBuf::from("/tasks/unit_1/work/out.checkpoints/step-000000012");
        assert_eq!(named("/elsewhere/step-000000012"), Some(good));
        for bad in ["/etc", "step-1x", "step-..", "..", "/"] {
            assert_eq!(named(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_task_is_named_by_one_plain_word() {
        for bad in ["", "..", "a/b", "unit 1", ".x"] {
            assert!(Folder::of_task(Path::new("/tasks"), bad).is_err(), "{bad}");
        }
    }
}
