//! The document describes what there is, and the page that shows it works offline.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::World;

/// Everything in the document that refers to something else in it.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.extend(
                fields
                    .get("$ref")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            fields.values().for_each(|inner| references(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_operation_has_a_name_a_summary_and_a_way_to_refuse() {
    let world = World::of_the_product().await;
    let reply = world.get("/openapi.json").await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let document = reply.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for needed in ["operationId", "summary"] {
                let text = operation[needed].as_str();
                assert!(
                    text.is_some_and(|text| !text.is_empty()),
                    "{method} {path}: {needed}"
                );
            }
            let refusal = &operation["responses"]["default"]["$ref"];
            let form = if path.starts_with("/openai/") {
                "#/components/responses/OpenAiError"
            } else {
                "#/components/responses/Problem"
            };
            assert_eq!(refusal, form, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let world = World::of_the_product().await;
    let document = world.get("/openapi.json").await.json();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.contains(&"#/components/schemas/Problem".to_owned()));
    for reference in found {
        let target = document.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some(), "{reference}");
    }
}

fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten()
}

#[tokio::test]
async fn every_post_says_that_it_takes_an_idempotency_key_and_nothing_else_does() {
    let world = World::of_the_product().await;
    let document = world.get("/openapi.json").await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let takes = parameters(operation).any(|it| it["name"] == "Idempotency-Key");
            assert_eq!(takes, method == "post", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn every_identity_in_a_path_says_how_it_is_spelt() {
    let world = World::of_the_product().await;
    let document = world.get("/openapi.json").await.json();
    let mut spelt = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for parameter in parameters(operation).filter(|it| it["in"] == "path") {
                let schema = &parameter["schema"];
                let says = schema["pattern"].is_string() || schema["enum"].is_array();
                assert!(says || path == "/docs/{file}", "{method} {path}");
                spelt += usize::from(says);
            }
        }
    }
    assert!(spelt >= 10, "{spelt}");
}

#[tokio::test]
async fn an_answer_to_a_mail_is_a_link_or_an_address_with_a_code() {
    let world = World::of_the_product().await;
    let document = world.get("/openapi.json").await.json();
    for name in ["Answer", "NewPassword"] {
        let [fields, one_of] = &document["components"]["schemas"][name]["allOf"]
            .as_array()
            .unwrap()[..]
        else {
            panic!("{name}");
        };
        assert_eq!(fields["additionalProperties"], false, "{name}");
        let sets = one_of["anyOf"].as_array().unwrap();
        let required: Vec<&Value> = sets.iter().map(|it| &it["required"]).collect();
        assert_eq!(
            required,
            [&json!(["link"]), &json!(["email", "code"])],
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_page_and_all_that_it_loads_come_from_here() {
    let world = World::new().await;
    let page = world.get("/docs").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'"), "{policy}");
    let mut loaded = 0;
    for attribute in ["src=\"", "href=\""] {
        for target in page.text().split(attribute).skip(1) {
            let target = target.split('"').next().unwrap();
            assert!(
                target.starts_with('/') && !target.starts_with("//"),
                "{target}"
            );
            let reply = world.get(target).await;
            assert_eq!(reply.status, StatusCode::OK, "{target}");
            let kind = reply.header("content-type").unwrap();
            let expected = match target.rsplit('.').next() {
                Some("js") => "text/javascript; charset=utf-8",
                Some("css") => "text/css; charset=utf-8",
                _ => "application/json",
            };
            assert_eq!(kind, expected, "{target}");
            loaded += 1;
        }
    }
    assert!(loaded >= 3, "{loaded}");
}
