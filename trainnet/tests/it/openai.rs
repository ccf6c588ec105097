//! OpenAI's own library for Python trains a model here, unchanged, with a real agent and trainer.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::program::{Serving, folder, training, trainnet};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openai/judge.py");

#[test]
fn openais_own_library_trains_a_model_and_finds_nothing_strange() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = root.join(".trainnet/openai/bin/python");
    assert!(
        python.exists(),
        "OpenAI's library is missing: run `cargo xtask setup --tests`"
    );
    let folder = folder();
    let mut up = trainnet(folder.path(), &["up"]);
    training(&mut up);
    // The tour leaves a customer with an account, and a machine with an agent.
    let mut serving = Serving::begin(up);
    let is_up = serving.lines.any(|line| line.unwrap() == "Ctrl-C ends it.");
    let people = std::fs::read_to_string(folder.path().join("data/tour/people.json")).unwrap();
    let people: Value = serde_json::from_str(&people).unwrap();
    let customer = |field: &str| people["customer"][field].as_str().unwrap();
    let beside = folder.path().join("judge");
    std::fs::create_dir(&beside).unwrap();
    let judged = Command::new(python)
        .arg(SCRIPT)
        .args([&serving.url, customer("email"), customer("password")])
        .arg(root.join("trainer/examples/breast-cancer.csv"))
        .arg(root.join(".trainnet/trainer/bin/python"))
        .arg(beside)
        // A proxy of whoever runs the tests is none of these programs' business.
        .env("NO_PROXY", "127.0.0.1")
        .env("OMP_NUM_THREADS", "1")
        .output();
    // Ended first, whatever was found, so that nothing of it outlives the test.
    serving.end();
    let Output {
        status,
        stdout,
        stderr,
    } = judged.unwrap();
    let said = String::from_utf8_lossy(&stdout);
    assert!(is_up, "it never said that it was up");
    assert!(
        status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&stderr)
    );
    assert!(said.ends_with("nothing is strange\n"), "{said}");
}
