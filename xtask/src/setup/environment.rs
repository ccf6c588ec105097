//! Makes Python environments from lists that name every package in one version.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{answers, debian};
use crate::steps::Steps;
use crate::workspace;

/// An environment: where it lies, what it is made from and what it must be able to import.
pub struct Environment {
    pub title: &'static str,
    pub folder: &'static str,
    pub requirements: &'static str,
    pub imports: &'static str,
    /// Debian's packages that it shows besides its own, and the Python that they are built for.
    pub beneath: Option<(&'static str, &'static [&'static str])>,
}

impl Environment {
    pub fn folder(&self) -> PathBuf {
        workspace::root().join(self.folder)
    }

    pub fn provide(&self, steps: &mut Steps) -> bool {
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
