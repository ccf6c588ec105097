//! Every route is listed as public or refuses a stranger, and every body refuses what it ignores.

use api::PUBLIC_ROUTES;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;

use crate::probe;
use crate::world::World;

/// Every operation of the document, as method and path.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method.parse::<Method>().is_ok() && operation.is_object() {
                found.push((method.clone(), path.clone(), operation));
            }
        }
    }
    found
}

fn is_public(method: &str, path: &str) -> bool {
    PUBLIC_ROUTES.contains(&(method, path))
}

/// With something in the place of every parameter.
fn filled(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// What a stranger may do that nobody listed.
async fn open_doors(world: &World) -> Vec<String> {
    let document = world.get("/openapi.json").await.json();
    let mut found = Vec::new();
    for (method, path, _) in operations(&document) {
        if is_public(&method, &path) {
            continue;
        }
        let request = Request::builder()
            .method(method.to_uppercase().as_str())
            .uri(filled(&path));
        let reply = world.send(request).await;
        if reply.status == StatusCode::UNAUTHORIZED {
            reply.refused_at(&path);
        } else {
            found.push(format!("{method} {path}"));
        }
    }
    found
}

#[tokio::test]
async fn every_route_of_the_product_is_listed_as_public_or_refuses_a_stranger() {
    let world = World::of_the_product().await;
    assert_eq!(open_doors(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_route_that_nobody_listed_and_that_lets_strangers_in_is_found() {
    let world = World::of_the_product_and(probe::doors()).await;
    assert_eq!(open_doors(&world).await, ["get /v1/probe/address"]);
}

#[tokio::test]
async fn no_route_is_listed_that_is_not_there() {
    let world = World::of_the_product().await;
    let document = world.get("/openapi.json").await.json();
    for (method, path) in PUBLIC_ROUTES {
        assert!(
            document["paths"][path][method].is_object(),
            "{method} {path}"
        );
    }
}

/// The bodies that would swallow a field that nobody reads.
fn lenient_bodies(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (method, path, operation) in operations(document) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let named = schema["$ref"].as_str();
        let schema = named.map_or(schema, |reference| {
            document.pointer(reference.trim_start_matches('#')).unwrap()
        });
        // Where more is said of a body than its fields, they come first.
        let fields = &schema["allOf"][0];
        let schema = if fields.is_null() { schema } else { fields };
        if schema.is_object() && schema["additionalProperties"] != false {
            found.push(format!("{method} {path}"));
        }
    }
    found
}

#[tokio::test]
async fn every_body_refuses_fields_that_nobody_reads() {
    let world = World::of_the_product().await;
    let document = world.get("/openapi.json").await.json();
    assert_eq!(lenient_bodies(&document), Vec::<String>::new());
    let world = World::new().await;
    let mut document = world.get("/openapi.json").await.json();
    assert_eq!(lenient_bodies(&document), Vec::<String>::new());
    let schema = document.pointer_mut("/components/schemas/Note").unwrap();
    schema
        .as_object_mut()
        .unwrap()
        .remove("additionalProperties");
    assert_eq!(lenient_bodies(&document), ["post /v1/probe/echo"]);
}
