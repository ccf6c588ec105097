//! The checker checked: builds that are wrong on purpose must not pass.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

/// Features of this crate, each of which breaks the kernel in another place.
const WRONG: [&str; 3] = [
    "wrong-no-floor",
    "wrong-read-modify-write",
    "wrong-split-checkpoint",
];
const TARGET_DIR: &str = "target/wrong";
/// A wrong build is found out quickly or never.
const SECONDS_MAX: u64 = 10;

/// Builds and tries each; says which passed although they must not.
pub async fn run(seconds: u64) -> Result<Vec<String>> {
    let mut passed = Vec::new();
    for feature in WRONG {
        let program = build(feature).await?;
        match first_violation(program, seconds.min(SECONDS_MAX)).await? {
            Some(violation) => println!("control {feature}: found out: {violation}"),
            None => passed.push(format!("control {feature}: passed, and is wrong")),
        }
    }
    Ok(passed)
}

async fn build(feature: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args([
        "build",
        "--quiet",
        "--package",
        "proofs",
        "--features",
        feature,
    ]);
    build.args(["--target-dir", TARGET_DIR]);
    let folder = if cfg!(debug_assertions) {
        "debug"
    } else {
        build.arg("--release");
        "release"
    };
    let status = build.status().await.context("cargo cannot be started")?;
    ensure!(status.success(), "the build with {feature} failed");
    Ok([TARGET_DIR, folder, "proofs"].iter().collect())
}

/// Runs the same test in the wrong build; an error is not a finding.
async fn first_violation(program: PathBuf, seconds: u64) -> Result<Option<String>> {
    let mut test = Command::new(program);
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
