//! Machines over real HTTP: how they join, what they say, and who may see them.

mod changing;
mod joining;
mod speaking;

use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::client::Reply;
use crate::users::people::{ELSEWHERE, HOME, People, Signed};

pub const EMAIL: &str = "ann@example.com";

/// A machine that has joined.
#[derive(Clone, Debug)]
pub struct Machine {
    pub id: String,
    pub secret: String,
}

/// Somebody who has accepted what providers agree to.
pub async fn provider(people: &People, email: &str) -> Signed {
    let signed = people.somebody(email).await;
    let accept = json!({ "accept": true });
    let route = ("POST", "/v1/me/provider");
    let reply = people.as_(&signed, route, Some(accept)).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    signed
}

pub async fn token(people: &People, signed: &Signed, body: Value) -> Value {
    let route = ("POST", "/v1/machines/tokens");
    let reply = people.as_(signed, route, Some(body)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    reply.json()
}

pub fn hardware(gpus: usize) -> Value {
    let gpu = |number| {
        json!({
            "model": "NVIDIA L4", "uuid": format!("GPU-{number}"),
            "memory_bytes": 24_u64 << 30, "driver": "570.86"
        })
    };
    json!({
        "os": "Debian 13", "cpu_model": "EPYC", "cpu_cores": 16, "memory_bytes": 64_u64 << 30,
        "disk_bytes": 500_u64 << 30, "gpus": (0..gpus).map(gpu).collect::<Vec<_>>()
    })
}

/// What a machine says when it joins.
pub fn new_machine(token: &str) -> Value {
    json!({
        "token": token, "name": "under the desk", "hardware": hardware(1),
        "isolation": ["process", "podman"], "runtimes": ["tabular"], "agent_version": "0.1.0"
    })
}

/// Joins under a key, as the agent does.
pub async fn enrol(people: &People, key: &str, body: Value) -> Reply {
    let request = Request::post("/v1/machines/enrol")
        .header("x-forwarded-for", ELSEWHERE.address)
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    people.raw(request, body.to_string()).await
}

/// A machine of this provider's.
pub async fn machine(people: &People, signed: &Signed) -> Machine {
    let made = token(people, signed, json!({})).await;
    let token = made["token"].as_str().unwrap();
    let reply = enrol(people, "first", new_machine(token)).await;
    joined(&reply)
}

pub fn joined(reply: &Reply) -> Machine {
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    let body = reply.json();
    Machine {
        id: body["machine"].as_str().unwrap().to_owned(),
        secret: body["secret"].as_str().unwrap().to_owned(),
    }
}

pub async fn heartbeat(people: &People, machine: &Machine, body: Value) -> Reply {
    let route = ("POST", "/v1/machines/heartbeat");
    let secret = Some(machine.secret.as_str());
    people.send(ELSEWHERE, route, secret, Some(body)).await
}

pub fn idle() -> Value {
    json!({ "load": { "cpu_percent": 1.5, "memory_used_bytes": 1, "disk_free_bytes": 2,
        "gpus": [] } })
}

/// The machine as its provider sees it, once everything that has happened is seen.
pub async fn shown(people: &People, signed: &Signed, machine: &Machine) -> Value {
    let head = people.log.head().await.unwrap().position;
    let path = format!("/v1/machines/{}", machine.id);
    let reply = people.at(signed, ("GET", &path), head).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

/// What a provider decides about a machine.
pub async fn change(people: &People, signed: &Signed, machine: &Machine, body: Value) -> Reply {
    let path = format!("/v1/machines/{}", machine.id);
    people.as_(signed, ("PATCH", &path), Some(body)).await
}

/// An admin who is signed in.
pub async fn admin(people: &People) -> Signed {
    let (email, password) = ("admin@example.com", crate::users::people::PASSWORD);
    let made = people
        .users
        .create_admin(email, password.to_owned(), None, "en");
    made.await.unwrap();
    crate::users::people::signed(&people.try_to_sign_in(HOME, email, password).await)
}
