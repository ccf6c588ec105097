//! A training stops when it is told to, having saved, and goes on from there.

use agent::Wish;
use serde_json::json;

use crate::machine::{LONG, TestMachine, assignment};
use crate::stand::{Stand, sha256};

#[tokio::test]
async fn a_paused_unit_is_saved_and_goes_on_under_a_later_lease() {
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
    stand.state().desired = Some("pause");
    let release = stand.wait_to_hear("release").await;
    assert_eq!(release["because"], "paused");
    let saved = stand.checkpoints().pop().unwrap();
    let step = saved["step"].as_u64().unwrap();
    assert!(0 < step && step < u64::from(LONG));
    assert!(release["trained_seconds"].as_u64() >= saved["trained_seconds"].as_u64());

    let content = stand.state().objects[saved["object"].as_str().unwrap()].clone();
    let mut next = assignment(&stand, LONG);
    let given = stand.offer("checkpoint.zip", content.clone());
    next["fence"] = json!(8);
    next["checkpoint"] = json!({
        "url": given["url"], "bytes": given["bytes"], "sha256": sha256(&content), "step": step,
    });
    stand.state().desired = None;
    stand.state().heard.clear();
    stand.lease(next);
    let complete = stand.wait_to_hear("complete").await;
    assert_eq!(
        (&complete["fence"], &complete["step"]),
        (&json!(8), &json!(LONG))
    );
    let first = stand.heard("progress").remove(0);
    assert!(first["step"].as_u64().unwrap() >= step, "{first}");
    at_work.end(Wish::HandBack).await.unwrap();
}

#[tokio::test]
async fn it_stops_before_its_allowance_is_used_up() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    let mut assignment = assignment(&stand, LONG);
    assignment["seconds_max"] = json!(2);
    stand.state().seconds_max = Some(2);
    stand.lease(assignment);
    let at_work = machine.work();
    let release = stand.wait_to_hear("release").await;
    assert_eq!(release["because"], "allowance");
    assert!(release["trained_seconds"].as_u64().unwrap() <= 2);
    assert_eq!(stand.checkpoints().len(), stand.heard("uploads").len());
    assert!(!stand.checkpoints().is_empty());
    at_work.end(Wish::HandBack).await.unwrap();
}

#[tokio::test]
async fn a_machine_whose_owner_stops_it_hands_back_what_it_has() {
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
    at_work.end(Wish::HandBack).await.unwrap();
    let release = stand.heard("release").remove(0);
    assert_eq!(release["because"], "draining");
    assert!(!stand.checkpoints().is_empty());
    assert!(machine.processes().is_empty());
}

#[tokio::test]
async fn a_unit_that_is_cancelled_before_it_began_is_not_begun() {
    let stand = Stand::start().await;
    let machine = TestMachine::join(&stand).await;
    stand.state().desired = Some("cancel");
    let mut assignment = assignment(&stand, LONG);
    // Never comes: it is not offered.
    assignment["inputs"][0]["sha256"] = json!("0".repeat(64));
    stand.state().broken_downloads = u32::MAX;
    stand.lease(assignment);
    let at_work = machine.work();
    assert_eq!(stand.wait_to_hear("release").await["because"], "cancelled");
    at_work.end(Wish::HandBack).await.unwrap();
}
