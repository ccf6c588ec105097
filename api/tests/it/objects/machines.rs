//! What a machine brings for somebody whose work it does.

use axum::http::StatusCode;
use domain::objects::{ObjectId, ObjectKind, RemovedBecause, Under};
use domain::users::UserId;
use serde_json::json;
use store::{Context, ids};

use super::{complete, files_on, get, hex, path, send};
use crate::users::people::{KEPT_BYTES_MAX, People};

fn new(owner: &str, bytes: u64) -> api::NewObject {
    api::NewObject {
        object: ObjectId::new(ids::fresh()),
        owner: owner.parse::<UserId>().unwrap(),
        kind: ObjectKind::Checkpoint,
        name: None,
        bytes,
        sha256: Some(hex(b"0123456789").parse().unwrap()),
        under: Some(Under::try_new("unit_1/7").unwrap()),
    }
}

#[tokio::test]
async fn a_machine_brings_a_checkpoint_for_somebody_under_its_lease() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let machine = Context::by("machine_1");
    let opening = people
        .product
        .objects
        .open(new(&ann.user, 10), &machine)
        .await
        .unwrap();
    let url = path(&json!(opening.parts[0].url));
    let put = send(&people, None, ("PUT", &url), b"0123456789".to_vec()).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT, "{}", put.text());
    let other = Under::try_new("unit_1/8").unwrap();
    let late = people
        .product
        .objects
        .complete_under(opening.object, &other, &machine)
        .await;
    assert_eq!(late.unwrap_err().kind().status, StatusCode::NOT_FOUND);
    let right = Under::try_new("unit_1/7").unwrap();
    for _ in 0..2 {
        let done = people
            .product
            .objects
            .complete_under(opening.object, &right, &machine)
            .await;
        let done = done.unwrap();
        assert_eq!(
            (done.bytes, done.sha256.to_string()),
            (10, hex(b"0123456789"))
        );
        assert_eq!(done.opened.owner.to_string(), ann.user);
    }
    // It is its owner's, who sees it by a link and not as a dataset.
    let link = format!("/v1/objects/{}/link", opening.object);
    assert_eq!(get(&people, &ann, &link).await.status, StatusCode::OK);
    let dataset = format!("/v1/datasets/{}", opening.object);
    assert_eq!(
        get(&people, &ann, &dataset).await.status,
        StatusCode::NOT_FOUND
    );
    let superseded = RemovedBecause::Superseded;
    people
        .product
        .objects
        .remove(opening.object, superseded, &machine)
        .await
        .unwrap();
    assert_eq!(files_on(&people.shelf), 0);
}

#[tokio::test]
async fn what_work_brings_forth_does_not_count_against_what_somebody_may_keep() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let machine = Context::by("machine_1");
    for _ in 0..2 {
        let new = new(&ann.user, KEPT_BYTES_MAX);
        people.product.objects.open(new, &machine).await.unwrap();
    }
}

#[tokio::test]
async fn its_owner_does_not_complete_what_a_machine_brings() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let machine = Context::by("machine_1");
    let opening = people
        .product
        .objects
        .open(new(&ann.user, 10), &machine)
        .await
        .unwrap();
    let upload = json!({ "upload": opening.object.to_string() });
    let reply = complete(&people, &ann, &upload).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}
