//! The door for OpenAI's clients, asked as they ask, and by those who misunderstand it.

mod files;
mod jobs;
mod layers;
mod uploads;

use axum::http::{Request, StatusCode, request};
use serde_json::{Value, json};

use crate::client::Reply;
use crate::users::people::{HOME, People, Signed};

pub const BASE: &str = "/openai/v1";
const BOUNDARY: &str = "-------------------------of-this-test";

/// A form as their clients write one: texts, and a file with or without a name.
pub fn form(texts: &[(&str, &str)], (field, name, bytes): (&str, Option<&str>, &[u8])) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in texts {
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
        );
        body.extend_from_slice(part.as_bytes());
    }
    let file = name.map_or_else(String::new, |name| format!("; filename=\"{name}\""));
    let part = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"{file}\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(part.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

pub fn form_request(signed: &Signed, path: &str) -> request::Builder {
    Request::post(format!("{BASE}{path}"))
        .header("x-forwarded-for", HOME.address)
        .header("user-agent", HOME.agent)
        .header("authorization", format!("Bearer {}", signed.access))
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
}

pub async fn post_form(people: &People, signed: &Signed, path: &str, body: Vec<u8>) -> Reply {
    people.raw_bytes(form_request(signed, path), body).await
}

pub async fn upload(people: &People, signed: &Signed, name: &str, bytes: &[u8]) -> Reply {
    let body = form(&[("purpose", "fine-tune")], ("file", Some(name), bytes));
    post_form(people, signed, "/files", body).await
}

/// A file that was uploaded.
pub async fn uploaded(people: &People, signed: &Signed, name: &str, bytes: &[u8]) -> Value {
    let reply = upload(people, signed, name, bytes).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

pub async fn get(people: &People, signed: &Signed, path: &str) -> Reply {
    let path = format!("{BASE}{path}");
    people.as_(signed, ("GET", &path), None).await
}

pub async fn post(people: &People, signed: &Signed, path: &str, body: Value) -> Reply {
    let path = format!("{BASE}{path}");
    people.as_(signed, ("POST", &path), Some(body)).await
}

/// The identities of a list, page by page.
pub async fn ids(people: &People, signed: &Signed, path: &str, limit: usize) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(people, signed, &format!("{path}limit={limit}{after}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text());
        let page = page.json();
        assert_eq!(page["object"], "list");
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
        all.extend(data.iter().map(id));
        assert_eq!(page["last_id"], json!(data.last().map(id)));
        if page["has_more"] == false {
            return all;
        }
        after = format!("&after={}", id(data.last().unwrap()));
    }
}

/// Where a refusal is, and which part of the request is meant.
pub fn refusal(reply: &Reply) -> (u16, String, Value) {
    let error = reply.openai_error();
    let code = error["code"].as_str().unwrap().to_owned();
    (reply.status.as_u16(), code, error["param"].clone())
}
