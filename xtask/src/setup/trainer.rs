//! Makes the Python environments in which the trainer runs: a light one, and one with PyTorch.

use std::process::Command;

use super::environment::Environment;
use crate::steps::Steps;
use crate::workspace;

/// What `tabular` needs: enough for the demonstration, some 400 MB.
const LIGHT: Environment = Environment {
    title: "trainer",
    folder: ".trainnet/trainer",
    requirements: include_str!("../../../trainer/requirements-tabular.txt"),
    imports: "import numpy, pandas, sklearn, safetensors",
    beneath: None,
};

/// What every model needs. PyTorch is Debian's: PyPI's brings gigabytes for GPUs along.
const WITH_TORCH: Environment = Environment {
    title: "trainer with PyTorch",
    folder: ".trainnet/trainer-torch",
    requirements: include_str!("../../../trainer/requirements-cpu.txt"),
    imports: "import numpy, pandas, sklearn, safetensors, torch, torchvision, transformers, pytest",
    beneath: Some((
        "/usr/bin/python3",
        &["python3-venv", "python3-torch", "python3-torchvision"],
    )),
};

/// Provides what trains tables.
pub fn provide_light(steps: &mut Steps) -> bool {
    LIGHT.provide(steps)
}

/// Provides what trains everything, and tests it.
pub fn provide_with_torch(steps: &mut Steps) -> bool {
    WITH_TORCH.provide(steps)
}

/// The trainer's own tests.
pub fn tests() -> Command {
    let mut command = Command::new(WITH_TORCH.folder().join("bin/python"));
    command
        .args(["-m", "pytest", "trainer/tests", "-q", "-p", "no:cacheprovider"])
        .current_dir(workspace::root())
        // More threads than cores make small networks slower, not quicker.
        .env("OMP_NUM_THREADS", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_names_one_version_of_each_package() {
        for environment in [LIGHT, WITH_TORCH] {
            let mut names = Vec::new();
            for line in environment.requirements.lines() {
                let (name, version) = line.split_once("==").unwrap();
                assert!(!version.is_empty() && !version.contains('*'), "{line}");
                names.push(name.to_lowercase());
            }
            let mut once = names.clone();
            once.sort();
            once.dedup();
            assert_eq!(names.len(), once.len(), "{}", environment.title);
        }
    }

    /// What one environment trained, the other must be able to go on with.
    #[test]
    fn what_both_environments_hold_is_of_one_version() {
        let heavy: Vec<&str> = WITH_TORCH.requirements.lines().collect();
        for line in LIGHT.requirements.lines() {
            assert!(heavy.contains(&line), "{line}");
        }
    }
}
