//! The example of an environment names every variable that the code reads, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What the system says to every program.
const OF_THE_SYSTEM: [&str; 4] = ["CARGO", "HOME", "PATH", "XDG_CONFIG_HOME"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The sources of every program and library, without their tests and what cargo alone runs.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let skipped = name.starts_with('.')
            || ["target", "tests", "node_modules", "build.rs"].contains(&&*name);
        if skipped {
            continue;
        }
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The variables that a source names where it reads the environment.
fn read_by(text: &str) -> BTreeSet<String> {
    let text: String = text.split_whitespace().collect();
    let mut found = BTreeSet::new();
    for opening in ["env::var(\"", "env::var_os(\"", "env=\""] {
        for (at, _) in text.match_indices(opening) {
            let name = text[at + opening.len()..].split('"').next().unwrap();
            found.insert(name.to_owned());
        }
    }
    if text.contains("EnvFilter::try_from_default_env(") {
        found.insert("RUST_LOG".to_owned());
    }
    found
}

/// The variables that the example names, set or commented out.
fn named_by(example: &str) -> BTreeSet<String> {
    let assignments = example.lines().filter_map(|line| line.split_once('='));
    let names = assignments.map(|(name, _)| name.trim_start_matches('#').to_owned());
    names
        .filter(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        .collect()
}

#[test]
fn the_example_names_every_variable_and_no_other() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let mut read: BTreeSet<String> = files
        .iter()
        .flat_map(|file| read_by(&fs::read_to_string(file).unwrap()))
        .collect();
    // These are read by whoever calls for them, so no search finds them.
    read.extend(platform::VARIABLES.map(str::to_owned));
    read.extend(objects::VARIABLES.map(str::to_owned));
    read.extend(agent::VARIABLES.map(str::to_owned));
    read.extend(platform::payments::VARIABLES.map(str::to_owned));
    read.retain(|name| !OF_THE_SYSTEM.contains(&name.as_str()));
    let example = fs::read_to_string(root().join(".env.example")).unwrap();
    assert_eq!(read, named_by(&example));
}

#[test]
fn a_variable_is_seen_however_it_is_read() {
    let text = "std::env::var( \"ONE\"); env::var_os(\n\"TWO\"); #[arg(long, env = \"THREE\")]";
    let seen: Vec<String> = read_by(text).into_iter().collect();
    assert_eq!(seen, ["ONE", "THREE", "TWO"]);
    let named: Vec<String> = named_by("# a comment = none\n#B=1\nA=\n")
        .into_iter()
        .collect();
    assert_eq!(named, ["A", "B"]);
}
