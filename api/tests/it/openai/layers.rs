//! Whatever answers before a route does says it in the words of the door.

use std::num::NonZeroU32;

use axum::http::{Request, StatusCode};
use serde_json::json;

use super::{post, refusal};
use crate::users::people::{HOME, People};
use crate::world::World;

#[tokio::test]
async fn what_is_not_there_or_cannot_be_done_is_refused_as_openai_does() {
    let world = World::of_the_product().await;
    for path in [
        "/openai",
        "/openai/",
        "/openai/v1/chat/completions",
        "/openai/v1",
    ] {
        let reply = world.get(path).await;
        assert_eq!(
            refusal(&reply),
            (404, "not-found".to_owned(), json!(null)),
            "{path}"
        );
    }
    let reply = world.send(Request::delete("/openai/v1/models")).await;
    assert_eq!(
        refusal(&reply),
        (405, "method-not-allowed".to_owned(), json!(null))
    );
    assert_eq!(reply.header("x-should-retry"), Some("false"));
    let reply = world.get("/openai/v1/models").await;
    assert_eq!(
        refusal(&reply),
        (401, "invalid_api_key".to_owned(), json!(null))
    );
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    // Beside the door everything is as it was.
    assert_eq!(world.get("/openais").await.problem(), "not-found");
}

#[tokio::test]
async fn who_comes_too_often_or_to_a_full_house_is_told_when_to_come_back() {
    let limited =
        World::with(|settings| settings.requests_per_minute = NonZeroU32::new(1).unwrap()).await;
    assert_eq!(
        limited.get("/openai/v1/models").await.status,
        StatusCode::NOT_FOUND
    );
    let reply = limited.get("/openai/v1/models").await;
    assert_eq!(
        refusal(&reply),
        (429, "rate_limit_exceeded".to_owned(), json!(null))
    );
    assert_eq!(reply.openai_error()["type"], "rate_limit_error");
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(reply.header("x-should-retry"), None);

    let full = World::with(|settings| settings.requests_in_flight_max = 1).await;
    let first = full.slow().await;
    let reply = full.get("/openai/v1/models").await;
    assert_eq!(refusal(&reply), (503, "overloaded".to_owned(), json!(null)));
    assert_eq!(reply.header("retry-after"), Some("1"));
    full.gate.open();
    first.await.unwrap();
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_a_bad_request() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let path = "/openai/v1/fine_tuning/jobs";
    let send = async |kind: &str, body: &str| {
        let request = Request::post(path)
            .header("x-forwarded-for", HOME.address)
            .header("user-agent", HOME.agent)
            .header("authorization", format!("Bearer {}", ann.access))
            .header("content-type", kind);
        refusal(&people.raw(request, body.to_owned()).await)
    };
    assert_eq!(send("text/plain", "{}").await.0, 400);
    assert_eq!(send("application/json", "{").await.1, "body/malformed");
    assert_eq!(
        send("application/json", "{}").await,
        (400, "body/invalid".to_owned(), json!("model"))
    );
    let large = format!("{{\"model\": \"{}\"}}", "x".repeat(2 << 20));
    assert_eq!(send("application/json", &large).await.0, 413);
    let unknown = json!({ "model": "tabular", "training_file": "file-1", "colour": "red" });
    let reply = post(&people, &ann, "/fine_tuning/jobs", unknown).await;
    assert_eq!(
        refusal(&reply),
        (400, "body/invalid".to_owned(), json!("colour"))
    );
}
