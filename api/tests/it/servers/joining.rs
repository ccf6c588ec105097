//! How machines join: by a token, so many as it is for, and each of them once.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;

use super::{
    EMAIL, admin, enrol, heartbeat, idle, joined, machine, new_machine, provider, shown, token,
};
use crate::users::people::{HOME, People, eventually};

#[tokio::test]
async fn whoever_is_no_provider_makes_no_tokens_until_they_accept() {
    let people = People::new().await;
    let ann = people.somebody(EMAIL).await;
    let make = ("POST", "/v1/machines/tokens");
    let refused = people.as_(&ann, make, Some(json!({}))).await;
    assert_eq!(refused.problem(), "servers/not-a-provider");
    let route = ("POST", "/v1/me/provider");
    let refused = people
        .as_(&ann, route, Some(json!({ "accept": false })))
        .await;
    assert_eq!(refused.json()["field"], "accept");
    for _ in 0..2 {
        let accepted = people
            .as_(&ann, route, Some(json!({ "accept": true })))
            .await;
        assert_eq!(accepted.status, StatusCode::NO_CONTENT);
    }
    let roles = people.me(&ann).await.json()["roles"].clone();
    assert_eq!(roles, json!(["customer", "provider"]));
    token(&people, &ann, json!({})).await;
}

#[tokio::test]
async fn a_machine_joins_and_is_shown_to_its_provider() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    let shown = shown(&people, &ann, &machine).await;
    assert_eq!(shown["id"], machine.id);
    assert_eq!(shown["provider"], ann.user);
    assert_eq!(shown["name"], "under the desk");
    assert_eq!(shown["isolation"], json!(["podman", "process"]));
    assert_eq!(
        shown["price_per_hour"],
        json!({"amount": "0.20", "currency": "USD"})
    );
    assert_eq!(
        (&shown["online"], &shown["slots"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(shown["hardware"]["gpus"][0]["model"], "NVIDIA L4");
    let text = people
        .as_(&ann, ("GET", "/v1/machines"), None)
        .await
        .text()
        .to_owned();
    assert!(text.contains(&machine.id) && !text.contains(&machine.secret));
}

#[tokio::test]
async fn joining_again_under_the_same_key_is_joining_once() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let made = token(&people, &ann, json!({})).await;
    let body = new_machine(made["token"].as_str().unwrap());
    let first = joined(&enrol(&people, "nonce", body.clone()).await);
    people.later(TimeDelta::hours(30));
    let again = joined(&enrol(&people, "nonce", body.clone()).await);
    assert_eq!((&again.id, &again.secret), (&first.id, &first.secret));
    let mut other = body.clone();
    other["name"] = json!("on the desk");
    let refused = enrol(&people, "nonce", other).await;
    assert_eq!(refused.problem(), "idempotency-key/reused");
    let refused = enrol(&people, "other", body).await;
    assert_eq!(refused.problem(), "servers/join-token-refused");
}

#[tokio::test]
async fn a_token_is_for_so_many_machines_for_so_long_and_until_it_is_revoked() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let wide = token(&people, &ann, json!({ "machines": 2 })).await;
    let body = new_machine(wide["token"].as_str().unwrap());
    joined(&enrol(&people, "1", body.clone()).await);
    joined(&enrol(&people, "2", body.clone()).await);
    let refused = enrol(&people, "3", body).await;
    assert_eq!(refused.problem(), "servers/join-token-refused");
    let short = token(&people, &ann, json!({ "expires_in_hours": 1 })).await;
    let revoked = token(&people, &ann, json!({})).await;
    let path = format!("/v1/machines/tokens/{}", revoked["id"].as_str().unwrap());
    let reply = people.as_(&ann, ("DELETE", &path), None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    for wrong in [json!({"machines": 0}), json!({"expires_in_hours": 721})] {
        let route = ("POST", "/v1/machines/tokens");
        let refused = people.as_(&ann, route, Some(wrong)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    people.later(TimeDelta::hours(1));
    for made in [short, revoked] {
        let body = new_machine(made["token"].as_str().unwrap());
        let refused = enrol(&people, "4", body).await;
        assert_eq!(refused.problem(), "servers/join-token-refused");
    }
    let listed = ("GET", "/v1/machines/tokens");
    let ann = people.signed_in(EMAIL).await;
    eventually("the tokens are listed", async || {
        let page = people.as_(&ann, listed, None).await.json();
        page["data"].as_array().is_some_and(|it| it.len() == 3)
            && page["data"][2]["joined"] == 2
            && page["data"][0]["revoked_at"].is_string()
    })
    .await;
}

#[tokio::test]
async fn what_is_no_token_lets_nobody_in_and_nonsense_uses_none_up() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let made = token(&people, &ann, json!({})).await;
    let text = made["token"].as_str().unwrap();
    for wrong in ["", "tnj_", &text[1..], &format!("{text}A")] {
        let refused = enrol(&people, "1", new_machine(wrong)).await;
        assert_eq!(refused.problem(), "servers/join-token-refused");
        assert_eq!(refused.json()["field"], "token");
    }
    for (field, value, named) in [
        (
            "hardware",
            json!({"os": "x", "cpu_model": "y", "cpu_cores": 0, "memory_bytes": 1,
            "disk_bytes": 1, "gpus": []}),
            "hardware",
        ),
        ("name", json!(" "), "name"),
        ("isolation", json!([]), "isolation"),
        ("runtimes", json!(["Tabular"]), "runtimes[0]"),
        ("agent_version", json!("v 1"), "agent_version"),
    ] {
        let mut nonsense = new_machine(text);
        nonsense[field] = value;
        let refused = enrol(&people, "1", nonsense).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.json()["field"], named);
    }
    joined(&enrol(&people, "1", new_machine(text)).await);
}

#[tokio::test]
async fn a_blocked_provider_brings_no_machines_and_theirs_are_refused_within_a_second() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    let made = token(&people, &ann, json!({})).await;
    assert_eq!(
        heartbeat(&people, &machine, idle()).await.status,
        StatusCode::OK
    );
    let block = format!("/v1/users/{}/block", ann.user);
    let reason = json!({ "reason": "chargebacks" });
    people.as_(&admin, ("POST", &block), Some(reason)).await;
    let body = new_machine(made["token"].as_str().unwrap());
    let refused = enrol(&people, "1", body).await;
    assert_eq!(refused.problem(), "users/blocked");
    people.later(TimeDelta::seconds(1));
    let refused = heartbeat(&people, &machine, idle()).await;
    assert_eq!(refused.problem(), "users/blocked");
}

#[tokio::test]
async fn no_secret_of_a_machine_stands_in_the_database() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let made = token(&people, &ann, json!({})).await;
    let text = made["token"].as_str().unwrap();
    let machine = joined(&enrol(&people, "1", new_machine(text)).await);
    let pool = people.database.pool().await;
    for secret in [text, &machine.secret, "under the desk"] {
        let found: i64 = sqlx::query_scalar(
            "select count(*) from events where payload::text like $1 or metadata::text like $1",
        )
        .bind(format!("%{secret}%"))
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(found, 0, "{secret}");
    }
    let export = people
        .send(HOME, ("GET", "/v1/me/export"), Some(&ann.access), None)
        .await;
    assert!(
        export.text().contains("under the desk"),
        "{}",
        export.text()
    );
}
