//! Uploads: parts of any size in any order, put together as it is said at the end.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{BASE, form, get, ids, post, post_form, refusal, upload};
use crate::client::Reply;
use crate::objects::{GOOD, elsewhere};
use crate::users::people::{People, Signed, eventually};

async fn begin(people: &People, ann: &Signed, name: &str, bytes: usize) -> String {
    let body = json!({ "bytes": bytes, "filename": name, "mime_type": "text/csv",
        "purpose": "fine-tune" });
    let begun = post(people, ann, "/uploads", body).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text());
    let begun = begun.json();
    assert_eq!(
        (&begun["status"], &begun["bytes"]),
        (&json!("pending"), &json!(bytes))
    );
    begun["id"].as_str().unwrap().to_owned()
}

async fn send(people: &People, ann: &Signed, upload: &str, bytes: &[u8]) -> Reply {
    let body = form(&[], ("data", Some("upload"), bytes));
    post_form(people, ann, &format!("/uploads/{upload}/parts"), body).await
}

async fn sent(people: &People, ann: &Signed, upload: &str, bytes: &[u8]) -> String {
    let part = send(people, ann, upload, bytes).await;
    assert_eq!(part.status, StatusCode::OK, "{}", part.text());
    let part = part.json();
    assert_eq!(
        (&part["object"], &part["upload_id"]),
        (&json!("upload.part"), &json!(upload))
    );
    part["id"].as_str().unwrap().to_owned()
}

async fn complete(people: &People, ann: &Signed, upload: &str, body: Value) -> Reply {
    post(people, ann, &format!("/uploads/{upload}/complete"), body).await
}

/// Parts of an odd size, put together in another order than they came in; says what came of it.
async fn put_together(people: &People, ann: &Signed) -> String {
    let bytes = GOOD.as_bytes();
    let upload = begin(people, ann, "reviews.csv", bytes.len()).await;
    let last = sent(people, ann, &upload, &bytes[60..]).await;
    let first = sent(people, ann, &upload, &bytes[..1]).await;
    let middle = sent(people, ann, &upload, &bytes[1..60]).await;
    // On their way, and nobody's files.
    assert!(ids(people, ann, "/files?", 10).await.is_empty());
    let order = json!({ "part_ids": [first, middle, last] });
    let done = complete(people, ann, &upload, order.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let shown = done.json();
    assert_eq!(shown["status"], "completed");
    let file = shown["file"]["id"].as_str().unwrap();
    assert_eq!(file.replace("file-", ""), upload.replace("upload_", ""));
    let content = get(people, ann, &format!("/files/{file}/content")).await;
    assert_eq!(content.text(), GOOD);
    // Whoever did not hear of it asks again.
    assert_eq!(complete(people, ann, &upload, order).await.json(), shown);
    let late = send(people, ann, &upload, b"x").await;
    assert_eq!(refusal(&late).1, "invalid_upload_state");
    assert_eq!(ids(people, ann, "/files?", 10).await, [file]);
    file.to_owned()
}

#[tokio::test]
async fn parts_of_any_size_are_put_together_in_the_order_that_is_said() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    put_together(&people, &ann).await;
    // The parts are gone, and so is the room that they took.
    assert_eq!(
        crate::objects::files_on(&people.shelf),
        2,
        "the file and what was found in it"
    );
}

#[tokio::test]
async fn parts_that_do_not_make_what_was_announced_are_refused() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let bob = people.somebody("bob@mail.example").await;
    let bytes = GOOD.as_bytes();
    let upload = begin(&people, &ann, "reviews.csv", bytes.len()).await;
    let other = begin(&people, &ann, "other.csv", bytes.len()).await;
    let foreign = begin(&people, &bob, "foreign.csv", bytes.len()).await;
    let whole = sent(&people, &ann, &upload, bytes).await;
    let half = sent(&people, &ann, &upload, &bytes[..20]).await;
    let of_other = sent(&people, &ann, &other, bytes).await;
    let of_bob = sent(&people, &bob, &foreign, bytes).await;
    let nobody = "part_01936b1e-7c1a-7d3e-8f00-0123456789ab";
    for parts in [
        json!([]),
        json!([half]),
        json!([half, half]),
        json!([whole, half]),
        json!([of_other]),
        json!([of_bob]),
        json!([nobody]),
        json!(["x"]),
    ] {
        let refused = complete(&people, &ann, &upload, json!({ "part_ids": parts })).await;
        assert_eq!(
            refusal(&refused),
            (400, "invalid_value".to_owned(), json!("part_ids")),
            "{parts}"
        );
    }
    let wrong = json!({ "part_ids": [whole], "md5": "0".repeat(32) });
    let refused = complete(&people, &ann, &upload, wrong).await;
    assert_eq!(
        refusal(&refused),
        (400, "checksum_mismatch".to_owned(), json!("md5"))
    );
    let long = send(&people, &ann, &upload, &[b'x'; 4096]).await;
    assert_eq!(
        refusal(&long),
        (400, "invalid_value".to_owned(), json!("data"))
    );
    let done = complete(&people, &ann, &upload, json!({ "part_ids": [whole] })).await;
    assert_eq!(done.json()["status"], "completed", "{}", done.text());
}

#[tokio::test]
async fn an_upload_is_cancelled_once_and_runs_out_by_itself() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let upload = begin(&people, &ann, "reviews.csv", GOOD.len()).await;
    let part = sent(&people, &ann, &upload, GOOD.as_bytes()).await;
    let path = format!("/uploads/{upload}/cancel");
    for _ in 0..2 {
        let cancelled = post(&people, &ann, &path, json!({})).await;
        assert_eq!(
            cancelled.json()["status"],
            "cancelled",
            "{}",
            cancelled.text()
        );
    }
    let refused = complete(&people, &ann, &upload, json!({ "part_ids": [part] })).await;
    assert_eq!(refusal(&refused).1, "invalid_upload_state");
    assert_eq!(
        refusal(&send(&people, &ann, &upload, b"x").await).1,
        "invalid_upload_state"
    );

    let slow = begin(&people, &ann, "slow.csv", GOOD.len()).await;
    let part = sent(&people, &ann, &slow, GOOD.as_bytes()).await;
    people.later(TimeDelta::hours(2));
    let ann = people.signed_in("ann@mail.example").await;
    let refused = complete(&people, &ann, &slow, json!({ "part_ids": [part] })).await;
    assert_eq!(
        refusal(&refused),
        (400, "uploads/over".to_owned(), json!(null))
    );
}

#[tokio::test]
async fn lines_of_json_that_came_in_parts_become_a_table() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let text = "{\"text\": \"I like it\", \"label\": \"good\"}\n".repeat(3)
        + &"{\"text\": \"I do not\", \"label\": \"bad\"}\n".repeat(3);
    let upload = begin(&people, &ann, "a.jsonl", text.len()).await;
    let mut parts = Vec::new();
    for piece in text.as_bytes().chunks(17) {
        parts.push(sent(&people, &ann, &upload, piece).await);
    }
    let order = json!({ "part_ids": parts });
    let done = complete(&people, &ann, &upload, order.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let file = done.json()["file"]["id"].as_str().unwrap().to_owned();
    let content = get(&people, &ann, &format!("/files/{file}/content")).await;
    assert_eq!(content.text().lines().count(), 7);
    assert_eq!(done.json()["bytes"], text.len());
    assert_eq!(
        complete(&people, &ann, &upload, order).await.json()["file"]["id"],
        file
    );
    assert_eq!(ids(&people, &ann, "/files?", 10).await, [file]);
}

#[tokio::test]
async fn what_is_no_upload_is_not_begun() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    for (field, value) in [
        ("bytes", json!(0)),
        ("bytes", json!("many")),
        ("purpose", json!("assistants")),
        ("filename", json!("")),
        (
            "expires_after",
            json!({ "anchor": "created_at", "seconds": 3600 }),
        ),
    ] {
        let mut body = json!({ "bytes": 10, "filename": "a.csv", "mime_type": "text/csv",
            "purpose": "fine-tune" });
        body[field] = value.clone();
        let reply = post(&people, &ann, "/uploads", body).await;
        if field == "filename" {
            // A file without a name gets one.
            assert_eq!(reply.status, StatusCode::OK);
            continue;
        }
        let (status, _, param) = refusal(&reply);
        assert_eq!((status, param), (400, json!(field)), "{value}");
    }
}

#[tokio::test]
async fn parts_are_put_together_in_a_real_s3_too() {
    let people = elsewhere::people("door").await;
    let ann = people.somebody("ann@mail.example").await;
    // A storage that was busy a moment ago makes room for a new bucket in its own time.
    let mut first = String::new();
    eventually("the bucket takes something", async || {
        let reply = upload(&people, &ann, "first.csv", GOOD.as_bytes()).await;
        first = reply.json()["id"].as_str().unwrap_or_default().to_owned();
        reply.status == StatusCode::OK
    })
    .await;
    let path = format!("{BASE}/files/{first}");
    let deleted = people.as_(&ann, ("DELETE", &path), None).await;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text());
    let file = put_together(&people, &ann).await;
    let deleted = people
        .as_(&ann, ("DELETE", &format!("{BASE}/files/{file}")), None)
        .await;
    assert_eq!(deleted.status, StatusCode::OK, "{}", deleted.text());
}
