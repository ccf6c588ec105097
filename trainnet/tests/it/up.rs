//! `trainnet up`: from a file to a trained model and its receipt, with a real agent and trainer.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{folder, training, trainnet};

fn up(folder: &Path) -> Command {
    let mut command = trainnet(folder, &["up", "--no-stay"]);
    training(&mut command);
    command
}

#[test]
fn a_table_is_uploaded_paid_for_trained_downloaded_and_receipted_and_again_it_is_one_job() {
    let folder = folder();
    let first = up(folder.path()).output().unwrap();
    let said = String::from_utf8(first.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(first.status.success(), "{said}\n{complaint}");
    for words in [
        "usable, 569 rows, 31 columns, 2 classes",
        "Paid with a simulated card at http://127.0.0.1:",
        "   done  step ",
        " holds.\n",
        "{\"label\": \"",
        "everything holds up to ",
    ] {
        assert!(said.contains(words), "{words:?} is missing in:\n{said}");
    }
    let accuracy = said.split("validation_accuracy ").nth(1).unwrap();
    let accuracy: f64 = accuracy.split([',', '\n']).next().unwrap().parse().unwrap();
    assert!(accuracy > 0.85, "chance would give 0.63, not {accuracy}");

    let receipt = folder.path().join("data/tour/receipt.json");
    let verify = |file: &Path| {
        let file = file.to_str().unwrap();
        let mut command = trainnet(folder.path(), &["receipt", "verify", file, "--json"]);
        let output = command.output().unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, holds) = verify(&receipt);
    assert_eq!((code, &holds["holds"]), (Some(0), &Value::Bool(true)));
    let statement = &holds["statement"];
    assert_eq!(statement["held"]["amount"], "0.50");
    let line = &statement["lines"][0];
    assert_eq!(line["amount"], statement["charged"]);

    let text = std::fs::read_to_string(&receipt).unwrap();
    let forged = folder.path().join("forged.json");
    std::fs::write(&forged, text.replace("\"0.50\"", "\"0.40\"")).unwrap();
    let (code, refuted) = verify(&forged);
    assert_eq!((code, &refuted["holds"]), (Some(1), &Value::Bool(false)));

    let second = up(folder.path()).output().unwrap();
    let again = String::from_utf8(second.stdout).unwrap();
    assert!(second.status.success(), "{again}");
    let job = |said: &str| -> String {
        let at = said.find("Ordered job_").unwrap();
        said[at..].split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(job(&said), job(&again));
    assert!(again.contains("It was paid for before."), "{again}");
    nothing_is_left_on_the_machine(folder.path());
}

fn nothing_is_left_on_the_machine(folder: &Path) {
    let agent = folder.join("data/agent");
    let identity = std::fs::read(agent.join("machine.json")).unwrap();
    let identity: Value = serde_json::from_slice(&identity).unwrap();
    let machine = identity["machine"].as_str().unwrap();
    let status = trainnet(folder, &["agent", "status"]).output().unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(
        status.contains(machine) && status.contains("not running"),
        "{status}"
    );
    assert!(!status.contains("task "), "{status}");
    assert_eq!(std::fs::read_dir(agent.join("tasks")).unwrap().count(), 0);
}
