//! Whoever is being answered when the program ends is still answered.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client;
use crate::world::World;

const FAREWELL: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_request_that_runs_when_the_end_begins_is_answered_and_a_new_one_is_not_taken() {
    let mut world = World::new().await;
    let running = world.slow().await;
    world.stop();
    // The socket is gone when the server has heard that it is to end.
    while TcpStream::connect(world.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!running.is_finished());
    let request = axum::http::Request::get("/healthz");
    assert!(client::send(world.address, request, "").await.is_err());
    // Nearly as long as a request may take, in no time.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(25)).await;
    tokio::time::resume();
    assert!(!running.is_finished());
    world.gate.open();
    let reply = running.await.unwrap();
    assert_eq!(reply.text(), "done");
    world.ended().await;
    // Only then is the log closed, so what was asked for in time is written.
    world.deposit("deposit_1").await;
    world.log.clone().close().await;
}

#[tokio::test]
async fn an_idle_connection_keeps_nobody_waiting() {
    let mut world = World::new().await;
    let idle = TcpStream::connect(world.address).await.unwrap();
    world.get("/healthz").await;
    world.stop();
    // Sooner than anybody gives up on a connection that says nothing.
    timeout(Duration::from_secs(5), world.ended())
        .await
        .unwrap();
    drop(idle);
}

#[tokio::test]
async fn an_answer_that_never_ends_is_cut_when_its_time_is_over() {
    let mut world = World::with(|settings| settings.request_time_max = FAREWELL).await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let request = b"GET /v1/probe/endless HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut said = String::new();
    while !said.contains("beginning") {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await.unwrap();
        assert!(count > 0, "it ended after {said:?}");
        said.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    world.stop();
    world.ended().await;
    let mut rest = Vec::new();
    // A reset is as good an end as a silent one.
    drop(stream.read_to_end(&mut rest).await);
    assert!(
        !rest.ends_with(b"0\r\n\r\n"),
        "it ended as if it were whole"
    );
}
