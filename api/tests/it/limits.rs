//! Time, places and frequency are bounded, and whoever meets a bound is told when to come back.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{Request, StatusCode};

use crate::world::World;

#[tokio::test]
async fn a_request_that_takes_too_long_is_let_go() {
    let world = World::with(|settings| settings.request_time_max = Duration::from_millis(50)).await;
    let reply = world.slow().await.await.unwrap();
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.problem(), "timed-out");
    assert_eq!(reply.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn when_every_place_is_taken_the_next_is_sent_away_and_health_is_not() {
    let world = World::with(|settings| settings.requests_in_flight_max = 1).await;
    let first = world.slow().await;
    let second = world.get("/v1/log/head").await;
    assert_eq!(second.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(second.problem(), "overloaded");
    assert_eq!(second.header("retry-after"), Some("1"));
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(world.get(path).await.status, StatusCode::OK, "{path}");
    }
    world.gate.open();
    assert_eq!(first.await.unwrap().text(), "done");
    assert_eq!(world.get("/v1/log/head").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_sixth_request_over_a_limit_of_five_is_told_when_to_come_back() {
    let world =
        World::with(|settings| settings.requests_per_minute = NonZeroU32::new(5).unwrap()).await;
    for remaining in (0..5).rev() {
        let reply = world.get("/v1/log/head").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(
            reply.header("ratelimit-policy"),
            Some("\"address\";q=5;w=60")
        );
        let state = reply.header("ratelimit").unwrap();
        assert!(
            state.starts_with(&format!("\"address\";r={remaining};t=")),
            "{state}"
        );
    }
    let reply = world.get("/v1/nothing").await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.problem(), "too-many-requests");
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
    assert_eq!(
        reply.header("ratelimit"),
        Some(&*format!("\"address\";r=0;t={wait}"))
    );
    assert_eq!(world.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_stranger_says_of_his_address_gets_him_no_further() {
    let world =
        World::with(|settings| settings.requests_per_minute = NonZeroU32::new(5).unwrap()).await;
    let pretending = |number: u8| {
        let pretended = format!("198.51.100.{number}");
        Request::get("/v1/log/head").header("x-forwarded-for", pretended)
    };
    for number in 0..5 {
        assert_eq!(world.send(pretending(number)).await.status, StatusCode::OK);
    }
    let reply = world.send(pretending(5)).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn clients_behind_a_listed_proxy_are_counted_one_by_one() {
    let world = World::with(|settings| {
        settings.requests_per_minute = NonZeroU32::new(1).unwrap();
        settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let from = |hops: &str| Request::get("/v1/log/head").header("x-forwarded-for", hops);
    assert_eq!(
        world.send(from("198.51.100.1")).await.status,
        StatusCode::OK
    );
    assert_eq!(
        world.send(from("198.51.100.2")).await.status,
        StatusCode::OK
    );
    let again = world.send(from("203.0.113.9, 198.51.100.1")).await;
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
}
