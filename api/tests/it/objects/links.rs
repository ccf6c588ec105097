//! Temporary links: whoever has one may read, until it expires, and nothing else.

use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::Value;

use super::{GOOD, begun, brought, get, hex, path, send};
use crate::client::Reply;
use crate::users::people::{People, Signed};

async fn link(people: &People, who: &Signed, object: &Value) -> Value {
    let path = format!("/v1/objects/{}/link", object.as_str().unwrap());
    let reply = get(people, who, &path).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

async fn read(people: &People, path: &str, range: Option<&str>) -> Reply {
    let mut request = Request::get(path);
    if let Some(range) = range {
        request = request.header("range", range);
    }
    people.raw_bytes(request, vec![]).await
}

#[tokio::test]
async fn a_link_is_good_for_a_quarter_of_an_hour() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let made = brought(&people, &ann, "a.csv", GOOD.as_bytes()).await;
    let link = link(&people, &ann, &made["dataset"]).await;
    assert_eq!(link["sha256"], hex(GOOD.as_bytes()));
    let path = path(&link["url"]);
    people.later(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    let all = read(&people, &path, None).await;
    assert_eq!((all.status, all.text()), (StatusCode::OK, GOOD));
    assert_eq!(
        all.header("etag").unwrap(),
        format!("\"{}\"", hex(GOOD.as_bytes()))
    );
    assert!(all.header("repr-digest").unwrap().starts_with("sha-256=:"));
    assert_eq!(all.header("content-type"), Some("application/octet-stream"));
    assert!(
        all.header("content-disposition")
            .unwrap()
            .starts_with("attachment; filename=\"a.csv\"")
    );
    let some = read(&people, &path, Some("bytes=5-9")).await;
    assert_eq!(some.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(some.text(), &GOOD[5..10]);
    let expected = format!("bytes 5-9/{}", GOOD.len());
    assert_eq!(some.header("content-range"), Some(expected.as_str()));
    let beyond = read(&people, &path, Some("bytes=99999-")).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    people.later(TimeDelta::seconds(1));
    let late = read(&people, &path, None).await;
    assert_eq!(late.status, StatusCode::GONE);
    assert_eq!(late.problem(), "files/link-expired");
}

#[tokio::test]
async fn a_link_that_was_changed_leads_nowhere() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let made = brought(&people, &ann, "a.csv", GOOD.as_bytes()).await;
    let link = link(&people, &ann, &made["dataset"]).await;
    let path = path(&link["url"]);
    let middle = path.len() / 2;
    let other = if path.as_bytes()[middle] == b'A' {
        "B"
    } else {
        "A"
    };
    let changed = format!("{}{other}{}", &path[..middle], &path[middle + 1..]);
    for wrong in [
        changed,
        path[..path.len() - 4].to_owned(),
        "/files/x".to_owned(),
    ] {
        let reply = read(&people, &wrong, None).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{wrong}");
        assert_eq!(reply.problem(), "files/link-invalid");
    }
    assert_eq!(read(&people, &path, None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_link_for_reading_does_not_write_and_the_other_way_round() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let made = brought(&people, &ann, "a.csv", GOOD.as_bytes()).await;
    let reading = path(&link(&people, &ann, &made["dataset"]).await["url"]);
    let upload = begun(&people, &ann, 10).await;
    let writing = path(&upload["parts"][0]["url"]);
    let wrote = send(&people, None, ("PUT", &reading), GOOD.into()).await;
    assert_eq!(wrote.problem(), "files/link-invalid");
    assert_eq!(
        read(&people, &writing, None).await.problem(),
        "files/link-invalid"
    );
}

#[tokio::test]
async fn a_link_ends_with_what_it_leads_to() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let made = brought(&people, &ann, "a.csv", GOOD.as_bytes()).await;
    let url = path(&link(&people, &ann, &made["dataset"]).await["url"]);
    let dataset = format!("/v1/datasets/{}", made["dataset"].as_str().unwrap());
    people.as_(&ann, ("DELETE", &dataset), None).await;
    assert_eq!(
        read(&people, &url, None).await.status,
        StatusCode::NOT_FOUND
    );
    let unfinished = begun(&people, &ann, 10).await;
    let path = format!(
        "/v1/objects/{}/link",
        unfinished["upload"].as_str().unwrap()
    );
    assert_eq!(
        get(&people, &ann, &path).await.problem(),
        "objects/incomplete"
    );
}
