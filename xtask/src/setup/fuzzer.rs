//! Installs schemathesis, which asks the API what nobody would, into a folder of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{answers, debian};
use crate::steps::Steps;
use crate::workspace;

const VERSION: &str = "4.32.5";
/// It and everything that it needs, each in one version and with the digests of all its files:
/// what is asked follows from them, and nobody puts another in their place.
const REQUIREMENTS: &str = include_str!("schemathesis.txt");

/// Makes sure that it is there, and says whether it is.
pub fn provide(steps: &mut Steps) -> bool {
    let folder = workspace::root().join(".trainnet/schemathesis");
    if is_there(&folder) {
        println!("    schemathesis {VERSION} is there: {}", folder.display());
        return true;
    }
    println!("    schemathesis is missing");
    println!(
        "    installs a private copy for this checkout into {}",
        folder.display()
    );
    make(steps, &folder) && fill(steps, &folder)
}

/// The list that it was installed from is kept beside it, and written last.
fn is_there(folder: &Path) -> bool {
    let installed = fs::read_to_string(folder.join("installed.txt"));
    installed.is_ok_and(|list| list == REQUIREMENTS)
        && answers(Command::new(folder.join("bin/schemathesis")).arg("--version"))
}

fn make(steps: &mut Steps, folder: &Path) -> bool {
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(folder);
    // Debian's Python cannot make one before this package is there.
    steps.run("python environment", &mut make)
        || (debian::install(steps, &["python3-venv"]) && steps.run("python environment", &mut make))
}

fn fill(steps: &mut Steps, folder: &Path) -> bool {
    let list = folder.join("requirements.txt");
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "-r",
    ];
    let mut command = Command::new(folder.join("bin/python"));
    command.args(install).arg(&list);
    let written = fs::write(&list, REQUIREMENTS).is_ok();
    written
        && steps.run(&format!("schemathesis {VERSION}"), &mut command)
        && fs::rename(&list, folder.join("installed.txt")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_one_version_of_each_package_and_that_of_schemathesis() {
        let mut names = Vec::new();
        let mut digests = 1;
        for line in REQUIREMENTS.lines() {
            let line = line.trim_end_matches(" \\");
            if let Some(digest) = line.strip_prefix("    --hash=sha256:") {
                let hex = digest.bytes().all(|it| it.is_ascii_hexdigit());
                assert!(hex && digest.len() == 64, "{line}");
                digests += 1;
                continue;
            }
            assert!(digests > 0, "there are none before {line}");
            digests = 0;
            let (name, version) = line.split_once("==").unwrap();
            assert!(!version.is_empty() && !version.contains('*'), "{line}");
            names.push(name);
        }
        assert!(digests > 0);
        assert!(REQUIREMENTS.contains(&format!("schemathesis=={VERSION} \\\n")));
        let mut once = names.clone();
        once.dedup();
        assert_eq!(names, once);
    }
}
