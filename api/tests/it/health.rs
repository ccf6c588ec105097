//! Health says that the program lives; readiness says what keeps it from being of use.

use axum::http::StatusCode;
use projections::{Stop, reactions};
use store::{Append, Context, NewEvent, ids};

use crate::world::World;

#[tokio::test]
async fn a_program_with_everything_it_needs_is_alive_and_ready() {
    let world = World::new().await;
    assert_eq!(world.get("/healthz").await.json()["status"], "alive");
    let ready = world.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(ready.json()["checked"].as_array().unwrap().len(), 4);
    assert_eq!(ready.json()["warnings"], serde_json::json!([]));
}

#[tokio::test]
async fn a_stopped_reaction_is_a_warning_without_its_reason_and_takes_nothing_from_requests() {
    let world = World::new().await;
    let (pool, now) = (world.log.pool(), world.log.clock().now());
    let at = reactions::of(pool, "mails", 1, now).await.unwrap();
    let stop = Stop {
        position: 1,
        reason: "the payload of secret".to_owned(),
    };
    reactions::stop(pool, &at, &stop, now).await.unwrap();
    let reply = world.get("/readyz").await;
    assert_eq!(reply.status, StatusCode::OK);
    let said = "The reaction mails has stopped at position 1.";
    assert_eq!(reply.json()["warnings"], serde_json::json!([said]));
}

#[tokio::test]
async fn without_a_database_it_is_alive_and_not_ready() {
    let world = World::new().await;
    world.log.pool().close().await;
    assert_eq!(world.get("/healthz").await.status, StatusCode::OK);
    let reply = world.get("/readyz").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.problem(), "not-ready");
    assert_eq!(reply.json()["field"], "database");
}

#[tokio::test]
async fn with_a_closed_log_it_is_not_ready() {
    let world = World::new().await;
    world.log.clone().close().await;
    let reply = world.get("/readyz").await;
    assert_eq!(reply.problem(), "not-ready");
    assert_eq!(reply.json()["field"], "appender");
}

#[tokio::test]
async fn a_stopped_projection_is_named_without_its_reason() {
    let world = World::new().await;
    let event = NewEvent {
        event_id: ids::fresh(),
        event_type: "stranger.came".to_owned(),
        event_version: "1".to_owned(),
        payload: "{}".to_owned(),
        postings: vec![],
        claims: vec![],
    };
    let context = Context::by("test");
    let append = Append::try_new("stranger", "stranger_1", 0, vec![event], &context).unwrap();
    world.log.append(append).await.unwrap();
    world.engine.catch_up(1).await.unwrap_err();
    let reply = world.get("/readyz").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.json()["field"], "projections");
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(detail, "books has stopped at position 1.");
}
