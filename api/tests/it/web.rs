//! The web app as it is served: cached, compressed, under a strict policy, and never in the way.

use std::net::SocketAddr;

use api::{App, AppFile};
use axum::http::{Request, StatusCode};

use crate::client::{self, Reply};
use crate::world::World;

const FILES: [AppFile; 4] = [
    AppFile {
        path: "/index.html",
        bytes: b"<!doctype html><title>app</title>",
        brotli: Some(b"brotli of the page"),
        gzip: Some(b"gzip of the page"),
    },
    AppFile {
        path: "/assets/index-4f2a.js",
        bytes: b"console.log(1)",
        brotli: Some(b"brotli of the script"),
        gzip: None,
    },
    AppFile {
        path: "/icon.svg",
        bytes: b"<svg/>",
        brotli: None,
        gzip: None,
    },
    AppFile {
        path: "/manifest.webmanifest",
        bytes: b"{}",
        brotli: None,
        gzip: None,
    },
];

async fn ask(address: SocketAddr, route: (&str, &str), headers: &[(&'static str, &str)]) -> Reply {
    let (method, path) = route;
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client::send(address, request, "").await.unwrap()
}

const PERSON: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

#[tokio::test]
async fn a_person_finds_the_app_wherever_no_route_is() {
    let world = World::with_app(App::new(FILES, None)).await;
    for path in [
        "/",
        "/train",
        "/status/job_1",
        "/jobs",
        "/wallet",
        "/sign-in?next=/jobs",
    ] {
        let page = ask(world.address, ("GET", path), &[PERSON]).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(page.text().contains("<title>app"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"));
    }
    for (route, accept, status, code) in [
        (("GET", "/v1/nothing"), PERSON, 404, "not-found"),
        (("GET", "/assets/gone-1234.js"), PERSON, 404, "not-found"),
        (
            ("GET", "/jobs"),
            ("accept", "application/json"),
            404,
            "not-found",
        ),
        (
            ("GET", "/train"),
            ("accept", "*/*"),
            405,
            "method-not-allowed",
        ),
        (("POST", "/jobs"), PERSON, 404, "not-found"),
        (("DELETE", "/train"), PERSON, 405, "method-not-allowed"),
        (("POST", "/train"), PERSON, 401, "unauthenticated"),
        (
            ("GET", "/models/job_1/download"),
            PERSON,
            401,
            "unauthenticated",
        ),
    ] {
        let reply = ask(world.address, route, &[accept]).await;
        assert_eq!(reply.status.as_u16(), status, "{route:?}");
        assert_eq!(reply.problem(), code, "{route:?}");
    }
    let docs = ask(world.address, ("GET", "/docs"), &[PERSON]).await;
    assert!(!docs.text().contains("<title>app"));
}

#[tokio::test]
async fn files_come_compressed_and_are_kept_for_as_long_as_their_names_last() {
    let world = World::with_app(App::new(FILES, None)).await;
    let get = async |path: &str, headers: &[(&'static str, &str)]| {
        ask(world.address, ("GET", path), headers).await
    };
    let script = "/assets/index-4f2a.js";
    let reply = get(script, &[("accept-encoding", "gzip, br")]).await;
    assert_eq!(reply.body, FILES[1].brotli.unwrap());
    assert_eq!(reply.header("content-encoding"), Some("br"));
    assert_eq!(reply.header("vary"), Some("accept-encoding"));
    assert_eq!(
        reply.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(
        reply.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    let plain = get(script, &[("accept-encoding", "gzip")]).await;
    assert_eq!(plain.body, FILES[1].bytes);
    assert_eq!(plain.header("content-encoding"), None);
    assert_ne!(plain.header("etag"), reply.header("etag"));
    let icon = get("/icon.svg", &[]).await;
    assert_eq!(icon.header("content-type"), Some("image/svg+xml"));
    assert_eq!(icon.header("cache-control"), Some("no-cache"));
    let manifest = get("/manifest.webmanifest", &[]).await;
    assert_eq!(
        manifest.header("content-type"),
        Some("application/manifest+json")
    );
    let etag = reply.header("etag").unwrap();
    let again = get(
        script,
        &[("if-none-match", etag), ("accept-encoding", "br")],
    )
    .await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
    assert_eq!(again.header("etag"), Some(etag));
    let head = ask(world.address, ("HEAD", "/icon.svg"), &[]).await;
    assert_eq!(head.status, StatusCode::OK);
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn the_policy_lets_the_page_do_what_it_needs_and_nothing_in_line() {
    let app = App::new(FILES, Some("http://s3.example:9000"));
    let world = World::with_app(app).await;
    let page = ask(world.address, ("GET", "/"), &[PERSON]).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    assert!(
        policy.contains("connect-src 'self' http://s3.example:9000;"),
        "{policy}"
    );
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn a_program_without_the_app_says_how_to_build_it() {
    let world = World::with_app(App::new([], None)).await;
    let page = ask(world.address, ("GET", "/"), &[PERSON]).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text().contains("cargo xtask web"), "{}", page.text());
    assert!(!page.text().contains("<style") && !page.text().contains("<script"));
    let program = ask(world.address, ("GET", "/"), &[]).await;
    assert_eq!(program.problem(), "not-found");
}

#[tokio::test]
async fn what_is_printed_without_a_server_is_what_a_server_says() {
    let world = World::of_the_product().await;
    let served = world.get("/openapi.json").await.json();
    let printed: serde_json::Value = serde_json::from_slice(&api::Product::document()).unwrap();
    let paths = |document: &serde_json::Value| {
        let mut paths = document["paths"].as_object().unwrap().clone();
        // A server shows its mails only where they are not sent.
        paths.retain(|path, _| !path.starts_with("/dev/"));
        paths
    };
    assert!(printed["paths"]["/dev/outbox"]["get"].is_object());
    assert_eq!(paths(&printed), paths(&served));
    assert_eq!(printed["components"], served["components"]);
}
