//! A body is read if it is what was asked for, and refused by the name of what is not.

use std::time::Duration;

use axum::http::{Request, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client;
use crate::world::World;

const PATH: &str = "/v1/probe/echo";

#[tokio::test]
async fn a_body_that_fits_is_read() {
    let world = World::new().await;
    let reply = world.post(PATH, r#"{"text":"hello","count":3}"#).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.text(), r#"{"text":"hello","count":3}"#);
}

#[tokio::test]
async fn what_does_not_fit_is_named() {
    let world = World::new().await;
    for (body, field) in [
        (r#"{"text":"hello","count":300}"#, "count"),
        (r#"{"text":"hello"}"#, "count"),
        (r#"{"text":"hello","count":3,"colour":"red"}"#, "colour"),
    ] {
        let reply = world.post(PATH, body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(reply.problem(), "body/invalid");
        assert_eq!(reply.json()["field"], field);
    }
}

#[tokio::test]
async fn a_list_is_no_object_however_well_it_would_fit() {
    let world = World::new().await;
    let reply = world.post(PATH, r#" ["hello", 3]"#).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(reply.problem(), "body/invalid");
}

#[tokio::test]
async fn what_is_not_json_or_not_said_to_be_is_refused() {
    let world = World::new().await;
    let reply = world.post(PATH, "{").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.problem(), "body/malformed");
    let unsaid = Request::post(PATH);
    let reply = client::send(world.address, unsaid, r#"{"text":"","count":0}"#)
        .await
        .unwrap();
    assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(reply.problem(), "body/not-json");
}

#[tokio::test]
async fn a_body_is_too_large_whether_it_says_so_or_not() {
    let world = World::with(|settings| settings.body_bytes_max = 64).await;
    let large = format!(r#"{{"text":"{}","count":3}}"#, "x".repeat(64));
    let reply = world.post(PATH, &large).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(reply.problem(), "body/too-large");

    let chunked = client::speak_in_chunks(world.address, PATH, &large).await;
    assert_eq!(chunked.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(chunked.problem(), "body/too-large");

    let fits = format!(r#"{{"text":"{}","count":3}}"#, "x".repeat(64 - 21));
    assert_eq!(fits.len(), 64);
    assert_eq!(world.post(PATH, &fits).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for_as_long_as_an_answer() {
    let world = World::with(|settings| settings.request_time_max = Duration::from_secs(1)).await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: 30\r\n\r\n{{"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!(said.contains("\"body/too-slow\""), "{said}");
}
