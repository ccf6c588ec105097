//! The same over a real S3: parts and links go there directly.

use ::objects::Place;
use api::Binding;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{GOOD, begin, brought, complete, get, hex};
use crate::client::{self, Reply};
use crate::users::people::People;

pub async fn people(bucket: &str) -> People {
    let bucket = workbench::storage::bucket(bucket).await;
    let place = Place::S3 {
        bucket: bucket.name,
        prefix: String::new(),
        endpoint: Some(bucket.endpoint),
        region: "us-east-1".to_owned(),
        access_key: bucket.access_key.to_owned(),
        secret_key: bucket.secret_key.to_owned(),
    };
    People::keeping(Binding::Strict, |kept| kept.place = place).await
}

/// Asks whoever the link leads to.
async fn follow(method: Method, url: &Value, body: &[u8]) -> Reply {
    let url: axum::http::Uri = url.as_str().unwrap().parse().unwrap();
    let address = url.authority().unwrap().as_str();
    let request = Request::builder()
        .method(method)
        .uri(url.path_and_query().unwrap().as_str())
        .header("host", address);
    let address = address.parse().unwrap();
    client::send(address, request, body.to_vec()).await.unwrap()
}

#[tokio::test]
async fn parts_and_links_go_to_the_storage_itself() {
    let people = people("direct").await;
    let ann = people.somebody("ann@example.com").await;
    let body = json!({
        "kind": "dataset", "name": "отзывы.csv", "bytes": GOOD.len(), "sha256": hex(GOOD.as_bytes()),
    });
    let upload = begin(&people, &ann, body).await.json();
    let url = &upload["parts"][0]["url"];
    assert!(!url.as_str().unwrap().contains("/files/"), "{url}");
    let put = follow(Method::PUT, url, GOOD.as_bytes()).await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.text());
    let path = format!("/v1/uploads/{}", upload["upload"].as_str().unwrap());
    let stands = get(&people, &ann, &path).await.json();
    assert_eq!(stands["arrived"], json!([1]));
    let done = complete(&people, &ann, &upload).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let id = upload["upload"].as_str().unwrap();
    let seen = get(&people, &ann, &format!("/v1/datasets/{id}"))
        .await
        .json();
    assert_eq!(
        (&seen["standing"], &seen["rows"]),
        (&json!("usable"), &json!(4))
    );
    assert_eq!(seen["inspection"]["shape"]["label_column"], "label");
    let link = get(&people, &ann, &format!("/v1/objects/{id}/link"))
        .await
        .json();
    let read = follow(Method::GET, &link["url"], b"").await;
    assert_eq!(read.text(), GOOD);
    let disposition = read.header("content-disposition").unwrap();
    assert!(disposition.contains("%D0%BE%D1%82"), "{disposition}");
    let gone = people
        .as_(&ann, ("DELETE", &format!("/v1/datasets/{id}")), None)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    let read = follow(Method::GET, &link["url"], b"").await;
    assert_eq!(read.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_comes_through_us_gets_there_too() {
    let people = people("through").await;
    let ann = people.somebody("ann@example.com").await;
    let made = brought(&people, &ann, "a.csv", GOOD.as_bytes()).await;
    assert_eq!(made["standing"], "usable");
    assert_eq!(made["sha256"], hex(GOOD.as_bytes()));
}
