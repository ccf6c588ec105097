//! Holds the code against every rule, and goes on after a failure so that one run shows them all.

use std::process::{Command, Stdio};

use anyhow::bail;

use crate::setup::web;
use crate::steps::Steps;
use crate::{arrows, house, workspace};

/// Runs every check, and says whether all passed.
pub fn run() -> bool {
    let mut steps = Steps::default();
    perform(&mut steps);
    steps.sum_up()
}

/// Runs every check as a step of its own.
pub fn perform(steps: &mut Steps) {
    steps.run(
        "format",
        workspace::cargo().args(["fmt", "--all", "--check"]),
    );
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    steps.run("lints", workspace::cargo().args(clippy));
    steps.perform(
        "arrows",
        "cargo metadata against the list in xtask/src/arrows",
        || found_nothing(&arrows::violations(&workspace::metadata()?)),
    );
    let deny = ["deny", "--offline", "check", "--hide-inclusion-graph"];
    let deny = [deny.as_slice(), &["licenses", "bans", "sources"]].concat();
    if is_deny_installed() {
        // Read offline, the graph wants the crates of every target, not only those built here.
        steps.run("fetch", workspace::cargo().args(["fetch", "--locked"]));
        steps.run("dependencies", workspace::cargo().args(&deny));
    } else {
        steps.perform("dependencies", &format!("cargo {}", deny.join(" ")), || {
            bail!("cargo-deny is missing: run `cargo xtask setup --tests`")
        });
    }
    if web::install(steps) {
        steps.run(
            "web types",
            &mut web::npm(&["exec", "--", "tsc", "--noEmit"]),
        );
    }
    steps.perform("house rules", "the rules in xtask/src/house.rs", || {
        found_nothing(&house::violations(&workspace::root())?)
    });
}

fn is_deny_installed() -> bool {
    let mut command: Command = workspace::cargo();
    command
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Prints what was found; finding anything is a failure.
pub fn found_nothing(violations: &[String]) -> anyhow::Result<()> {
    for violation in violations {
        println!("    {violation}");
    }
    match violations.len() {
        0 => Ok(()),
        1 => bail!("1 violation"),
        many => bail!("{many} violations"),
    }
}
