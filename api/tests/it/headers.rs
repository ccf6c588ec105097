//! What every request may bring and every answer carries.

use axum::http::{Method, Request, StatusCode};

use crate::client::Reply;
use crate::world::World;

const ORIGIN: &str = "https://app.trainnet.example";

async fn named(world: &World, id: &str) -> Reply {
    let request = Request::get("/v1/log/head").header("x-request-id", id);
    world.send(request).await
}

#[tokio::test]
async fn a_request_keeps_its_name_if_it_is_one_and_gets_one_otherwise() {
    let world = World::new().await;
    assert_eq!(
        named(&world, "mine-1").await.header("x-request-id"),
        Some("mine-1")
    );
    let replaced = named(&world, "me@example.com").await;
    let name = replaced.header("x-request-id").unwrap();
    assert!(name.starts_with("req_") && name.len() == 36, "{name}");
    let other = world.get("/v1/log/head").await;
    assert_ne!(other.header("x-request-id"), Some(name));
}

#[tokio::test]
async fn every_answer_tells_browsers_to_keep_to_themselves() {
    let world = World::new().await;
    for path in [
        "/v1/log/head",
        "/healthz",
        "/docs",
        "/nothing",
        "/v1/probe/panic",
    ] {
        let reply = world.get(path).await;
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(reply.header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(
            reply.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        let policy = reply.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none';"),
            "{path}: {policy}"
        );
        assert!(
            policy.ends_with("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(reply.header("strict-transport-security"), None, "{path}");
    }
    assert_eq!(
        world.get("/v1/log/head").await.header("cache-control"),
        Some("no-store")
    );
}

fn preflight(origin: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(Method::OPTIONS)
        .uri("/v1/probe/echo")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "content-type,idempotency-key",
        )
}

#[tokio::test]
async fn a_listed_page_may_call_and_read_and_another_may_not() {
    let world = World::with(|settings| settings.cors_origins = vec![ORIGIN.parse().unwrap()]).await;
    let allowed = world.send(preflight(ORIGIN)).await;
    assert_eq!(allowed.status, StatusCode::OK);
    assert_eq!(allowed.header("access-control-allow-origin"), Some(ORIGIN));
    let headers = allowed.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("idempotency-key"), "{headers}");
    let other = world.send(preflight("https://evil.example")).await;
    assert_eq!(other.header("access-control-allow-origin"), None);

    // A refusal, too, can be read by the page that is refused.
    let refused = world
        .send(Request::get("/nothing").header("origin", ORIGIN))
        .await;
    assert_eq!(refused.header("access-control-allow-origin"), Some(ORIGIN));
    let exposed = refused.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("trainnet-position"), "{exposed}");
}

#[tokio::test]
async fn where_nobody_is_listed_no_page_may_call() {
    let world = World::new().await;
    let reply = world.send(preflight(ORIGIN)).await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

async fn asked(world: &World, key: Option<&str>) -> Reply {
    let mut request = Request::post("/v1/probe/asked").header("x-request-id", "mine-2");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    world.send(request).await
}

#[tokio::test]
async fn a_key_leads_to_the_same_identity_and_none_leads_to_a_new_one() {
    let world = World::new().await;
    let first = asked(&world, Some("order-1")).await.json();
    assert_eq!(first["key"], "order-1");
    assert_eq!(first["request"], "mine-2");
    assert_eq!(
        asked(&world, Some("order-1")).await.json()["id"],
        first["id"]
    );
    assert_ne!(
        asked(&world, Some("order-2")).await.json()["id"],
        first["id"]
    );
    let without = asked(&world, None).await.json();
    assert!(without["key"].is_null());
    assert_ne!(asked(&world, None).await.json()["id"], without["id"]);
}

#[tokio::test]
async fn a_key_that_cannot_be_kept_is_refused() {
    let world = World::new().await;
    for key in ["", "two words", &"k".repeat(129)] {
        let reply = asked(&world, Some(key)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{key:?}");
        assert_eq!(reply.problem(), "idempotency-key/invalid");
    }
}
