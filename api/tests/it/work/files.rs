//! What machines fetch and what they bring.

use axum::http::{Request, StatusCode};
use domain::work::{End, FailedCause, Input, Unit};
use serde_json::json;
use store::Commands;

use super::{
    CUSTOMER, PROVIDER, another_machine, bring, dataset, enqueue, enqueue_on, machine, of, ok,
    people, pull, say, terms,
};
use crate::objects::{GOOD, hex, path};
use crate::servers;
use crate::users::people::ELSEWHERE;

#[tokio::test]
async fn a_machine_fetches_what_it_needs_by_links() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    let object = dataset(&people, &customer).await;
    let name = "dataset".to_owned();
    let user = customer.user.parse().unwrap();
    enqueue_on(&people, terms(user, vec![Input { name, object }])).await;
    let task = pull(&people, &machine).await;
    let input = &task["inputs"][0];
    assert_eq!(input["name"], "dataset");
    assert_eq!(input["sha256"], hex(GOOD.as_bytes()));
    let request = Request::get(path(&input["url"])).header("x-forwarded-for", ELSEWHERE.address);
    let fetched = people.raw(request, String::new()).await;
    assert_eq!(fetched.text(), GOOD);
    // Whoever takes over goes on from the checkpoint.
    let checkpoint = bring(&people, &machine, &task, "checkpoint", b"half of it").await;
    let progress = json!({
        "trained_seconds": 0, "step": 5, "steps_total": 10, "epoch": 0,
        "checkpoint": { "object": checkpoint, "step": 5, "trained_seconds": 0 }
    });
    ok(&of(&people, &machine, &task, "progress", progress).await);
    let draining = json!({ "because": "draining", "trained_seconds": 0 });
    ok(&of(&people, &machine, &task, "release", draining).await);
    let again = pull(&people, &machine).await;
    assert_eq!(again["checkpoint"]["step"], 5);
    assert_eq!(again["checkpoint"]["sha256"], hex(b"half of it"));
}

#[tokio::test]
async fn a_unit_whose_files_are_gone_fails_instead_of_going_round() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    let object = dataset(&people, &customer).await;
    let gone = format!("/v1/datasets/{object}");
    let deleted = people.as_(&customer, ("DELETE", &gone), None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text());
    let name = "dataset".to_owned();
    let user = customer.user.parse().unwrap();
    let unit = enqueue_on(&people, terms(user, vec![Input { name, object }])).await;
    let body = json!({ "wait_seconds": 2 });
    let nothing = say(&people, &machine, "/tasks/pull", body).await;
    assert_eq!(nothing.status, StatusCode::NO_CONTENT, "{}", nothing.text());
    let units = Commands::<Unit>::new(people.log.clone());
    let over = units.look(&unit.to_string()).await.unwrap();
    assert!(
        matches!(&over, Unit::Over { end: End::Failed(FailedCause::BadData), tally, .. }
            if tally.spent.is_zero()),
        "{over:?}"
    );
}

#[tokio::test]
async fn a_machine_hands_in_only_what_it_brought_for_this_unit() {
    let people = people().await;
    let customer = people.somebody(CUSTOMER).await;
    let provider = servers::provider(&people, PROVIDER).await;
    let machine = another_machine(&people, &provider).await;
    let own = dataset(&people, &customer).await;
    enqueue(&people, &customer).await;
    let first = pull(&people, &machine).await;
    let checkpoint = bring(&people, &machine, &first, "checkpoint", b"half of it").await;
    let artifact = bring(&people, &machine, &first, "artifact", b"all of it").await;
    let hand_in = |object: &str| json!({ "trained_seconds": 0, "step": 1, "artifact": object });
    let nothing = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab";
    for wrong in [checkpoint.as_str(), &own.to_string(), nothing] {
        let reply = of(&people, &machine, &first, "complete", hand_in(wrong)).await;
        assert_eq!(reply.problem(), "work/files/not-brought", "{wrong}");
        assert_eq!(reply.json()["field"], "artifact");
    }
    ok(&of(&people, &machine, &first, "complete", hand_in(&artifact)).await);
    enqueue(&people, &customer).await;
    let second = pull(&people, &machine).await;
    let reply = of(&people, &machine, &second, "complete", hand_in(&artifact)).await;
    assert_eq!(reply.problem(), "work/files/not-brought");
    // Neither does another unit's right complete an upload.
    let verb = format!("uploads/{artifact}/complete");
    let reply = of(&people, &machine, &second, &verb, json!({})).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bytes_that_are_not_what_was_announced_are_not_taken() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    enqueue(&people, &customer).await;
    let task = pull(&people, &machine).await;
    let body = json!({
        "kind": "artifact", "name": "it.bin", "bytes": 5, "sha256": hex(b"right")
    });
    let opened = of(&people, &machine, &task, "uploads", body.clone())
        .await
        .json();
    let again = of(&people, &machine, &task, "uploads", body).await.json();
    assert_eq!(
        again["object"], opened["object"],
        "asked again, it is the same upload"
    );
    let verb = format!("uploads/{}/complete", opened["object"].as_str().unwrap());
    let early = of(&people, &machine, &task, &verb, json!({})).await;
    assert!(early.status.is_client_error(), "{}", early.text());
    let request =
        Request::put(path(&opened["parts"][0]["url"])).header("x-forwarded-for", ELSEWHERE.address);
    people.raw_bytes(request, b"wrong".to_vec()).await;
    let wrong = of(&people, &machine, &task, &verb, json!({})).await;
    assert!(wrong.status.is_client_error(), "{}", wrong.text());
}
