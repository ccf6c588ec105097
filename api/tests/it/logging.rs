//! A request leaves one line that says how it went, and nothing of what it carried.

use axum::http::Request;
use workbench::listening::{heard, listen};

use crate::client;
use crate::world::World;

#[tokio::test]
async fn a_request_is_logged_by_its_template_and_without_its_secrets() {
    // The server's tasks run on this thread, as this runtime has no other.
    listen();
    let world = World::new().await;
    let request = Request::post("/v1/probe/echo?token=hunter2-query")
        .header("content-type", "application/json")
        .header("authorization", "Bearer hunter2-header")
        .header("x-request-id", "mine-3")
        .header("x-forwarded-for", "198.51.100.77");
    let body = r#"{"text":"hunter2-body","count":"hunter2-wrong"}"#;
    client::send(world.address, request, body).await.unwrap();
    world.get("/hunter2-path").await;
    world.get("/v1/probe/internal").await;
    let said = heard();
    let answered = |words: &[&str]| {
        let fits = |line: &&str| words.iter().all(|word| line.contains(word));
        assert_eq!(said.lines().filter(fits).count(), 1, "{words:?} in\n{said}");
    };
    answered(&[
        "answered",
        "/v1/probe/echo",
        "POST",
        "status=422",
        "took_us=",
        "mine-3",
    ]);
    answered(&["answered", "unmatched", "status=404"]);
    answered(&[
        "ERROR",
        "select password from secrets",
        "/v1/probe/internal",
    ]);
    for secret in ["hunter2", "198.51.100.77", "127.0.0.1"] {
        assert!(!said.contains(secret), "{secret} in\n{said}");
    }
}
