//! Examinations: one's own documents, somebody else's decision, and an end.

use api::Settings;
use axum::http::StatusCode;
use chrono::{SecondsFormat, TimeDelta};
use domain::users::ForPayouts;
use serde_json::{Value, json};

use super::people::{PASSWORD, People, Signed};
use crate::client::Reply;
use crate::objects;

async fn admin(people: &People) -> Signed {
    people
        .users
        .create_admin("admin@example.com", PASSWORD.to_owned(), None, "en")
        .await
        .unwrap();
    people.signed_in("admin@example.com").await
}

/// Somebody of the support, who is no admin.
async fn support(people: &People, admin: &Signed) -> Signed {
    let bob = people.somebody("bob@example.com").await;
    let role = format!("/v1/users/{}/roles/support", bob.user);
    let body = Some(json!({ "reason": "joined" }));
    let reply = people.as_(admin, ("PUT", &role), body).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    bob
}

/// A paper of theirs.
async fn document(people: &People, who: &Signed, name: &str) -> String {
    let path = format!("/v1/documents?name={name}");
    let bytes = format!("scan of {name}").into_bytes();
    let reply = objects::send(people, Some(who), ("POST", &path), bytes).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    reply.json()["object"].as_str().unwrap().to_owned()
}

async fn send(people: &People, who: &Signed, documents: Value) -> Reply {
    let body = Some(json!({ "documents": documents }));
    people.as_(who, ("POST", "/v1/me/kyc"), body).await
}

pub async fn submitted(people: &People, who: &Signed) -> i64 {
    let paper = document(people, who, "passport.jpg").await;
    let reply = send(people, who, json!([paper])).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    let position = reply.header("trainnet-position").unwrap();
    position.parse().unwrap()
}

async fn own(people: &People, who: &Signed) -> Value {
    people.as_(who, ("GET", "/v1/me/kyc"), None).await.json()
}

async fn approve(people: &People, by: &Signed, user: &Signed, days: i64) -> Reply {
    let until = people.now() + TimeDelta::days(days);
    let until = until.to_rfc3339_opts(SecondsFormat::Micros, true);
    let path = format!("/v1/kyc/{}/approve", user.user);
    let body = Some(json!({ "until": until }));
    people.as_(by, ("POST", &path), body).await
}

async fn reject(people: &People, by: &Signed, user: &Signed) -> Reply {
    let path = format!("/v1/kyc/{}/reject", user.user);
    let body = Some(json!({ "reason": "blurred" }));
    people.as_(by, ("POST", &path), body).await
}

#[tokio::test]
async fn documents_wait_until_support_decides_about_them() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let bob = support(&people, &admin).await;
    let ann = people.somebody("ann@example.com").await;
    assert_eq!(own(&people, &ann).await["standing"], "absent");
    let position = submitted(&people, &ann).await;
    assert_eq!(own(&people, &ann).await["standing"], "submitted");
    let list = people.at(&bob, ("GET", "/v1/kyc"), position).await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list["data"][0]["user"], ann.user);
    assert_eq!(list["data"][0]["documents"], 1);
    let path = format!("/v1/kyc/{}", ann.user);
    let shown = people.as_(&bob, ("GET", &path), None).await.json();
    let paper = shown["documents"][0].as_str().unwrap().to_owned();
    looked_at(&people, (&ann, &bob), &paper).await;

    let rejected = reject(&people, &bob, &ann).await;
    assert_eq!(rejected.status, StatusCode::NO_CONTENT);
    let seen = own(&people, &ann).await;
    assert_eq!(
        (&seen["standing"], &seen["reason"]),
        (&json!("rejected"), &json!("blurred"))
    );
    let late = approve(&people, &bob, &ann, 10).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.problem(), "kyc/rejected");

    submitted(&people, &ann).await;
    let other = document(&people, &ann, "other.jpg").await;
    let other = send(&people, &ann, json!([other])).await;
    assert_eq!(other.problem(), "kyc/waiting");
    let approved = approve(&people, &bob, &ann, 10).await;
    assert_eq!(approved.status, StatusCode::NO_CONTENT);
    assert_eq!(own(&people, &ann).await["standing"], "approved");
    assert_eq!(reject(&people, &bob, &ann).await.problem(), "kyc/approved");
    let again = send(&people, &ann, json!([paper])).await;
    assert_eq!(again.problem(), "kyc/approved");
    let head = people.log.head().await.unwrap().position;
    let list = people.at(&bob, ("GET", "/v1/kyc"), head).await.json();
    assert_eq!(list["data"], json!([]));
}

#[tokio::test]
async fn money_is_paid_out_only_to_the_approved_where_that_is_required() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    assert_eq!(own(&people, &ann).await["lets_pay_out"], true);

    let rule = |settings: &mut Settings| settings.kyc_for_payouts = ForPayouts::Required;
    let people = People::ruled(rule).await;
    let admin = admin(&people).await;
    let ann = people.somebody("ann@example.com").await;
    assert_eq!(own(&people, &ann).await["lets_pay_out"], false);
    submitted(&people, &ann).await;
    assert_eq!(own(&people, &ann).await["lets_pay_out"], false);
    let approved = approve(&people, &admin, &ann, 10).await;
    assert_eq!(approved.status, StatusCode::NO_CONTENT);
    assert_eq!(own(&people, &ann).await["lets_pay_out"], true);
    people.later(TimeDelta::days(11));
    let ann = people.signed_in("ann@example.com").await;
    let seen = own(&people, &ann).await;
    assert_eq!(
        (&seen["standing"], &seen["lets_pay_out"]),
        (&json!("expired"), &json!(false))
    );
}

#[tokio::test]
async fn nobody_decides_about_their_own_documents() {
    let people = People::new().await;
    let admin = admin(&people).await;
    submitted(&people, &admin).await;
    for reply in [
        approve(&people, &admin, &admin, 10).await,
        reject(&people, &admin, &admin).await,
    ] {
        assert_eq!(reply.status, StatusCode::CONFLICT);
        assert_eq!(reply.problem(), "users/own-standing");
    }
    assert_eq!(own(&people, &admin).await["standing"], "submitted");
}

#[tokio::test]
async fn whoever_is_not_of_the_support_finds_no_examination() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = people.somebody("ann@example.com").await;
    let eve = people.somebody("eve@example.com").await;
    submitted(&people, &ann).await;
    let finance = format!("/v1/users/{}/roles/finance", eve.user);
    let body = Some(json!({ "reason": "joined" }));
    people.as_(&admin, ("PUT", &finance), body).await;
    let path = format!("/v1/kyc/{}", ann.user);
    for who in [&ann, &eve] {
        for route in [("GET", "/v1/kyc"), ("GET", path.as_str())] {
            let reply = people.as_(who, route, None).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{route:?}");
        }
        let decided = approve(&people, who, &ann, 10).await;
        assert_eq!(decided.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(own(&people, &ann).await["standing"], "submitted");
    let nothing = format!("/v1/kyc/{}", eve.user);
    let reply = people.as_(&admin, ("GET", &nothing), None).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let decided = reject(&people, &admin, &eve).await;
    assert_eq!(decided.status, StatusCode::NOT_FOUND);
}

/// Whoever examines is shown it for five minutes, its owner cannot take it away, and nobody else
/// finds it.
async fn looked_at(people: &People, (ann, bob): (&Signed, &Signed), paper: &str) {
    let path = format!("/v1/kyc/{}/documents/{paper}/link", ann.user);
    let link = people.as_(bob, ("GET", &path), None).await;
    assert_eq!(link.status, StatusCode::OK, "{}", link.text());
    let url = objects::path(&link.json()["url"]);
    let read = objects::send(people, None, ("GET", &url), vec![]).await;
    assert_eq!(read.text(), "scan of passport.jpg");
    assert_eq!(
        read.header("content-type"),
        Some("application/octet-stream")
    );
    let itself = people.as_(ann, ("GET", &path), None).await;
    assert_eq!(itself.status, StatusCode::NOT_FOUND);
    let elsewhere = format!("/v1/kyc/{}/documents/{paper}/link", bob.user);
    let elsewhere = people.as_(bob, ("GET", &elsewhere), None).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    let own = format!("/v1/documents/{paper}");
    let early = people.as_(ann, ("DELETE", &own), None).await;
    assert_eq!(early.problem(), "objects/in-use");
}

#[tokio::test]
async fn only_documents_of_ones_own_that_are_there_can_be_submitted() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let eve = people.somebody("eve@example.com").await;
    let mine = document(&people, &ann, "1.jpg").await;
    let table = objects::brought(&people, &ann, "a.csv", objects::GOOD.as_bytes()).await;
    let unfinished = json!({ "kind": "document", "name": "a", "bytes": 10 });
    let unfinished = objects::begin(&people, &ann, unfinished).await.json();
    let gone = document(&people, &ann, "2.jpg").await;
    let deleted = format!("/v1/documents/{gone}");
    let deleted = people.as_(&ann, ("DELETE", &deleted), None).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    for wrong in [
        document(&people, &eve, "1.jpg").await,
        table["dataset"].as_str().unwrap().to_owned(),
        unfinished["upload"].as_str().unwrap().to_owned(),
        gone,
        "passport.jpg".to_owned(),
        mine.to_uppercase(),
        String::new(),
    ] {
        let reply = send(&people, &ann, json!([mine, wrong])).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert_eq!(reply.json()["field"], "documents[1]", "{wrong}");
    }
    for count in [0, 11] {
        let reply = send(&people, &ann, json!(vec![&mine; count])).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(reply.json()["field"], "documents");
    }
    assert_eq!(own(&people, &ann).await["standing"], "absent");
    let head = people.log.head().await.unwrap().position;
    let listed = people.at(&ann, ("GET", "/v1/documents"), head).await.json();
    let listed = listed["data"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(
        (&listed[1]["name"], &listed[1]["complete"]),
        (&json!("1.jpg"), &json!(true))
    );
}

#[tokio::test]
async fn an_approval_ends_when_it_says() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = people.somebody("ann@example.com").await;
    submitted(&people, &ann).await;
    for days in [0, 3_654] {
        let reply = approve(&people, &admin, &ann, days).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(reply.json()["field"], "until");
    }
    approve(&people, &admin, &ann, 10).await;
    people.later(TimeDelta::days(10) - TimeDelta::microseconds(1));
    assert_eq!(people.tidied().await.expired, 0);
    people.later(TimeDelta::microseconds(1));
    let ann = people.signed_in("ann@example.com").await;
    assert_eq!(own(&people, &ann).await["standing"], "expired");
    assert_eq!(people.tidied().await.expired, 1);
    assert_eq!(people.tidied().await.expired, 0);
    let ends = "select count(*) from events where event_type = 'kyc.expired'";
    let ends: i64 = sqlx::query_scalar(ends)
        .fetch_one(people.log.pool())
        .await
        .unwrap();
    assert_eq!(ends, 1);
    assert_eq!(own(&people, &ann).await["standing"], "expired");
    submitted(&people, &ann).await;
}

#[tokio::test]
async fn whoever_is_erased_is_not_looked_at_any_more() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = people.somebody("ann@example.com").await;
    submitted(&people, &ann).await;
    let body = Some(json!({ "password": super::people::PASSWORD }));
    let erased = people.as_(&ann, ("DELETE", "/v1/me"), body).await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.text());
    let head = people.log.head().await.unwrap().position;
    let list = people.at(&admin, ("GET", "/v1/kyc"), head).await.json();
    assert_eq!(list["data"], json!([]));
    let decided = approve(&people, &admin, &ann, 10).await;
    assert_eq!(decided.status, StatusCode::NOT_FOUND);
}
