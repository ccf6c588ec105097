//! Keeps what is trained away from the machine, in the strictest way that works on it.

mod bubblewrap;
mod container;
mod probe;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::settings::Settings;
use crate::wire::Isolation;

pub use probe::probe;

/// What a trainer may see of the machine, and what it runs.
#[derive(Clone, Debug)]
pub struct Cell {
    /// By which it can be found again.
    pub name: String,
    /// The words of the command.
    pub command: Vec<OsString>,
    /// Folders that it may read.
    pub readable: Vec<PathBuf>,
    /// The one folder that it may write.
    pub writable: PathBuf,
    /// The GPU that is its own.
    pub gpu: Option<String>,
}

impl Cell {
    /// The words that run the command inside, and the environment that it gets.
    pub fn words(&self, isolation: Isolation, settings: &Settings) -> Vec<OsString> {
        match isolation {
            Isolation::Podman | Isolation::Docker => container::words(self, isolation, settings),
            Isolation::Bubblewrap => bubblewrap::words(self),
            Isolation::Process => self.command.clone(),
        }
    }

    /// Nothing of the agent's own environment: it may hold secrets.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let home = || self.writable.clone().into_os_string();
        let gpus = self.gpu.clone().unwrap_or_default();
        vec![
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
            ("LANG", "C.UTF-8".into()),
            ("HOME", home()),
            ("TMPDIR", self.writable.join("tmp").into()),
            ("USER", "trainer".into()),
            ("HF_HUB_OFFLINE", "1".into()),
            ("PYTHONDONTWRITEBYTECODE", "1".into()),
            ("CUDA_VISIBLE_DEVICES", gpus.into()),
        ]
    }
}

/// What must be said to end whatever of a cell is not a child of ours.
pub fn ending(isolation: Isolation, name: &str, settings: &Settings) -> Option<Vec<OsString>> {
    match isolation {
        Isolation::Podman | Isolation::Docker => Some(container::ending(isolation, name, settings)),
        Isolation::Bubblewrap | Isolation::Process => None,
    }
}

/// Folders without those that lie in others, so that each is shown once.
fn outermost(folders: &[PathBuf]) -> Vec<&Path> {
    let is_within = |folder: &PathBuf| {
        let above = |other: &PathBuf| folder != other && folder.starts_with(other);
        folders.iter().any(above) || folder.starts_with("/usr")
    };
    let mut shown: Vec<&Path> = Vec::new();
    for folder in folders.iter().filter(|folder| !is_within(folder)) {
        if !shown.contains(&folder.as_path()) {
            shown.push(folder);
        }
    }
    shown
}

/// The files through which programs speak to GPUs of NVIDIA.
fn gpu_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let is_gpu = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("nvidia") && !path.is_dir()
    };
    entries.map(|entry| entry.path()).filter(is_gpu).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_within_another_is_shown_once() {
        let folders = ["/a", "/a/b", "/c", "/c", "/usr/lib", "/ab"].map(PathBuf::from);
        let shown: Vec<_> = outermost(&folders)
            .into_iter()
            .map(Path::to_string_lossy)
            .collect();
        assert_eq!(shown, ["/a", "/c", "/ab"]);
    }

    #[test]
    fn a_trainer_inherits_nothing_of_the_agent() {
        let cell = Cell {
            name: "x".to_owned(),
            command: Vec::new(),
            readable: Vec::new(),
            writable: PathBuf::from("/w"),
            gpu: None,
        };
        let names: Vec<_> = cell
            .environment()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert!(!names.iter().any(|name| name.starts_with("TRAINNET")));
        assert!(names.contains(&"CUDA_VISIBLE_DEVICES"));
    }
}
