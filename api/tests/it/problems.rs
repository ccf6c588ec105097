//! Whatever goes wrong is said in one form, and says nothing that is ours to know.

use axum::http::{Request, StatusCode};

use crate::world::World;

#[tokio::test]
async fn where_there_is_nothing_the_answer_is_a_problem() {
    let world = World::new().await;
    for path in [
        "/",
        "/v1/nothing",
        "/v1/log/head/",
        "/docs/nothing.js",
        "/docs/../Cargo.toml",
    ] {
        let reply = world.get(path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.problem(), "not-found", "{path}");
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_is_a_problem_that_names_those_that_are() {
    let world = World::new().await;
    for path in ["/v1/log/head", "/healthz", "/v1/probe/page"] {
        let reply = world.send(Request::delete(path)).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(reply.problem(), "method-not-allowed");
        assert!(reply.header("allow").unwrap().contains("GET"), "{path}");
    }
}

#[tokio::test]
async fn an_internal_error_is_told_without_its_text() {
    let world = World::new().await;
    let reply = world.get("/v1/probe/internal").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.problem(), "internal");
    assert!(!reply.text().contains("select"), "{}", reply.text());
}

#[tokio::test]
async fn a_panic_costs_its_request_and_no_other() {
    let world = World::with(|settings| settings.requests_in_flight_max = 1).await;
    for _ in 0..3 {
        let reply = world.get("/v1/probe/panic").await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(reply.problem(), "internal");
        assert!(!reply.text().contains("secret"), "{}", reply.text());
    }
    assert_eq!(world.get("/v1/probe/page").await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_how_one_signs_in() {
    let world = World::new().await;
    let reply = world.get("/v1/probe/private").await;
    assert_eq!(reply.problem(), "unauthenticated");
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn a_parameter_that_is_wrong_is_named() {
    let world = World::new().await;
    for (path, field) in [
        ("/v1/probe/page?limit=many", "limit"),
        ("/v1/probe/page?offset=1", "offset"),
    ] {
        let reply = world.get(path).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(reply.problem(), "parameter/invalid");
        assert_eq!(reply.json()["field"], field);
    }
    assert_eq!(world.get("/v1/probe/page?limit=7").await.text(), "7");
}
