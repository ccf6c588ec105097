//! Datasets: brought at once, looked into, listed, deleted; and refused where they are wrong.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{GOOD, bring, brought, files_on, get, hex};
use crate::users::people::{People, Signed};

async fn list(people: &People, who: &Signed) -> Vec<Value> {
    let head = people.log.head().await.unwrap().position;
    let reply = people.at(who, ("GET", "/v1/datasets"), head).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_small_dataset_is_brought_at_once_and_known_at_once() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let name = "%D0%BE%D1%82%D0%B7%D1%8B%D0%B2%D1%8B.csv";
    let made = brought(&people, &ann, name, GOOD.as_bytes()).await;
    assert_eq!(made["name"], "отзывы.csv");
    assert_eq!(made["standing"], "usable");
    assert_eq!(made["sha256"], hex(GOOD.as_bytes()));
    assert_eq!(
        (&made["rows"], &made["columns"], &made["classes"]),
        (&json!(4), &json!(2), &json!(2))
    );
    let found = &made["inspection"];
    assert_eq!(found["format"], "csv");
    assert_eq!(found["shape"]["label_column"], "label");
    assert_eq!(found["shape"]["text_column"], "text");
    assert_eq!(found["preview"][1], json!(["I like it very much", "good"]));
    let path = format!("/v1/datasets/{}", made["dataset"].as_str().unwrap());
    assert_eq!(get(&people, &ann, &path).await.json(), made);
    let listed = list(&people, &ann).await;
    assert_eq!(listed.len(), 1);
    for field in [
        "dataset",
        "name",
        "standing",
        "sha256",
        "rows",
        "created_at",
    ] {
        assert_eq!(listed[0][field], made[field], "{field}");
    }
    // Neither what it is called nor what stands in it is in the log.
    let told: Vec<String> = sqlx::query_scalar(
        "select payload::text from events where aggregate_type = 'object' order by position",
    )
    .fetch_all(people.log.pool())
    .await
    .unwrap();
    assert_eq!(told.len(), 3);
    for event in told {
        for word in ["отзывы", "label", "good", "like"] {
            assert!(!event.contains(word), "{word}: {event}");
        }
    }
}

#[tokio::test]
async fn a_deleted_dataset_is_gone() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let made = brought(&people, &ann, "a.csv", GOOD.as_bytes()).await;
    assert_eq!(files_on(&people.shelf), 2);
    let path = format!("/v1/datasets/{}", made["dataset"].as_str().unwrap());
    let gone = people.as_(&ann, ("DELETE", &path), None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    assert_eq!(files_on(&people.shelf), 0);
    assert_eq!(
        get(&people, &ann, &path).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(list(&people, &ann).await, Vec::<Value>::new());
    let known: i64 = sqlx::query_scalar("select count(*) from object_rooms")
        .fetch_one(people.log.pool())
        .await
        .unwrap();
    assert_eq!(known, 0);
}

#[tokio::test]
async fn datasets_of_others_are_not_there() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let bob = people.somebody("bob@example.com").await;
    brought(&people, &ann, "a.csv", GOOD.as_bytes()).await;
    assert_eq!(list(&people, &bob).await, Vec::<Value>::new());
    assert_eq!(list(&people, &ann).await.len(), 1);
}

#[tokio::test]
async fn wrong_datasets_are_refused_before_anybody_pays() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let cases: [(&[u8], &str); 6] = [
        (b"\x7fELF\x02\x01\x01\x00\x00", "binary"),
        (b"text\nfirst\nsecond\n", "one-column"),
        (b"text,label\na,yes\nb,yes\nc,yes\n", "one-class"),
        (b"text,label\na,1\nb,\"2\nc,1\n", "quote-unclosed"),
        (b"text,label\na,1\nb,2,3\nc,1\nd,2\n", "row-fields"),
        (b"\n\n\n", "empty"),
    ];
    for (bytes, code) in cases {
        let made = brought(&people, &ann, "a.csv", bytes).await;
        assert_eq!(made["standing"], "refused", "{code}: {made}");
        let findings = made["inspection"]["findings"].as_array().unwrap();
        let refusal = findings.iter().find(|it| it["refuses"] == true).unwrap();
        assert_eq!(refusal["code"], code);
        assert!(!refusal["remedy"].as_str().unwrap().is_empty());
    }
    let nothing = bring(&people, &ann, "a.csv", b"").await;
    assert_eq!(nothing.problem(), "uploads/empty");
    let unnamed = bring(&people, &ann, "", GOOD.as_bytes()).await;
    assert_eq!(unnamed.json()["field"], "name");
}

#[tokio::test]
async fn a_body_that_does_not_say_how_long_it_is_is_not_read() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let reply = people
        .in_chunks(&ann, "/v1/datasets?name=a.csv", GOOD)
        .await;
    assert_eq!(reply.status, StatusCode::LENGTH_REQUIRED);
    assert_eq!(reply.problem(), "uploads/length-required");
}
