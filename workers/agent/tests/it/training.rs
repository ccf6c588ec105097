//! A unit is trained for real, in the sandbox, and its result handed in.

use std::process::Command;

use agent::{Isolation, Wish};

use crate::machine::{TestMachine, assignment, python, root};
use crate::stand::{Stand, sha256};

#[tokio::test]
async fn a_unit_is_trained_and_its_model_predicts() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    stand.lease(assignment(&stand, 60));
    let at_work = machine.work();
    let complete = stand.wait_to_hear("complete").await;
    assert_eq!(complete["fence"], 7);
    assert_eq!(complete["step"], 60);
    assert!(complete["trained_seconds"].is_u64());
    let accuracy: f64 = complete["metrics"]["validation_accuracy"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(accuracy > 0.85, "{complete}");

    let content = stand.state().objects[complete["artifact"].as_str().unwrap()].clone();
    let uploads = stand.heard("uploads");
    let upload = uploads.iter().find(|it| it["kind"] == "artifact").unwrap();
    assert_eq!(upload["sha256"], sha256(&content));
    let path = machine.folder.path().join("model.zip");
    std::fs::write(&path, content).unwrap();
    let model = machine.folder.path().join("model");
    let unpacked = Command::new(python())
        .args(["-m", "zipfile", "-e"])
        .arg(&path)
        .arg(&model)
        .status();
    assert!(unpacked.unwrap().success());
    let predicted = Command::new(python())
        .arg(model.join("predict.py"))
        .arg(root().join("trainer/examples/breast-cancer.csv"))
        .output();
    let predicted = String::from_utf8(predicted.unwrap().stdout).unwrap();
    assert!(
        predicted
            .lines()
            .next()
            .unwrap()
            .contains("\"label\": \"malignant\"")
    );

    let logs: Vec<_> = stand
        .heard("progress")
        .iter()
        .flat_map(|it| it["logs"].as_array().unwrap().clone())
        .collect();
    assert!(
        logs.iter()
            .any(|line| line["text"] == "569 rows, 31 columns"),
        "{logs:?}"
    );
    assert!(
        stand
            .heard("heartbeat")
            .iter()
            .any(|it| it["phase"] == "fetching")
    );
    at_work.end(Wish::HandBack).await.unwrap();
    assert!(!machine.task().exists());
}

#[tokio::test]
async fn a_machine_joins_once_and_says_what_it_can() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    let said = stand.wait_to_hear("enrol").await;
    assert_eq!(said["runtimes"], serde_json::json!(["tabular"]));
    assert!(
        said["isolation"]
            .as_array()
            .unwrap()
            .contains(&"bubblewrap".into()),
        "{said}"
    );
    assert!(said["hardware"]["memory_bytes"].as_u64().unwrap() > 0);
    let again = agent::join(machine.settings.clone(), &stand.url, "join-token", "desk").await;
    assert!(again.is_err());
    assert_eq!(stand.state().token_uses, 1);
    let status = agent::status(machine.settings.clone()).unwrap().unwrap();
    assert_eq!((status.name.as_str(), status.is_running), ("desk", false));
}

#[tokio::test]
async fn a_token_that_is_refused_leaves_nothing_behind() {
    let stand = Stand::start().await;
    let machine = TestMachine::new();
    let refused = agent::join(machine.settings.clone(), &stand.url, "wrong", "desk").await;
    assert!(refused.is_err_and(|error| error.to_string().contains("servers/token/refused")));
    assert!(agent::status(machine.settings.clone()).unwrap().is_none());
}

#[tokio::test]
async fn an_order_that_wants_more_isolation_than_there_is_is_not_trained() {
    let stand = Stand::start().await;
    let mut machine = TestMachine::join(&stand).await;
    machine.settings.isolation = Some(vec![Isolation::Process]);
    stand.lease(assignment(&stand, 5));
    let at_work = machine.work();
    let fail = stand.wait_to_hear("fail").await;
    assert_eq!(fail["cause"], "machine");
    at_work.end(Wish::HandBack).await.unwrap();
}

#[tokio::test]
async fn two_agents_do_not_work_from_one_folder() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    let first = machine.work();
    stand.wait_to_hear("beat").await;
    assert!(
        agent::status(machine.settings.clone())
            .unwrap()
            .unwrap()
            .is_running
    );
    let second = machine.work().end(Wish::Work).await;
    assert!(second.is_err_and(|error| error.to_string().contains("another agent")));
    first.end(Wish::Leave).await.unwrap();
}
