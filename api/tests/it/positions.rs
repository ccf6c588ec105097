//! Whoever wrote something can read it, or is told that it is not to be seen yet.

use std::time::Duration;

use axum::http::{Request, StatusCode};

use crate::client;
use crate::world::World;

fn reading(position: &str) -> axum::http::request::Builder {
    Request::get("/v1/probe/reached").header("trainnet-position", position)
}

#[tokio::test]
async fn a_read_without_a_position_waits_for_nothing() {
    let world = World::new().await;
    world.deposit("deposit_1").await;
    let reply = world.get("/v1/probe/reached").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("trainnet-position"), Some("1"));
}

#[tokio::test]
async fn a_read_waits_until_the_projection_shows_the_position() {
    let world = World::new().await;
    let position = world.deposit("deposit_1").await.to_string();
    let address = world.address;
    let asked =
        tokio::spawn(async move { client::send(address, reading(&position), "").await.unwrap() });
    world.engine.catch_up(1).await.unwrap();
    assert_eq!(asked.await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn a_read_does_not_wait_for_ever() {
    let world = World::with(|settings| settings.request_time_max = Duration::from_secs(1)).await;
    world.deposit("deposit_1").await;
    let reply = world.send(reading("1")).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.problem(), "position/not-reached");
    assert_eq!(reply.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn nobody_waits_for_what_has_not_happened() {
    let world = World::new().await;
    world.deposit("deposit_1").await;
    let reply = world.send(reading("2")).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert_eq!(reply.problem(), "position/unknown");
    assert_eq!(reply.json()["field"], "Trainnet-Position");
}

#[tokio::test]
async fn what_is_no_position_is_refused() {
    let world = World::new().await;
    for wrong in ["", "-1", "one", "1.5", "99999999999999999999"] {
        let reply = world.send(reading(wrong)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert_eq!(reply.problem(), "position/invalid");
    }
}
