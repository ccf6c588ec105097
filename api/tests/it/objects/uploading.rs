//! Uploads in parts: in any order, again, resumed, held against what was announced, cancelled.

use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{begin, begun, complete, files_on, get, hex, path, send};
use crate::users::people::{HOME, KEPT_BYTES_MAX, People, Signed};

const MEBIBYTE: usize = 1024 * 1024;

/// A table of three parts and its bytes.
async fn three_parts(people: &People, ann: &Signed) -> (Value, Vec<Vec<u8>>) {
    let mut text = "text,label\n".to_owned();
    while text.len() < 17 * MEBIBYTE {
        text.push_str("something that somebody wrote about it,good\nand the contrary,bad\n");
    }
    let bytes = text.into_bytes();
    let body = json!({
        "kind": "dataset", "name": "big.csv", "bytes": bytes.len(), "sha256": hex(&bytes),
    });
    let reply = begin(people, ann, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    let upload = reply.json();
    let part_bytes = usize::try_from(upload["part_bytes"].as_u64().unwrap()).unwrap();
    let parts: Vec<Vec<u8>> = bytes.chunks(part_bytes).map(<[u8]>::to_vec).collect();
    assert_eq!(parts.len(), 3);
    (upload, parts)
}

async fn shown(people: &People, ann: &Signed, upload: &Value) -> Value {
    let path = format!("/v1/uploads/{}", upload["upload"].as_str().unwrap());
    get(people, ann, &path).await.json()
}

#[tokio::test]
async fn parts_come_in_any_order_and_an_upload_is_gone_on_with_where_it_stopped() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let (upload, parts) = three_parts(&people, &ann).await;
    let links = upload["parts"].as_array().unwrap();
    assert_eq!(links[2]["bytes"], parts[2].len());
    // One through its link, by whoever has it; one as oneself.
    let last = send(
        &people,
        None,
        ("PUT", &path(&links[2]["url"])),
        parts[2].clone(),
    )
    .await;
    assert_eq!(last.status, StatusCode::NO_CONTENT, "{}", last.text());
    let early = complete(&people, &ann, &upload).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert_eq!(early.problem(), "uploads/parts-missing");
    assert_eq!(early.json()["detail"], "Send parts 1, 2.");
    let first = format!("/v1/uploads/{}/parts/1", upload["upload"].as_str().unwrap());
    let first = send(&people, Some(&ann), ("PUT", &first), parts[0].clone()).await;
    assert_eq!(first.status, StatusCode::NO_CONTENT, "{}", first.text());
    let stands = shown(&people, &ann, &upload).await;
    assert_eq!(stands["arrived"], json!([1, 3]));
    assert_eq!(stands["parts"].as_array().unwrap().len(), 1);
    // A part that comes twice is there once.
    for _ in 0..2 {
        let url = path(&stands["parts"][0]["url"]);
        let second = send(&people, None, ("PUT", &url), parts[1].clone()).await;
        assert_eq!(second.status, StatusCode::NO_CONTENT, "{}", second.text());
    }
    let done = complete(&people, &ann, &upload).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    assert_eq!(done.json()["sha256"], hex(&parts.concat()));
    assert_eq!(complete(&people, &ann, &upload).await.json(), done.json());
    let stands = shown(&people, &ann, &upload).await;
    assert_eq!(
        (&stands["standing"], &stands["parts"]),
        (&json!("stored"), &json!([]))
    );
    let late = send(
        &people,
        None,
        ("PUT", &path(&links[0]["url"])),
        parts[0].clone(),
    )
    .await;
    assert_eq!(late.problem(), "uploads/complete");
}

#[tokio::test]
async fn a_part_that_is_not_what_it_was_to_be_does_not_count() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let upload = begun(&people, &ann, 10).await;
    let url = path(&upload["parts"][0]["url"]);
    for bytes in [b"short".to_vec(), b"much too long".to_vec(), vec![]] {
        let reply = send(&people, None, ("PUT", &url), bytes).await;
        assert_eq!(reply.problem(), "uploads/part-length");
    }
    let with_digest = |digest: String| {
        let request = Request::put(&url)
            .header("x-forwarded-for", HOME.address)
            .header("x-part-sha256", digest);
        people.raw_bytes(request, b"0123456789".to_vec())
    };
    for wrong in [hex(b"other"), "nonsense".to_owned()] {
        assert_eq!(with_digest(wrong).await.problem(), "uploads/part-hash");
    }
    assert_eq!(shown(&people, &ann, &upload).await["arrived"], json!([]));
    let right = with_digest(hex(b"0123456789").to_uppercase()).await;
    assert_eq!(right.status, StatusCode::NO_CONTENT, "{}", right.text());
    let id = upload["upload"].as_str().unwrap();
    for number in ["0", "2", "x"] {
        let path = format!("/v1/uploads/{id}/parts/{number}");
        let reply = send(&people, Some(&ann), ("PUT", &path), b"0123456789".to_vec()).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{number}");
    }
}

#[tokio::test]
async fn what_does_not_come_to_what_was_announced_is_let_go() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let body = json!({
        "kind": "dataset", "name": "a.csv", "bytes": 10, "sha256": hex(b"something else"),
    });
    let upload = begin(&people, &ann, body).await.json();
    let url = path(&upload["parts"][0]["url"]);
    send(&people, None, ("PUT", &url), b"0123456789".to_vec()).await;
    let reply = complete(&people, &ann, &upload).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(reply.problem(), "uploads/corrupt");
    let path = format!("/v1/uploads/{}", upload["upload"].as_str().unwrap());
    assert_eq!(
        get(&people, &ann, &path).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(files_on(&people.shelf), 0);
}

#[tokio::test]
async fn a_cancelled_upload_leaves_nothing() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let upload = begun(&people, &ann, 10).await;
    let url = path(&upload["parts"][0]["url"]);
    send(&people, None, ("PUT", &url), b"0123456789".to_vec()).await;
    assert!(files_on(&people.shelf) > 0);
    let path = format!("/v1/uploads/{}", upload["upload"].as_str().unwrap());
    let reply = people.as_(&ann, ("DELETE", &path), None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    assert_eq!(files_on(&people.shelf), 0);
    let late = send(&people, None, ("PUT", &url), b"0123456789".to_vec()).await;
    assert_eq!(late.problem(), "uploads/over");
    let reply = people.as_(&ann, ("DELETE", &path), None).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(files_on(&people.shelf), 0);
}

#[tokio::test]
async fn an_upload_waits_an_hour_for_the_next_part() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let (upload, parts) = three_parts(&people, &ann).await;
    let links = upload["parts"].as_array().unwrap();
    for (link, part) in links.iter().zip(&parts).take(2) {
        people.later(TimeDelta::minutes(59));
        let reply = send(&people, None, ("PUT", &path(&link["url"])), part.clone()).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }
    people.later(TimeDelta::hours(1));
    let late = send(
        &people,
        None,
        ("PUT", &path(&links[2]["url"])),
        parts[2].clone(),
    )
    .await;
    assert_eq!(late.status, StatusCode::GONE);
    assert_eq!(late.problem(), "uploads/over");
}

#[tokio::test]
async fn nobody_keeps_more_than_they_may_however_many_begin_at_once() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let bytes = KEPT_BYTES_MAX / 4 + 1;
    let body = json!({ "kind": "dataset", "name": "a.csv", "bytes": bytes });
    let asked = (0..8).map(|_| begin(&people, &ann, body.clone()));
    let replies = futures::future::join_all(asked).await;
    let (granted, refused): (Vec<_>, Vec<_>) = replies
        .into_iter()
        .partition(|it| it.status == StatusCode::CREATED);
    assert_eq!(granted.len(), 3);
    for reply in refused {
        assert_eq!(reply.problem(), "uploads/quota");
    }
    let id = granted[0].json()["upload"].as_str().unwrap().to_owned();
    let path = format!("/v1/uploads/{id}");
    people.as_(&ann, ("DELETE", &path), None).await;
    assert_eq!(begin(&people, &ann, body).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_by_name() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    for (body, field) in [
        (
            json!({ "kind": "dataset", "name": "a", "bytes": 0 }),
            "bytes",
        ),
        (
            json!({ "kind": "dataset", "name": "a", "bytes": (8_u64 << 30) + 1 }),
            "bytes",
        ),
        (
            json!({ "kind": "artifact", "name": "a", "bytes": 1 }),
            "kind",
        ),
        (
            json!({ "kind": "dataset", "name": "../a", "bytes": 1 }),
            "name",
        ),
        (
            json!({ "kind": "dataset", "name": "a\nb", "bytes": 1 }),
            "name",
        ),
        (
            json!({ "kind": "dataset", "name": " ", "bytes": 1 }),
            "name",
        ),
        (
            json!({ "kind": "dataset", "name": "a", "bytes": 1, "sha256": "AB" }),
            "sha256",
        ),
    ] {
        let reply = begin(&people, &ann, body.clone()).await;
        assert!(reply.status.is_client_error(), "{body}");
        assert_eq!(reply.json()["field"], field, "{body}");
    }
    assert_eq!(files_on(&people.shelf), 0);
}

#[tokio::test]
async fn the_same_request_under_the_same_key_begins_one_upload() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let ask = |bytes: u64| {
        let request = Request::post("/v1/uploads")
            .header("x-forwarded-for", HOME.address)
            .header("user-agent", HOME.agent)
            .header("content-type", "application/json")
            .header("idempotency-key", "one")
            .header("authorization", format!("Bearer {}", ann.access));
        let body = json!({ "kind": "dataset", "name": "a.csv", "bytes": bytes });
        people.raw(request, body.to_string())
    };
    let first = ask(10).await;
    people.later(TimeDelta::minutes(5));
    let second = ask(10).await;
    assert_eq!(first.json()["upload"], second.json()["upload"]);
    assert_eq!(second.status, StatusCode::CREATED, "{}", second.text());
    assert_eq!(ask(11).await.problem(), "idempotency-key/reused");
}
