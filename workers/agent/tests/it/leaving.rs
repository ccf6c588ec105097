//! An agent ends and begins again: its trainer is found at work, or taken up from what it saved.

use agent::Wish;
use serde_json::json;

use crate::machine::{LONG, TestMachine, assignment, kill_group};
use crate::stand::Stand;

#[tokio::test]
async fn a_restarted_agent_finds_its_trainer_at_work() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    stand.lease(assignment(&stand, LONG));
    let at_work = machine.work();
    stand
        .wait_for("checkpoint", |stand| stand.checkpoints().pop())
        .await;
    let trainer = machine.trainer().unwrap();
    at_work.end(Wish::Leave).await.unwrap();
    assert!(
        !machine.processes().is_empty(),
        "the trainer ended with its agent"
    );
    let logs = || -> Vec<String> {
        let progress = stand.heard("progress").into_iter();
        let lines = progress.flat_map(|it| it["logs"].as_array().unwrap().clone());
        lines
            .map(|line| line["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = logs();
    let at_work = machine.work();
    stand
        .wait_for("heartbeat", |stand| stand.heard("beat").get(1).cloned())
        .await;
    assert_eq!(machine.trainer(), Some(trainer));
    let complete = stand.wait_to_hear("complete").await;
    assert_eq!(
        (&complete["fence"], &complete["step"]),
        (&json!(7), &json!(LONG))
    );
    assert_eq!(
        stand
            .heard("uploads")
            .iter()
            .filter(|it| it["kind"] == "artifact")
            .count(),
        1
    );
    // Nothing was said twice.
    let again = logs();
    assert_eq!(
        again
            .iter()
            .filter(|line| line.contains("569 rows"))
            .count(),
        1,
        "{before:?}"
    );
    let steps: Vec<_> = stand
        .checkpoints()
        .iter()
        .map(|it| it["step"].as_u64().unwrap())
        .collect();
    assert!(steps.is_sorted_by(|one, next| one < next), "{steps:?}");
    at_work.end(Wish::HandBack).await.unwrap();
}

#[tokio::test]
async fn a_trainer_that_ended_with_the_machine_is_taken_up_from_what_it_saved() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    stand.lease(assignment(&stand, LONG));
    let at_work = machine.work();
    let saved = stand
        .wait_for("checkpoint", |stand| stand.checkpoints().pop())
        .await;
    let trainer = machine.trainer().unwrap();
    at_work.end(Wish::Leave).await.unwrap();
    kill_group(trainer);
    stand
        .wait_for("end", |_| machine.processes().is_empty().then_some(()))
        .await;

    stand.state().heard.clear();
    let at_work = machine.work();
    let complete = stand.wait_to_hear("complete").await;
    assert_eq!(
        (&complete["fence"], &complete["step"]),
        (&json!(7), &json!(LONG))
    );
    let first = stand.heard("progress").remove(0);
    assert!(
        first["step"].as_u64().unwrap() >= saved["step"].as_u64().unwrap(),
        "{first}"
    );
    assert!(first["trained_seconds"].as_u64() >= saved["trained_seconds"].as_u64());
    at_work.end(Wish::HandBack).await.unwrap();
}
