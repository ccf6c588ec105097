//! Makes the Python environments in which the trainer runs: a light one, and one with PyTorch.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{answers, debian};
use crate::steps::Steps;
use crate::workspace;

/// An environment: where it lies, what it is made from and what it must be able to import.
struct Environment {
    title: &'static str,
    folder: &'static str,
    requirements: &'static str,
    imports: &'static str,
    /// Debian's packages that it shows besides its own, and the Python that they are built for.
    beneath: Option<(&'static str, &'static [&'static str])>,
}

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

impl Environment {
    fn folder(&self) -> PathBuf {
        workspace::root().join(self.folder)
    }

    fn provide(&self, steps: &mut Steps) -> bool {
        let folder = self.folder();
        if self.is_there(&folder) {
            println!("    {} is there: {}", self.title, folder.display());
            return true;
        }
        println!("    {} is missing", self.title);
        println!(
            "    installs it for this checkout into {}",
            folder.display()
        );
        self.make(steps, &folder) && self.fill(steps, &folder)
    }

    /// The list that it was installed from is kept beside it, and written last.
    fn is_there(&self, folder: &Path) -> bool {
        let installed = fs::read_to_string(folder.join("installed.txt"));
        installed.is_ok_and(|list| list == self.requirements)
            && answers(Command::new(folder.join("bin/python")).args(["-c", self.imports]))
    }

    fn make(&self, steps: &mut Steps, folder: &Path) -> bool {
        if let Some((_, packages)) = self.beneath
            && !debian::install(steps, packages)
        {
            return false;
        }
        let mut make = Command::new(self.beneath.map_or("python3", |(python, _)| python));
        make.args(["-m", "venv", "--clear"]);
        if self.beneath.is_some() {
            make.arg("--system-site-packages");
        }
        make.arg(folder);
        let title = format!("environment of the {}", self.title);
        // Debian's Python cannot make one before this package is there.
        steps.run(&title, &mut make)
            || (debian::install(steps, &["python3-venv"]) && steps.run(&title, &mut make))
    }

    fn fill(&self, steps: &mut Steps, folder: &Path) -> bool {
        let list = folder.join("requirements.txt");
        let mut command = Command::new(folder.join("bin/python"));
        command
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--no-deps", "--only-binary", ":all:", "-r"])
            .arg(&list);
        let written = fs::write(&list, self.requirements).is_ok();
        written
            && steps.run(self.title, &mut command)
            && fs::rename(&list, folder.join("installed.txt")).is_ok()
    }
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
