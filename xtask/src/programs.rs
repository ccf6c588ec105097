//! Runs the workspace's own programs with the arguments given here.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::setup::web;
use crate::steps::{Steps, shown};
use crate::{check, setup, workspace};

/// Sets up, checks and tests, and goes on after a failure, so that one run shows them all.
pub fn test() -> anyhow::Result<bool> {
    if !setup::run(true)? {
        return Ok(false);
    }
    let mut steps = Steps::default();
    check::perform(&mut steps);
    // Tests and programs at once: asked for one by one, each would have its dependencies built anew
    // with the features that it alone needs.
    let built = ["build", "--workspace", "--all-targets"];
    steps.run("build", workspace::cargo().args(built));
    steps.run("tests", workspace::cargo().args(["test", "--workspace"]));
    steps.run("trainer", &mut setup::trainer_tests());
    test_web(&mut steps);
    for (title, proof) in PROOFS {
        steps.run(title, built_program("proofs").args(proof.split(' ')));
    }
    Ok(steps.sum_up())
}

/// Shorter than they are by themselves. The bank is last: it puts a build that can be wrong in the
/// place of the right one.
const PROOFS: [(&str, &str); 6] = [
    ("models", "models"),
    (
        "budgets",
        "chaos budgets --jobs 60 --machines 16 --customers 3",
    ),
    ("machines", "chaos machines --rounds 2 --at-once 2"),
    ("server", "chaos server --jobs 10 --kills 5"),
    ("tamper", "tamper"),
    ("bank", "chaos bank --seconds 5 --with-controls"),
];

/// As the step before built it.
fn built_program(name: &str) -> Command {
    let mut command = Command::new(workspace::root().join("target/debug").join(name));
    command.current_dir(workspace::root());
    command
}

/// Holds the client against the API of this build, then runs the web app's own tests.
fn test_web(steps: &mut Steps) {
    let described = workspace::root().join("target/openapi.json");
    let written = steps.perform("API", "trainnet openapi > target/openapi.json", || {
        let output = built_program("trainnet").arg("openapi").output();
        let output = output.context("it cannot be run")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{said}");
        fs::write(&described, output.stdout).context("it cannot be written")
    });
    if written {
        let mut check = web::npm(&["run", "--silent", "api:check", "--"]);
        steps.run("client of the API", check.arg(&described));
    }
    steps.run("web tests", &mut web::npm(&["run", "--silent", "test"]));
    steps.run("web weight", &mut web::npm(&["run", "--silent", "size"]));
    steps.run("browser", &mut web::npm(&["run", "--silent", "e2e"]));
}

/// Sets up, then has a picture taken of every page.
pub fn screenshots() -> anyhow::Result<bool> {
    if !setup::run(true)? {
        return Ok(false);
    }
    let mut steps = Steps::default();
    let build = ["build", "-p", "trainnet"];
    let went_well = steps.run("program", workspace::cargo().args(build))
        && steps.run(
            "pictures",
            &mut web::npm(&["run", "--silent", "screenshots"]),
        );
    Ok(went_well)
}

/// Sets up, then has Lighthouse judge the app; its packages are many, and nothing else needs them.
pub fn lighthouse(arguments: &[OsString]) -> anyhow::Result<bool> {
    if !setup::run(true)? {
        return Ok(false);
    }
    let mut steps = Steps::default();
    let build = ["build", "-p", "trainnet"];
    let mut judge = web::npm(&["run", "--silent", "judge", "--"]);
    judge
        .args(arguments)
        .current_dir(workspace::root().join(web::LIGHTHOUSE));
    let went_well = web::install_lighthouse(&mut steps)
        && steps.run("program", workspace::cargo().args(build))
        && steps.run("lighthouse", &mut judge);
    Ok(went_well)
}

/// Sets up, then becomes the marketplace, so that Ctrl-C reaches it and nothing stands between.
pub fn up(arguments: &[OsString]) -> anyhow::Result<bool> {
    if !setup::run(false)? {
        return Ok(false);
    }
    let command = [OsStr::new("up")]
        .into_iter()
        .chain(arguments.iter().map(OsString::as_os_str));
    become_program("trainnet", &[], command)
}

/// Becomes the proofs, built as the product is.
pub fn prove(command: &[&str], arguments: &[OsString]) -> anyhow::Result<bool> {
    let given = arguments.iter().map(OsString::as_os_str);
    become_program(
        "proofs",
        &["--release"],
        command.iter().map(OsStr::new).chain(given),
    )
}

/// Sets up, builds the programs that are killed, then becomes the proof.
pub fn prove_training(command: &[&str], arguments: &[OsString]) -> anyhow::Result<bool> {
    let mut steps = Steps::default();
    if !setup::run(false)? {
        return Ok(false);
    }
    let built = ["build", "--release", "-p", "trainnet", "-p", "stripe-sim"];
    steps.run("programs", workspace::cargo().args(built));
    if !steps.sum_up() {
        return Ok(false);
    }
    prove(command, arguments)
}

/// Installs what it takes, then becomes the proof.
pub fn fuzz(arguments: &[OsString]) -> anyhow::Result<bool> {
    if !setup::run(false)? || !setup::provide_fuzzer() {
        return Ok(false);
    }
    prove(&["fuzz", "api"], arguments)
}

fn become_program<'a>(
    member: &str,
    profile: &[&str],
    arguments: impl Iterator<Item = &'a OsStr>,
) -> anyhow::Result<bool> {
    let metadata = workspace::metadata()?;
    ensure!(
        workspace::has_member(&metadata, member),
        "the workspace has no member {member}"
    );
    let mut command = workspace::cargo();
    command
        .arg("run")
        .args(profile)
        .args(["-p", member, "--"])
        .args(arguments);
    println!("==> {}", shown(&command));
    Err(command.exec()).context("cannot run cargo")
}
