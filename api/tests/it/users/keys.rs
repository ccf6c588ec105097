//! API keys over HTTP: shown once, good for what they were made for, and gone when revoked.

use axum::http::{Request, StatusCode};
use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::people::{ELSEWHERE, HOME, People, Signed, eventually};
use crate::client;

const EMAIL: &str = "ann@example.com";

async fn make(people: &People, signed: &Signed, body: Value) -> (String, String) {
    let reply = people.as_(signed, ("POST", "/v1/keys"), Some(body)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    let made = reply.json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

async fn me(people: &People, key: &str) -> client::Reply {
    people
        .send(ELSEWHERE, ("GET", "/v1/me"), Some(key), None)
        .await
}

#[tokio::test]
async fn a_key_is_good_anywhere_until_it_is_revoked() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let (id, key) = make(
        &people,
        &one,
        json!({ "label": "night", "scopes": ["read"] }),
    )
    .await;
    assert_eq!(me(&people, &key).await.json()["id"], one.user);
    eventually("the key is listed", async || {
        let listed = people.as_(&one, ("GET", "/v1/keys"), None).await.json();
        listed["data"][0]["label"] == "night" && listed["data"][0]["id"] == id
    })
    .await;
    let listed = people.as_(&one, ("GET", "/v1/keys"), None).await;
    assert!(!listed.text().contains(&key));
    assert!(listed.json()["data"][0]["last_used_at"].is_string());
    let path = format!("/v1/keys/{id}");
    let revoked = people.as_(&one, ("DELETE", &path), None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(me(&people, &key).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_key_does_nothing_that_it_was_not_made_for() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let (_, key) = make(
        &people,
        &one,
        json!({ "label": "a", "scopes": ["jobs:write"] }),
    )
    .await;
    assert_eq!(me(&people, &key).await.status, StatusCode::FORBIDDEN);
    for route in [("GET", "/v1/sessions"), ("GET", "/v1/me/export")] {
        let reply = people.send(HOME, route, Some(&key), None).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{route:?}");
    }
    let admin = json!({ "label": "a", "scopes": ["admin"] });
    let reply = people.as_(&one, ("POST", "/v1/keys"), Some(admin)).await;
    assert_eq!(reply.json()["field"], "scopes");
}

#[tokio::test]
async fn a_key_ends_when_it_expires_and_rests_when_it_was_used_too_often() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let end = (people.now() + TimeDelta::hours(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let new =
        json!({ "label": "a", "scopes": ["read"], "expires_at": end, "requests_per_minute": 2 });
    let (_, key) = make(&people, &one, new).await;
    for status in [
        StatusCode::OK,
        StatusCode::OK,
        StatusCode::TOO_MANY_REQUESTS,
    ] {
        assert_eq!(me(&people, &key).await.status, status);
    }
    people.later(TimeDelta::minutes(1));
    assert_eq!(me(&people, &key).await.status, StatusCode::OK);
    people.later(TimeDelta::hours(1));
    assert_eq!(me(&people, &key).await.status, StatusCode::UNAUTHORIZED);
    let late = json!({ "label": "a", "scopes": ["read"], "expires_at": end });
    let two = people.signed_in(EMAIL).await;
    let reply = people.as_(&two, ("POST", "/v1/keys"), Some(late)).await;
    assert_eq!(reply.json()["field"], "expires_at");
}

#[tokio::test]
async fn a_key_of_somebody_else_is_not_there() {
    let people = People::new().await;
    let ann = people.somebody(EMAIL).await;
    let bob = people.somebody("bob@example.com").await;
    let (id, key) = make(&people, &ann, json!({ "label": "a", "scopes": ["read"] })).await;
    let path = format!("/v1/keys/{id}");
    let reply = people.as_(&bob, ("DELETE", &path), None).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(me(&people, &key).await.status, StatusCode::OK);
    let listed = people.as_(&bob, ("GET", "/v1/keys"), None).await.json();
    assert_eq!(listed["data"], json!([]));
}

#[tokio::test]
async fn asked_again_under_the_same_key_the_same_key_is_shown() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let make = async |label: &str| {
        let body = json!({ "label": label, "scopes": ["read"] }).to_string();
        let request = Request::post("/v1/keys")
            .header("x-forwarded-for", HOME.address)
            .header("user-agent", HOME.agent)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", one.access))
            .header("idempotency-key", "my-key-1");
        people.later(TimeDelta::seconds(1));
        people.raw(request, body).await
    };
    let first = make("a").await.json();
    assert_eq!(first, make("a").await.json());
    assert!(first["key"].as_str().unwrap().starts_with("tnk_"));
    let other = make("b").await;
    assert_eq!(other.problem(), "idempotency-key/reused");
    eventually("the key is listed", async || {
        let listed = people.as_(&one, ("GET", "/v1/keys"), None).await.json();
        listed["data"][0]["label"] == "a"
    })
    .await;
}

#[tokio::test]
async fn what_is_no_key_of_ours_is_refused() {
    let people = People::new().await;
    for text in ["tnk_", "tnk_AAAA", "x", ""] {
        assert_eq!(
            me(&people, text).await.status,
            StatusCode::UNAUTHORIZED,
            "{text}"
        );
    }
}
