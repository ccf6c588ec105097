//! Staff: what they see, what they decide, and that it is written down.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::people::{HOME, PASSWORD, People, Signed, eventually};

const ADMIN: &str = "admin@example.com";
const EMAIL: &str = "ann@example.com";

async fn admin(people: &People) -> Signed {
    people
        .users
        .create_admin(ADMIN, PASSWORD.to_owned(), None, "en")
        .await
        .unwrap();
    people.signed_in(ADMIN).await
}

fn because(reason: &str) -> Value {
    json!({ "reason": reason })
}

#[tokio::test]
async fn an_address_makes_one_admin() {
    let people = People::new().await;
    admin(&people).await;
    let again = people
        .users
        .create_admin(ADMIN, PASSWORD.to_owned(), None, "en");
    assert!(matches!(again.await, Err(api::NotMade::Taken)));
    let weak = people
        .users
        .create_admin("b@example.com", "password1".to_owned(), None, "en");
    assert!(matches!(weak.await, Err(api::NotMade::Password(_))));
    let nobody = people
        .users
        .create_admin("b", PASSWORD.to_owned(), None, "en");
    assert!(matches!(nobody.await, Err(api::NotMade::Email(_))));
}

#[tokio::test]
async fn whoever_is_no_staff_finds_nothing_there() {
    let people = People::new().await;
    let ann = people.somebody(EMAIL).await;
    let user = format!("/v1/users/{}", ann.user);
    for route in [("GET", "/v1/users"), ("GET", "/v1/audit"), ("GET", &user)] {
        let reply = people.as_(&ann, route, None).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{route:?}");
    }
}

#[tokio::test]
async fn a_blocked_user_is_refused_from_the_next_request_on() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = people.somebody(EMAIL).await;
    let block = format!("/v1/users/{}/block", ann.user);
    for (reason, field) in [("", "reason"), ("see ann@example.com", "reason")] {
        let reply = people
            .as_(&admin, ("POST", &block), Some(because(reason)))
            .await;
        assert_eq!(reply.json()["field"], field);
    }
    let reply = people
        .as_(&admin, ("POST", &block), Some(because("chargebacks")))
        .await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    assert_eq!(people.me(&ann).await.problem(), "users/blocked");
    assert_eq!(
        people.refresh(HOME, &ann.refresh).await.problem(),
        "users/blocked"
    );
    let sign_in = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(sign_in.problem(), "users/blocked");
    let unblock = format!("/v1/users/{}/unblock", ann.user);
    let reply = people
        .as_(&admin, ("POST", &unblock), Some(because("settled")))
        .await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    people.signed_in(EMAIL).await;
    let own = format!("/v1/users/{}/block", admin.user);
    let reply = people
        .as_(&admin, ("POST", &own), Some(because("tired")))
        .await;
    assert_eq!(reply.problem(), "users/own-standing");
}

#[tokio::test]
async fn a_role_is_given_and_taken_and_works_at_once() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = people.somebody(EMAIL).await;
    let finance = format!("/v1/users/{}/roles/finance", ann.user);
    let audit = async || people.as_(&ann, ("GET", "/v1/audit"), None).await.status;
    let reply = people
        .as_(&admin, ("PUT", &finance), Some(because("joined")))
        .await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(audit().await, StatusCode::OK);
    let reply = people
        .as_(&admin, ("DELETE", &finance), Some(because("left")))
        .await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(audit().await, StatusCode::NOT_FOUND);
    let customer = format!("/v1/users/{}/roles/customer", ann.user);
    let reply = people
        .as_(&admin, ("DELETE", &customer), Some(because("why not")))
        .await;
    assert_eq!(reply.problem(), "users/last-role");
    let own = format!("/v1/users/{}/roles/admin", admin.user);
    let reply = people
        .as_(&admin, ("DELETE", &own), Some(because("tired")))
        .await;
    assert_eq!(reply.problem(), "users/own-standing");
    let king = format!("/v1/users/{}/roles/king", ann.user);
    let reply = people
        .as_(&admin, ("PUT", &king), Some(because("why not")))
        .await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_staff_did_is_in_the_audit_with_actor_and_reason() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = people.somebody(EMAIL).await;
    let block = format!("/v1/users/{}/block", ann.user);
    let reply = people
        .as_(&admin, ("POST", &block), Some(because("chargebacks")))
        .await;
    let request = reply.header("x-request-id").unwrap().to_owned();
    let position: i64 = reply.header("trainnet-position").unwrap().parse().unwrap();
    let path = format!("/v1/audit?action=user.blocked&user={}", ann.user);
    eventually("the block is in the audit", async || {
        let page = people.as_(&admin, ("GET", &path), None).await.json();
        page["data"][0]["detail"] == "chargebacks"
    })
    .await;
    let page = people.as_(&admin, ("GET", &path), None).await.json();
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    let done = &page["data"][0];
    assert_eq!(done["actor"], admin.user);
    assert_eq!(done["user"], ann.user);
    assert_eq!(done["position"], position);
    assert_eq!(done["request_id"], request);
    let wrong = people
        .as_(&admin, ("GET", "/v1/audit?user=ann"), None)
        .await;
    assert_eq!(wrong.json()["field"], "user");
}

#[tokio::test]
async fn long_lists_come_in_pages_without_gaps() {
    let people = People::new().await;
    let admin = admin(&people).await;
    for number in 0..5 {
        people.register(&format!("user{number}@example.com")).await;
    }
    let head = people.log.head().await.unwrap().position;
    let all = async |limit: usize| {
        let mut ids = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/users?limit={limit}{cursor}");
            let page = people.at(&admin, ("GET", &path), head).await.json();
            let data = page["data"].as_array().unwrap().clone();
            assert!(data.len() <= limit);
            ids.extend(data.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return ids,
            }
        }
    };
    let (by_two, at_once) = (all(2).await, all(200).await);
    assert_eq!(by_two.len(), 6);
    assert_eq!(by_two, at_once);
}

#[tokio::test]
async fn an_address_that_nobody_confirms_is_free_after_a_week() {
    let people = People::new().await;
    people.register(EMAIL).await;
    let confirmed = people.somebody("bob@example.com").await;
    people.later(chrono::TimeDelta::days(6));
    people.tidied().await;
    let lapsed = async || -> i64 {
        let count = "select count(*) from events where event_type = 'user.lapsed'";
        sqlx::query_scalar(count)
            .fetch_one(people.log.pool())
            .await
            .unwrap()
    };
    assert_eq!(lapsed().await, 0);
    people.later(chrono::TimeDelta::days(1));
    people.tidied().await;
    assert_eq!(lapsed().await, 1);
    // As if whoever did it had been killed before the erasure.
    let undo = "update personal_keys set wrapped_key = '\\x00' where wrapped_key is null";
    let root = people.database.pool().await;
    sqlx::query(undo).execute(&root).await.unwrap();
    people.tidied().await;
    assert_eq!(lapsed().await, 1);
    let left = "select count(*) from personal_keys where wrapped_key = '\\x00'";
    let left: i64 = sqlx::query_scalar(left).fetch_one(&root).await.unwrap();
    assert_eq!(left, 0);
    let kept = people.users.vault().all(&confirmed.user).await.unwrap();
    assert!(!kept.is_empty());
    people.somebody(EMAIL).await;
}

#[tokio::test]
async fn a_service_account_has_keys_and_no_password() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = people.somebody(EMAIL).await;
    let body = json!({ "name": "nightly reports", "roles": ["finance"] });
    let stranger = people
        .as_(&ann, ("POST", "/v1/services"), Some(body.clone()))
        .await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    let made = people
        .as_(&admin, ("POST", "/v1/services"), Some(body))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let new_key = json!({ "label": "night", "scopes": ["read"] });
    let of_person = format!("/v1/services/{}/keys", ann.user);
    let refused = people
        .as_(&admin, ("POST", &of_person), Some(new_key.clone()))
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let path = format!("/v1/services/{id}/keys");
    let key = people.as_(&admin, ("POST", &path), Some(new_key)).await;
    assert_eq!(key.status, StatusCode::CREATED, "{}", key.text());
    let key = key.json()["key"].as_str().unwrap().to_owned();
    let audit = people
        .send(HOME, ("GET", "/v1/audit"), Some(&key), None)
        .await;
    assert_eq!(audit.status, StatusCode::OK);
    let me = people.send(HOME, ("GET", "/v1/me"), Some(&key), None).await;
    assert_eq!(me.json()["name"], "nightly reports");
    let block = format!("/v1/users/{id}/block");
    let reply = people
        .as_(&admin, ("POST", &block), Some(because("leaked")))
        .await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let blocked = people.send(HOME, ("GET", "/v1/me"), Some(&key), None).await;
    assert_eq!(blocked.problem(), "users/blocked");
}
