//! What a machine's owner can set.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::trouble::Trouble;
use crate::wire::Isolation;

/// The variables that [`Settings::of_this_process`] reads.
pub const VARIABLES: [&str; 8] = [
    "TRAINNET_AGENT_CHECKPOINT_SECONDS",
    "TRAINNET_AGENT_CONTAINER_FLAGS",
    "TRAINNET_AGENT_DIR",
    "TRAINNET_AGENT_IMAGE",
    "TRAINNET_AGENT_ISOLATION",
    "TRAINNET_TRAINER",
    "TRAINNET_TRAINER_PYTHON",
    "TRAINNET_WEIGHTS_DIR",
];

/// Where things lie, and what may be used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the machine's secret, its tasks and what it fetched lie.
    pub folder: PathBuf,
    /// The folder of `train.py`.
    pub trainer: PathBuf,
    /// The Python that runs it.
    pub python: PathBuf,
    /// Where pretrained weights lie, in a folder for each type of model.
    pub weights: Option<PathBuf>,
    /// Which isolation may be used; whichever works, where nothing is said.
    pub isolation: Option<Vec<Isolation>>,
    /// The image in which containers train.
    pub image: Option<String>,
    /// What is said to podman or docker before `run`.
    pub container_flags: Vec<String>,
    /// Certificates of authorities to believe besides the public ones.
    pub authorities: Option<PathBuf>,
    /// How long what was fetched is kept for the next task, in bytes.
    pub cache_bytes_max: u64,
    /// How long a trainer that was told to stop may take to save.
    pub stop_patience: Duration,
    /// How often the trainer saves, in seconds.
    pub checkpoint_seconds: u64,
}

const CACHE_BYTES_MAX: u64 = 20 * 1024 * 1024 * 1024;
const STOP_PATIENCE: Duration = Duration::from_secs(45);
const CHECKPOINT_SECONDS: u64 = 30;

impl Settings {
    /// Those of a checkout or an installation, with nothing said.
    pub fn new(folder: impl Into<PathBuf>, trainer: impl Into<PathBuf>, python: PathBuf) -> Self {
        Self {
            folder: folder.into(),
            trainer: trainer.into(),
            python,
            weights: None,
            isolation: None,
            image: None,
            container_flags: Vec::new(),
            authorities: None,
            cache_bytes_max: CACHE_BYTES_MAX,
            stop_patience: STOP_PATIENCE,
            checkpoint_seconds: CHECKPOINT_SECONDS,
        }
    }

    /// What the environment says, over what is usual beside `data_dir`.
    pub fn of_this_process(data_dir: &Path) -> Result<Self, Trouble> {
        let said = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let path = |name: &str| said(name).map(PathBuf::from);
        let folder = path("TRAINNET_AGENT_DIR").unwrap_or_else(|| data_dir.join("agent"));
        let trainer = path("TRAINNET_TRAINER").unwrap_or_else(usual_trainer);
        let python =
            path("TRAINNET_TRAINER_PYTHON").unwrap_or_else(|| usual_python(data_dir, &trainer));
        let mut settings = Self::new(folder, trainer, python);
        settings.weights = path("TRAINNET_WEIGHTS_DIR");
        settings.image = said("TRAINNET_AGENT_IMAGE");
        if let Some(flags) = said("TRAINNET_AGENT_CONTAINER_FLAGS") {
            settings.container_flags = flags.split_whitespace().map(str::to_owned).collect();
        }
        if let Some(text) = said("TRAINNET_AGENT_ISOLATION") {
            settings.isolation = isolations(&text)?;
        }
        if let Some(text) = said("TRAINNET_AGENT_CHECKPOINT_SECONDS") {
            let seconds = text.trim().parse().ok().filter(|seconds| *seconds > 0);
            settings.checkpoint_seconds = seconds.ok_or_else(|| {
                Trouble::wrong("TRAINNET_AGENT_CHECKPOINT_SECONDS is a number of seconds above 0")
            })?;
        }
        Ok(settings)
    }

    /// The same with paths that mean the same everywhere: sandboxes have folders of their own.
    pub fn absolute(mut self) -> Result<Self, Trouble> {
        for path in [&mut self.folder, &mut self.trainer, &mut self.python] {
            *path = std::path::absolute(&*path)
                .map_err(|error| Trouble::wrong(format!("{}: {error}", path.display())))?;
        }
        if let Some(weights) = &mut self.weights {
            *weights = std::path::absolute(&*weights)
                .map_err(|error| Trouble::wrong(format!("{}: {error}", weights.display())))?;
        }
        Ok(self)
    }
}

/// Beside the program where it is installed, else where a checkout has it.
fn usual_trainer() -> PathBuf {
    let installed = env::current_exe().ok();
    let installed = installed.as_deref().and_then(Path::parent);
    let installed = installed.map(|folder| folder.join("trainer"));
    let shared = Path::new("/usr/share/trainnet/trainer");
    let places = installed.into_iter().chain([shared.to_owned()]);
    let mut places = places.filter(|place| place.join("train.py").is_file());
    places.next().unwrap_or_else(|| PathBuf::from("trainer"))
}

/// The richest environment that was set up, else the system's Python.
fn usual_python(data_dir: &Path, trainer: &Path) -> PathBuf {
    let checkout = trainer.parent().map(|root| root.join(".trainnet"));
    let beside = [Some(data_dir.to_owned()), checkout];
    let made = beside.into_iter().flatten().flat_map(|folder| {
        ["trainer-torch", "trainer"].map(|name| folder.join(name).join("bin/python"))
    });
    let mut made = made.filter(|python| python.is_file());
    made.next()
        .unwrap_or_else(|| PathBuf::from("/usr/bin/python3"))
}

fn isolations(text: &str) -> Result<Option<Vec<Isolation>>, Trouble> {
    if text.trim() == "auto" {
        return Ok(None);
    }
    let one = |word: &str| match word.trim() {
        "podman" => Ok(Isolation::Podman),
        "docker" => Ok(Isolation::Docker),
        "bubblewrap" => Ok(Isolation::Bubblewrap),
        "process" => Ok(Isolation::Process),
        other => Err(Trouble::wrong(format!(
            "TRAINNET_AGENT_ISOLATION names {other:?}; it is auto, or some of podman, docker, \
             bubblewrap and process, with commas between"
        ))),
    };
    text.split(',').map(one).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isolation_is_a_list_of_known_words() {
        assert_eq!(isolations("auto").unwrap(), None);
        let some = Some(vec![Isolation::Bubblewrap, Isolation::Process]);
        assert_eq!(isolations("bubblewrap, process").unwrap(), some);
        assert!(isolations("jail").is_err());
    }
}
