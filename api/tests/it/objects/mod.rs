//! Objects: brought in parts or at once, looked into, shown by links, let go.

mod bringing;
pub mod elsewhere;
pub mod importing;
mod links;
mod machines;
mod uploading;

use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::Reply;
use crate::users::people::{HOME, People, Signed};

/// A table that can be trained on.
pub const GOOD: &str = "text,label\nI like it very much,good\nI do not like it,bad\n\
                        It is fine with me,good\nIt is not fine at all,bad\n";

pub fn hex(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    domain::users::Digest::new(digest).to_string()
}

/// Sends bytes as they are, at home, as this one.
pub async fn send(
    people: &People,
    signed: Option<&Signed>,
    (method, path): (&str, &str),
    bytes: Vec<u8>,
) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("x-forwarded-for", HOME.address)
        .header("user-agent", HOME.agent);
    if let Some(signed) = signed {
        request = request.header("authorization", format!("Bearer {}", signed.access));
    }
    people.raw_bytes(request, bytes).await
}

pub async fn begin(people: &People, signed: &Signed, body: Value) -> Reply {
    people
        .as_(signed, ("POST", "/v1/uploads"), Some(body))
        .await
}

/// Something on its way, of this size.
pub async fn begun(people: &People, signed: &Signed, bytes: usize) -> Value {
    let body = json!({ "kind": "dataset", "name": "reviews.csv", "bytes": bytes });
    let reply = begin(people, signed, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    reply.json()
}

/// The identity of something that this one has begun to bring.
pub async fn opened(people: &People, signed: &Signed) -> String {
    let upload = begun(people, signed, 10).await;
    upload["upload"].as_str().unwrap().to_owned()
}

/// Behind the address of the server.
pub fn path(url: &Value) -> String {
    let url = url.as_str().unwrap();
    let (_, rest) = url.split_once("//").unwrap();
    let (_, path) = rest.split_once('/').unwrap();
    format!("/{path}")
}

pub async fn complete(people: &People, signed: &Signed, upload: &Value) -> Reply {
    let path = format!(
        "/v1/uploads/{}/complete",
        upload["upload"].as_str().unwrap()
    );
    people.as_(signed, ("POST", &path), None).await
}

pub async fn bring(people: &People, signed: &Signed, name: &str, bytes: &[u8]) -> Reply {
    let path = format!("/v1/datasets?name={name}");
    send(people, Some(signed), ("POST", &path), bytes.to_vec()).await
}

/// A dataset that was brought.
pub async fn brought(people: &People, signed: &Signed, name: &str, bytes: &[u8]) -> Value {
    let reply = bring(people, signed, name, bytes).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    reply.json()
}

pub async fn get(people: &People, signed: &Signed, path: &str) -> Reply {
    people.as_(signed, ("GET", path), None).await
}

/// How many files lie on the shelf, notes and parts included.
pub fn files_on(shelf: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(shelf) else {
        return 0;
    };
    let count = |path: std::path::PathBuf| {
        if path.is_dir() { files_on(&path) } else { 1 }
    };
    entries.map(|entry| count(entry.unwrap().path())).sum()
}
