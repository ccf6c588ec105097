//! What is counted is what happened, in the format that Prometheus reads.

use std::collections::BTreeMap;

use crate::world::World;

/// Every sample by its name and labels; a line that is neither a sample nor a comment fails.
fn samples(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?}"));
        assert!(value.parse::<f64>().is_ok(), "{line:?}");
        let earlier = found.insert(name.to_owned(), value.to_owned());
        assert_eq!(earlier, None, "{name} is there twice");
    }
    found
}

#[tokio::test]
async fn requests_the_appender_and_the_projections_are_counted() {
    let world = World::new().await;
    world.deposit("deposit_1").await;
    world.deposit("deposit_2").await;
    world.engine.catch_up(1).await.unwrap();
    for path in [
        "/v1/log/head",
        "/v1/log/head",
        "/secret/path?and=query",
        "/v1/probe/internal",
    ] {
        world.get(path).await;
    }
    let reply = world.get("/metrics").await;
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert!(!reply.text().contains("secret"), "{}", reply.text());
    let found = samples(reply.text());
    let count = |route: &str, status: u16| {
        format!(
            "trainnet_http_requests_total{{method=\"GET\",route=\"{route}\",status=\"{status}\"}}"
        )
    };
    for (name, value) in [
        (count("/v1/log/head", 200), "2"),
        (count("unmatched", 404), "1"),
        (count("/v1/probe/internal", 500), "1"),
        ("trainnet_appender_events_total".to_owned(), "2"),
        ("trainnet_appender_queued".to_owned(), "0"),
        ("trainnet_database_up".to_owned(), "1"),
        ("trainnet_log_head_position".to_owned(), "2"),
        (
            "trainnet_projection_position{projection=\"streams\"}".to_owned(),
            "1",
        ),
        (
            "trainnet_projection_lag_events{projection=\"streams\"}".to_owned(),
            "1",
        ),
        (
            "trainnet_projection_stopped{projection=\"streams\"}".to_owned(),
            "0",
        ),
    ] {
        assert_eq!(
            found.get(&name).map(String::as_str),
            Some(value),
            "{name}\n{}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn without_a_database_the_metrics_say_so_and_go_on() {
    let world = World::new().await;
    world.log.pool().close().await;
    let found = samples(world.get("/metrics").await.text());
    assert_eq!(found["trainnet_database_up"], "0");
    assert!(!found.contains_key("trainnet_log_head_position"));
}
