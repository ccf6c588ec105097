//! Datasets that are fetched: from where everybody can reach, in full, or not at all.

use std::net::{Ipv4Addr, SocketAddr};

use api::{Binding, Server, Settings, Variables};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode};
use axum::routing::get;
use futures::stream;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{GOOD, files_on};
use crate::client::Reply;
use crate::users::people::{People, Signed, eventually};

fn leads_to(place: &'static str) -> Response<Body> {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::FOUND;
    let headers = reply.headers_mut();
    headers.insert("location", HeaderValue::from_static(place));
    reply
}

/// A place that says that there is more than comes.
async fn breaking_off() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 16];
        stream.read_exact(&mut asked).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(GOOD.as_bytes()).await.unwrap();
    });
    address
}

/// A place on this machine that behaves well and badly.
pub async fn source() -> SocketAddr {
    let large = |_: Request<Body>| async { GOOD.replace('\n', " \n").repeat(120_000) };
    let router = Router::new()
        .route("/good.csv", get(async || GOOD))
        .route("/large.csv", get(large))
        .route("/moved", get(async || leads_to("/good.csv")))
        .route("/around", get(async || leads_to("/around")))
        .route("/file", get(async || leads_to("file:///etc/passwd")))
        .route("/nowhere", get(async || StatusCode::FOUND))
        .route("/empty", get(async || ""))
        .route(
            "/endless",
            get(async || Body::from_stream(stream::iter([Ok::<_, std::io::Error>(GOOD)]))),
        );
    let mut settings = Settings::try_new(&Variables::default()).unwrap();
    settings.listen = (Ipv4Addr::LOCALHOST, 0).into();
    let server = Server::bind(&settings).await.unwrap();
    let address = server.address();
    tokio::spawn(server.run(router, std::future::pending()));
    address
}

async fn import(people: &People, who: &Signed, url: &str) -> Reply {
    let body = Some(json!({ "url": url }));
    people.as_(who, ("POST", "/v1/datasets/import"), body).await
}

async fn shown(people: &People, who: &Signed, made: &Value) -> Value {
    let path = format!("/v1/datasets/{}", made["dataset"].as_str().unwrap());
    super::get(people, who, &path).await.json()
}

pub async fn at_home() -> (People, Signed, SocketAddr) {
    let change = |kept: &mut ::objects::Settings| kept.private_sources = true;
    let people = People::keeping(Binding::Strict, change).await;
    let ann = people.somebody("ann@example.com").await;
    (people, ann, source().await)
}

#[tokio::test]
async fn a_dataset_is_fetched_and_looked_into_by_itself() {
    let (people, ann, source) = at_home().await;
    for (path, name, rows) in [
        ("good.csv", "good.csv", 4),
        ("moved", "moved", 4),
        ("large.csv", "large.csv", 0),
    ] {
        let reply = import(&people, &ann, &format!("http://{source}/{path}")).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text());
        let made = reply.json();
        assert_eq!(made["name"], name);
        eventually("it has been looked into", async || {
            shown(&people, &ann, &made).await["inspection"].is_object()
        })
        .await;
        let seen = shown(&people, &ann, &made).await;
        if rows > 0 {
            assert_eq!(
                (&seen["standing"], &seen["rows"]),
                (&json!("usable"), &json!(rows))
            );
        } else {
            // It came in several parts.
            assert!(seen["bytes"].as_u64().unwrap() > 10 << 20, "{seen}");
        }
    }
}

#[tokio::test]
async fn a_source_that_is_no_good_is_refused_with_what_is_wrong() {
    let (people, ann, source) = at_home().await;
    for (path, detail) in [
        ("missing", "The source answers 404."),
        ("around", "The source leads from place to place."),
        ("file", "Send an address that begins with https."),
        ("nowhere", "The source leads nowhere."),
        ("empty", "The source has an empty file."),
        ("endless", "The source does not say how long the file is."),
    ] {
        let reply = import(&people, &ann, &format!("http://{source}/{path}")).await;
        assert_eq!(reply.problem(), "datasets/source-refused", "{path}");
        assert_eq!(reply.json()["detail"], detail);
        assert_eq!(reply.json()["field"], "url");
    }
    assert_eq!(files_on(&people.shelf), 0);
}

#[tokio::test]
async fn what_breaks_off_is_let_go() {
    let (people, ann, _) = at_home().await;
    let source = breaking_off().await;
    let reply = import(&people, &ann, &format!("http://{source}/cut.csv")).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text());
    eventually("it is let go", async || {
        let ended: Option<String> = sqlx::query_scalar(
            "select payload::text from events where event_type = 'object.removed'",
        )
        .fetch_optional(people.log.pool())
        .await
        .unwrap();
        ended.is_some_and(|ended| ended.contains("\"source\"")) && files_on(&people.shelf) == 0
    })
    .await;
}

#[tokio::test]
async fn nothing_is_fetched_from_where_only_we_can_reach() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let port = source().await.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "169.254.169.254",
    ] {
        let reply = import(&people, &ann, &format!("https://{host}:{port}/good.csv")).await;
        assert_eq!(reply.problem(), "datasets/source-private", "{host}");
    }
    for url in [
        format!("http://127.0.0.1:{port}/good.csv"),
        "ftp://example.com/a.csv".to_owned(),
        "https://user:password@example.com/a.csv".to_owned(),
        "a.csv".to_owned(),
        format!("https://example.com/{}", "a".repeat(2_000)),
    ] {
        let reply = import(&people, &ann, &url).await;
        assert_eq!(reply.problem(), "datasets/source-refused", "{url}");
    }
}
