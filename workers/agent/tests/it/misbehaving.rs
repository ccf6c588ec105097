//! Connections break, servers are out, leases are lost: work is kept as long as it is ours.

use agent::Wish;
use serde_json::json;

use crate::machine::{LONG, TestMachine, assignment, kill_group};
use crate::stand::Stand;

#[tokio::test]
async fn a_download_goes_on_where_the_connection_broke() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    stand.state().broken_downloads = 2;
    stand.lease(assignment(&stand, 5));
    let at_work = machine.work();
    stand.wait_to_hear("complete").await;
    let ranges = stand.state().ranges.clone();
    assert_eq!(ranges.len(), 3, "{ranges:?}");
    let from = |range: &str| {
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse::<usize>()
            .ok()
    };
    let from: Vec<_> = ranges.iter().map(|range| from(range)).collect();
    assert!(
        from[0].is_none() && from[1] > Some(0) && from[1] < from[2],
        "{ranges:?}"
    );

    // The next one needs no download at all.
    stand.state().heard.clear();
    stand.lease(assignment(&stand, 5));
    stand.wait_to_hear("complete").await;
    assert_eq!(stand.state().ranges.len(), 3);
    at_work.end(Wish::HandBack).await.unwrap();
}

#[tokio::test]
async fn other_bytes_than_were_promised_are_not_trained_on() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    let mut assignment = assignment(&stand, 5);
    assignment["inputs"][0]["sha256"] = json!("0".repeat(64));
    stand.lease(assignment);
    let at_work = machine.work();
    let fail = stand.wait_to_hear("fail").await;
    assert_eq!(fail["cause"], "network");
    assert_eq!(fail["trained_seconds"], 0);
    at_work.end(Wish::HandBack).await.unwrap();
}

#[tokio::test]
async fn an_outage_of_the_server_ends_no_training() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    stand.lease(assignment(&stand, 300));
    let at_work = machine.work();
    stand.wait_for("trainer", |_| machine.trainer()).await;
    stand.state().is_out = true;
    // The model is finished while nobody can be told.
    let output = machine.task().join("work/out/metrics.json");
    stand
        .wait_for("model", |_| output.is_file().then_some(()))
        .await;
    assert!(stand.heard("complete").is_empty());
    stand.state().is_out = false;
    let complete = stand.wait_to_hear("complete").await;
    assert_eq!(complete["step"], 300);
    at_work.end(Wish::HandBack).await.unwrap();
}

#[tokio::test]
async fn a_lost_lease_ends_the_trainer_and_nothing_is_handed_in() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    stand.lease(assignment(&stand, LONG));
    let at_work = machine.work();
    stand
        .wait_for("progress", |stand| {
            stand
                .heard("progress")
                .into_iter()
                .find(|it| it["step"] != 0)
        })
        .await;
    // The shell beside it, the two halves of the sandbox, and the trainer.
    assert!(machine.processes().len() >= 3, "{:?}", machine.processes());
    stand.state().is_lost = true;
    stand
        .wait_for("end", |_| (!machine.task().exists()).then_some(()))
        .await;
    stand
        .wait_for("end of processes", |_| {
            machine.processes().is_empty().then_some(())
        })
        .await;
    for verb in ["complete", "fail", "release"] {
        assert!(stand.heard(verb).is_empty(), "{verb}");
    }
    at_work.end(Wish::HandBack).await.unwrap();
}

#[tokio::test]
async fn data_that_cannot_be_learnt_from_is_the_customers_matter() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    let mut assignment = assignment(&stand, 5);
    let rows = "a,diagnosis\n".to_owned() + &"1,same\n".repeat(50);
    assignment["inputs"] = json!([stand.offer("dataset.csv", rows.into_bytes())]);
    stand.lease(assignment);
    let at_work = machine.work();
    let fail = stand.wait_to_hear("fail").await;
    assert_eq!(fail["cause"], "bad-data");
    assert!(fail["detail"].as_str().unwrap().contains("two classes"));
    at_work.end(Wish::HandBack).await.unwrap();
}

#[tokio::test]
async fn a_trainer_that_is_killed_is_a_failure_of_the_machine() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    stand.lease(assignment(&stand, LONG));
    let at_work = machine.work();
    stand
        .wait_for("checkpoint", |stand| stand.checkpoints().pop())
        .await;
    kill_group(machine.trainer().unwrap());
    let fail = stand.wait_to_hear("fail").await;
    assert_eq!(fail["cause"], "machine");
    // What was not saved is not said to have been trained.
    let saved = stand.checkpoints().pop().unwrap();
    assert_eq!(fail["trained_seconds"], saved["trained_seconds"]);
    at_work.end(Wish::HandBack).await.unwrap();
}
