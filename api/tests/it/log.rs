//! Anybody may know where the log ends.

use crate::world::World;

#[tokio::test]
async fn the_head_is_shown_as_the_database_has_it() {
    let world = World::new().await;
    let empty = world.get("/v1/log/head").await.json();
    assert_eq!(empty["position"], 0);
    assert_eq!(empty["hash"].as_str().unwrap(), "0".repeat(64));
    world.deposit("deposit_1").await;
    let head = world.log.head().await.unwrap();
    let shown = world.get("/v1/log/head").await.json();
    assert_eq!(shown["position"], 1);
    assert_eq!(shown["hash"], head.hash.to_string());
    let recorded_at: chrono::DateTime<chrono::Utc> =
        shown["recorded_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(recorded_at, head.recorded_at);
}

#[tokio::test]
async fn when_the_database_is_gone_nobody_hears_why() {
    let world = World::new().await;
    world.log.pool().close().await;
    let reply = world.get("/v1/log/head").await;
    assert_eq!(reply.problem(), "unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(!reply.text().contains("pool"), "{}", reply.text());
}
