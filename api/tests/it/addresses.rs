//! Where a request came from is what the connection says, unless a listed proxy speaks.

use axum::http::Request;

use crate::world::World;

fn forwarded(hops: &str) -> axum::http::request::Builder {
    Request::get("/v1/probe/address").header("x-forwarded-for", hops)
}

#[tokio::test]
async fn a_peer_that_is_not_listed_speaks_for_itself_alone() {
    let world = World::new().await;
    assert_eq!(
        world.send(forwarded("198.51.100.1")).await.text(),
        "127.0.0.1"
    );
}

#[tokio::test]
async fn a_listed_proxy_is_believed_and_those_before_it_are_not() {
    let world = World::with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let reply = world
        .send(forwarded("10.9.8.7, 198.51.100.1, 127.0.0.2"))
        .await;
    assert_eq!(reply.text(), "198.51.100.1");
}
