//! The checker checked: builds that are wrong on purpose must not pass.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

/// In which ways a build can be wrong, each of which breaks the kernel in another place.
const WRONG: [&str; 3] = ["no-floor", "read-modify-write", "split-checkpoint"];
const VARIABLE: &str = "WRONG_ON_PURPOSE";
/// A wrong build is found out quickly or never.
const SECONDS_MAX: u64 = 10;

/// Builds one that can be wrong and tries each way; says which passed although they must not.
pub async fn run(seconds: u64) -> Result<Vec<String>> {
    let program = build().await?;
    let mut passed = Vec::new();
    for wrong in WRONG {
        match first_violation(&program, wrong, seconds.min(SECONDS_MAX)).await? {
            Some(violation) => println!("control {wrong}: found out: {violation}"),
            None => passed.push(format!("control {wrong}: passed, and is wrong")),
        }
    }
    Ok(passed)
}

/// Beside the right build, out of what both have in common: of the whole workspace and with a test
/// among what is built, dependencies have the features that they have in the build of all tests.
async fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--workspace"]);
    build.args(["--bin", "proofs", "--test", "memory"]);
    build.args(["--features", "proofs/wrong"]);
    let folder = if cfg!(debug_assertions) {
        "debug"
    } else {
        build.arg("--release");
        "release"
    };
    let status = build.status().await.context("cargo cannot be started")?;
    ensure!(status.success(), "the build that can be wrong failed");
    let target = Path::new("target").join(folder);
    // The next build of the right one takes its place there.
    let program = target.join("proofs-wrong");
    tokio::fs::copy(target.join("proofs"), &program).await?;
    Ok(program)
}

/// Runs the same test in the wrong build; an error is not a finding.
async fn first_violation(program: &Path, wrong: &str, seconds: u64) -> Result<Option<String>> {
    let mut test = Command::new(program);
    test.env(VARIABLE, wrong);
    test.args(["chaos", "bank", "--seconds", &seconds.to_string()]);
    test.args(["--only", "nothing", "--only", "connections-dropped"]);
    let output = test.stderr(Stdio::inherit()).output().await?;
    let told = String::from_utf8_lossy(&output.stdout);
    let violation = told
        .lines()
        .find_map(|line| line.strip_prefix(super::VIOLATION));
    match output.status.code() {
        Some(0) => Ok(None),
        Some(1) => {
            let violation = violation.context("a wrong build failed without saying why")?;
            Ok(Some(violation.to_owned()))
        }
        _ => anyhow::bail!(
            "a wrong build broke down instead of failing: {}",
            output.status
        ),
    }
}
