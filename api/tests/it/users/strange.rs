//! What no person would send is refused by name, and breaks nothing.

use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::people::{HOME, People, Signed};

const EMAIL: &str = "ann@example.com";

async fn admin(people: &People) -> Signed {
    let made = people
        .users
        .create_admin(EMAIL, super::people::PASSWORD.to_owned(), None, "en");
    made.await.unwrap();
    people.signed_in(EMAIL).await
}

async fn refused(people: &People, one: &Signed, route: (&str, &str), body: Value, field: &str) {
    let reply = people.as_(one, route, Some(body.clone())).await;
    assert!(reply.status.is_client_error(), "{body}: {}", reply.text());
    assert_eq!(reply.json()["field"], field, "{body}");
}

#[tokio::test]
async fn what_the_database_cannot_hold_finds_nothing_in_the_audit() {
    let people = People::new().await;
    let one = admin(&people).await;
    for query in [
        "actor=%00",
        "actor=a%00b",
        "action=user.blocked%00",
        "from=-100000-01-01T00:00:00Z",
        "to=%2B200000-01-01T00:00:00Z",
        "from=2026-01-01%2000:00:00Z",
        "cursor=%2B5",
        "cursor=05",
        "cursor=%00",
    ] {
        let path = format!("/v1/audit?{query}");
        let reply = people.as_(&one, ("GET", &path), None).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{query}: {}",
            reply.text()
        );
        let field = query.split('=').next().unwrap();
        assert_eq!(reply.json()["field"], field, "{query}");
    }
}

#[tokio::test]
async fn a_key_is_not_made_with_what_nobody_can_read_or_count() {
    let people = People::new().await;
    let one = admin(&people).await;
    let new = |name: &str, value: Value| {
        let mut body = json!({ "label": "a", "scopes": ["read"] });
        body[name] = value;
        body
    };
    for (field, value) in [
        ("label", json!("a\u{0}b")),
        ("label", json!("a\nb")),
        ("label", json!("\u{2003}")),
        ("expires_at", json!("+200000-01-01T00:00:00Z")),
        ("expires_at", json!("2126-01-01 00:00:00Z")),
        ("requests_per_minute", json!(0)),
        ("requests_per_minute", json!(1_000_001)),
        ("requests_per_minute", json!(4_294_967_296_u64)),
    ] {
        refused(
            &people,
            &one,
            ("POST", "/v1/keys"),
            new(field, value),
            field,
        )
        .await;
    }
}

#[tokio::test]
async fn admin_rights_are_handed_on_only_by_who_has_them() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let body = json!({ "label": "a", "scopes": ["admin"] });
    let reply = people.as_(&one, ("POST", "/v1/keys"), Some(body)).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(reply.json()["field"], "scopes");
}

#[tokio::test]
async fn a_program_that_calls_itself_anything_at_all_may_sign_in() {
    let people = People::new().await;
    people.confirmed(EMAIL).await;
    let body = json!({ "email": EMAIL, "password": super::people::PASSWORD }).to_string();
    let long = "x".repeat(4000);
    for agent in [&b"\xff\xfe"[..], "Браузер".as_bytes(), b"", long.as_bytes()] {
        people.later(chrono::TimeDelta::minutes(1));
        let request = Request::post("/v1/sessions")
            .header("x-forwarded-for", HOME.address)
            .header("user-agent", agent)
            .header("content-type", "application/json");
        let reply = people.raw(request, body.clone()).await;
        let signed = super::people::signed(&reply);
        let request = Request::get("/v1/sessions")
            .header("x-forwarded-for", HOME.address)
            .header("user-agent", agent)
            .header("authorization", format!("Bearer {}", signed.access));
        assert_eq!(
            people.raw(request, String::new()).await.status,
            StatusCode::OK
        );
    }
}
