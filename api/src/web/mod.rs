//! The web app's files, and its page wherever a browser looks for one that no route has.

mod encoding;
mod policy;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use crate::layers;
use encoding::{Encoding, accepted};

/// A file of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppFile {
    /// Where browsers ask for it, such as `/assets/index-4f2a.js`.
    pub path: &'static str,
    pub bytes: &'static [u8],
    pub brotli: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
}

const INDEX: &str = "/index.html";
/// Names in here change with what is in the files.
const HASHED: &str = "/assets/";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Where the app has no pages: whoever is lost there hears so from the API.
const NOT_PAGES: [&str; 12] = [
    "/v1",
    "/assets",
    "/dev",
    "/docs",
    "/files",
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/readyz",
    "/tasks",
    "/webhook",
    "/.well-known",
];

/// The app as it is served; clones share it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    files: HashMap<&'static str, Kept>,
    policy: HeaderValue,
}

struct Kept {
    file: AppFile,
    kind: &'static str,
    etag: String,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "App({} files)", self.0.files.len())
    }
}

impl App {
    /// Of these files. Pages may connect to `storage` besides, if what people upload goes there
    /// without passing through here.
    pub fn new(files: impl IntoIterator<Item = AppFile>, storage: Option<&str>) -> Self {
        let kept = files.into_iter().map(|file| {
            let digest = Sha256::digest(file.bytes);
            let kept = Kept {
                kind: kind(file.path),
                etag: store::hex::encode(&digest[..12]),
                file,
            };
            (file.path, kept)
        });
        Self(Arc::new(Inner {
            files: kept.collect(),
            policy: policy::policy(storage),
        }))
    }

    /// What stands at a path; a page of the app's own wherever a person might look for one.
    fn answer(&self, request: &Request) -> Option<Response> {
        let headers = request.headers();
        let path = request.uri().path();
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        if let Some(kept) = self.0.files.get(path).filter(|_| path != INDEX) {
            return Some(self.send(kept, headers));
        }
        if !is_page(path) || !wants_page(headers) {
            return None;
        }
        let index = self.0.files.get(INDEX);
        Some(index.map_or_else(not_built, |kept| self.send(kept, headers)))
    }

    fn send(&self, kept: &Kept, headers: &HeaderMap) -> Response {
        let (encoding, bytes) = accepted(headers, &kept.file);
        // Each encoding is another text, so each has a name of its own.
        let etag = match encoding {
            Encoding::Identity => format!("\"{}\"", kept.etag),
            other => format!("\"{}-{}\"", kept.etag, other.name()),
        };
        let mut response = if is_known(headers, &kept.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(Body::from(Bytes::from_static(bytes)))
        };
        let is_hashed = kept.file.path.starts_with(HASHED);
        let caching = if is_hashed { FOR_EVER } else { "no-cache" };
        let say = response.headers_mut();
        say.insert(CONTENT_TYPE, HeaderValue::from_static(kept.kind));
        say.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        say.insert(VARY, HeaderValue::from_static("accept-encoding"));
        say.insert(CONTENT_SECURITY_POLICY, self.0.policy.clone());
        if encoding != Encoding::Identity {
            say.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.name()));
        }
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            say.insert(ETAG, etag);
        }
        response
    }
}

/// Where no route is: a file or a page of the app, or word that there is nothing.
pub(crate) async fn or_nothing(app: Option<Extension<App>>, request: Request) -> Response {
    match app.and_then(|app| app.answer(&request)) {
        Some(found) => found,
        None => layers::not_found().into_response(),
    }
}

/// Where a route is, but for another method: `/train` is asked for by programs and by people.
pub(crate) async fn or_not_allowed(app: Option<Extension<App>>, request: Request) -> Response {
    match app.and_then(|app| app.answer(&request)) {
        Some(found) => found,
        None => layers::method_not_allowed().into_response(),
    }
}

fn is_page(path: &str) -> bool {
    let is_under = |prefix: &str| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    // A name with an ending is a file's, and this one is not there.
    !NOT_PAGES.iter().any(|prefix| is_under(prefix)) && !last.contains('.')
}

/// A browser that goes somewhere says so; a program that asks for anything does not mean a page.
fn wants_page(headers: &HeaderMap) -> bool {
    let said = headers.get(ACCEPT).and_then(|said| said.to_str().ok());
    said.is_some_and(|said| said.contains("text/html"))
}

fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let said = headers.get(IF_NONE_MATCH).and_then(|it| it.to_str().ok());
    said.is_some_and(|said| {
        said.split(',').any(|it| {
            let it = it.trim().trim_start_matches("W/").trim_matches('"');
            it == "*" || it.split('-').next() == Some(etag)
        })
    })
}

/// What a person sees who started the program without having built the app.
fn not_built() -> Response {
    let page = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <title>TrainNet</title>\n<link rel=\"stylesheet\" href=\"/docs/page.css\">\n</head>\n\
        <body>\n<h1>The web app is not in this program</h1>\n<p>It was built without it. \
        <code>cargo xtask up</code> builds both; <code>cargo xtask web</code> builds the app \
        alone, and the program after it carries it.</p>\n\
        <p>The API is all there: <a href=\"/docs\">what it can be asked</a>.</p>\n\
        </body>\n</html>\n";
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy::WITHOUT_SCRIPTS),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, page).into_response()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "webmanifest" => "application/manifest+json",
        "json" => "application/json",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
