//! A real server, a real agent in a program of its own, the real trainer in its sandbox.

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;

use crate::program::{folder, trainnet};

#[test]
fn a_model_is_ordered_paid_trained_on_a_machine_and_its_receipt_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let trainer = root.join(".trainnet/trainer");
    let is_set_up = trainer.join("bin/python").is_file();
    assert!(is_set_up, "run `cargo xtask setup` first");
    let folder = folder();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    symlink(trainer.canonicalize().unwrap(), data.join("trainer")).unwrap();
    let mut up = trainnet(folder.path(), &["up", "--no-stay"]);
    up.current_dir(&root);
    let output = up.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaint}");
    assert!(said.contains("holds"), "{said}");

    let identity = std::fs::read(folder.path().join("data/agent/machine.json")).unwrap();
    let identity: Value = serde_json::from_slice(&identity).unwrap();
    let machine = identity["machine"].as_str().unwrap();
    let status = trainnet(folder.path(), &["agent", "status"])
        .output()
        .unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(
        status.contains(machine) && status.contains("not running"),
        "{status}"
    );
    assert!(
        !status.contains("task "),
        "nothing is left of the unit: {status}"
    );
    let tasks = std::fs::read_dir(folder.path().join("data/agent/tasks"));
    assert_eq!(tasks.unwrap().count(), 0);
}
