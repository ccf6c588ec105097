//! Every route of the product: strangers are refused, and nobody finds what belongs to others.

use api::PUBLIC_ROUTES;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::people::{HOME, People};
use super::{kyc, mails};
use crate::jobs;
use crate::objects;
use crate::payments;
use crate::servers;
use crate::work;

/// Every operation of the document, as method and path.
fn operations(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = ["get", "put", "post", "delete", "patch"];
    let of = |(path, item): (&String, &Value)| {
        let found = methods.iter().filter(|it| item[**it].is_object());
        found
            .map(|it| ((*it).to_owned(), path.clone()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

#[tokio::test]
async fn every_route_is_listed_as_public_or_refuses_a_stranger() {
    let people = People::new().await;
    let document = people
        .send(HOME, ("GET", "/openapi.json"), None, None)
        .await
        .json();
    let operations = operations(&document);
    assert!(operations.len() > 30, "{}", operations.len());
    for (method, path) in operations {
        if PUBLIC_ROUTES.contains(&(method.as_str(), path.as_str())) {
            continue;
        }
        for token in [None, Some("x"), Some("tnk_x")] {
            let route = (method.to_uppercase(), path.replace(['{', '}'], ""));
            let route = (route.0.as_str(), route.1.as_str());
            let reply = people.send(HOME, route, token, Some(json!({}))).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            reply.refused_at(&path);
        }
    }
}

#[tokio::test]
async fn what_belongs_to_somebody_else_is_not_there() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let bob = people.somebody("bob@example.com").await;
    let key = json!({ "label": "a", "scopes": ["read"] });
    let key = people
        .as_(&ann, ("POST", "/v1/keys"), Some(key))
        .await
        .json();
    let mail = mails::intended(&people, &ann.user).await.to_string();
    let object = objects::opened(&people, &ann).await;
    kyc::submitted(&people, &ann).await;
    let job = jobs::ordered(&people, &ann).await;
    let unit = work::enqueue(&people, &ann).await.to_string();
    let payment = payments::requested(&people, &ann).await;
    let moved = payments::moved(&people, &ann).await;
    let carl = servers::provider(&people, "carl@example.com").await;
    let machine = servers::machine(&people, &carl).await.id;
    let join = servers::token(&people, &carl, json!({})).await;
    let document = people
        .send(HOME, ("GET", "/openapi.json"), None, None)
        .await
        .json();
    let mut walked = 0;
    for (method, path) in operations(&document) {
        let public = PUBLIC_ROUTES.contains(&(method.as_str(), path.as_str()));
        if public || !path.contains('{') {
            continue;
        }
        let of_ann = path
            .replace("{session}", &ann.session)
            .replace("{user}", &ann.user)
            .replace("{key}", key["id"].as_str().unwrap())
            .replace("{mail}", &mail)
            .replace("{payment}", &payment)
            .replace("{machine}", &machine)
            .replace("{join}", join["id"].as_str().unwrap())
            .replace("{object}", &object)
            .replace("{file}", &object.replace("object_", "file-"))
            .replace("{upload}", &object.replace("object_", "upload_"))
            .replace("{fine_tuning_job}", &job.replace("job_", "ftjob-"))
            .replace("{model}", &job.replace("job_", "ft:tabular:trainnet::"))
            .replace("{unit}", &unit)
            .replace("{job}", &job)
            .replace("{number}", "1")
            .replace("{position}", &moved.to_string())
            .replace("{role}", "provider");
        assert!(!of_ann.contains('{'), "say whose the id in {path} is");
        // Machines alone ask there; whoever is none learns nothing, whatever the unit.
        let of_machines = path.starts_with("/tasks/{unit}/") && !path.ends_with("/status");
        let refused = if of_machines {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::NOT_FOUND
        };
        for other in [of_ann, path.replace(['{', '}'], "")] {
            let body = Some(json!({ "reason": "curious" }));
            let route = (method.to_uppercase(), other);
            let reply = people.as_(&bob, (&route.0, &route.1), body).await;
            assert_eq!(reply.status, refused, "{route:?}");
            reply.refused_at(&path);
        }
        walked += 1;
    }
    assert!(walked >= 32, "{walked}");
    assert_eq!(people.me(&ann).await.status, StatusCode::OK);
}
