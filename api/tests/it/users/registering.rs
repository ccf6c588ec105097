//! Registering and confirming: one account an address, one day to answer, and nothing to learn.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::users::Purpose;
use serde_json::json;

use super::people::{Client, HOME, PASSWORD, People};

const fn is_confirm(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Confirm)
}

#[tokio::test]
async fn somebody_registers_confirms_signs_in_and_is_known() {
    let people = People::new().await;
    let user = people.register(" Ann@Example.com ").await;
    let unconfirmed = people
        .try_to_sign_in(HOME, "ann@example.com", PASSWORD)
        .await;
    assert_eq!(unconfirmed.status, StatusCode::FORBIDDEN);
    assert_eq!(unconfirmed.problem(), "users/unconfirmed");
    let (_, link) = people.mail(user, is_confirm).await;
    let reply = people
        .post(HOME, "/v1/users/confirm", json!({ "link": link }))
        .await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    let signed = people.signed_in("ann@example.com").await;
    let me = people.me(&signed).await.json();
    assert_eq!(me["id"], user.to_string());
    assert_eq!(me["email"], "ann@example.com");
    assert_eq!(me["language"], "ru");
    assert_eq!(me["roles"], json!(["customer"]));
}

#[tokio::test]
async fn a_password_that_is_too_easy_is_refused_by_name() {
    let people = People::new().await;
    for (password, accepted) in [
        ("abc12345", true),
        ("abcdefgh", false),
        ("1234567", false),
        ("a1", false),
        ("password1", false),
    ] {
        let body = json!({ "email": "ann@example.com", "password": password });
        let reply = people.post(HOME, "/v1/users", body).await;
        if accepted {
            assert_eq!(reply.status, StatusCode::ACCEPTED, "{password}");
        } else {
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}");
            assert_eq!(reply.problem(), "users/password-weak");
            assert_eq!(reply.json()["field"], "password");
        }
    }
}

#[tokio::test]
async fn what_is_no_address_is_refused_by_name() {
    let people = People::new().await;
    let body = json!({ "email": "ann", "password": PASSWORD });
    let reply = people.post(HOME, "/v1/users", body).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(reply.json()["field"], "email");
}

#[tokio::test]
async fn a_mail_is_good_for_a_day() {
    let people = People::new().await;
    for (minutes, status) in [
        (23 * 60 + 59, StatusCode::NO_CONTENT),
        (24 * 60 + 1, StatusCode::GONE),
    ] {
        let email = format!("ann{minutes}@example.com");
        let user = people.register(&email).await;
        let (code, _) = people.mail(user, is_confirm).await;
        people.later(TimeDelta::minutes(minutes));
        let body = json!({ "email": email, "code": code });
        let reply = people.post(HOME, "/v1/users/confirm", body).await;
        assert_eq!(reply.status, status, "{}", reply.text());
    }
}

#[tokio::test]
async fn after_five_wrong_codes_the_right_one_is_of_no_use_and_a_new_mail_is() {
    let people = People::new().await;
    let user = people.register("ann@example.com").await;
    let (code, _) = people.mail(user, is_confirm).await;
    let answer = async |code: &str| {
        let body = json!({ "email": "ann@example.com", "code": code });
        people.post(HOME, "/v1/users/confirm", body).await
    };
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(answer(wrong).await.problem(), "users/wrong-code");
    }
    assert_ne!(answer(&code).await.status, StatusCode::NO_CONTENT);
    let again = json!({ "email": "ann@example.com" });
    let reply = people.post(HOME, "/v1/users/confirm/again", again).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    let (new_code, _) = people.mail(user, is_confirm).await;
    assert_ne!(new_code, code);
    assert_eq!(answer(&new_code).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_registrations_at_once_one_takes_the_address() {
    let people = People::new().await;
    let register = async |number: usize| {
        let address = format!("203.0.113.{number}").leak();
        let client = Client {
            address,
            agent: "flood",
        };
        let body = json!({ "email": "ann@example.com", "password": PASSWORD });
        people.post(client, "/v1/users", body).await.status
    };
    let replies = futures::future::join_all((0..200).map(register)).await;
    assert_eq!(replies, vec![StatusCode::ACCEPTED; 200]);
    let count =
        |query: &'static str| sqlx::query_scalar::<_, i64>(query).fetch_one(people.log.pool());
    let registered = "select count(*) from events where event_type = 'user.registered'";
    assert_eq!(count(registered).await.unwrap(), 1);
    // Of those who came too late nothing is kept.
    let kept = "select count(distinct subject) from personal_values";
    assert_eq!(count(kept).await.unwrap(), 1);
}

#[tokio::test]
async fn nobody_learns_from_an_answer_whether_an_address_is_registered() {
    let people = People::new().await;
    people.confirmed("ann@example.com").await;
    let compare = async |path: &str, known: serde_json::Value, unknown: serde_json::Value| {
        let known = people.post(HOME, path, known).await;
        let unknown = people.post(HOME, path, unknown).await;
        assert_eq!(known.status, unknown.status, "{path}");
        let without_request = |reply: &crate::client::Reply| {
            let mut body = reply.json();
            body.as_object_mut().unwrap().remove("request_id");
            body
        };
        assert_eq!(without_request(&known), without_request(&unknown), "{path}");
        assert_eq!(
            known.headers.contains_key("trainnet-position"),
            unknown.headers.contains_key("trainnet-position"),
            "{path}"
        );
    };
    let with = |email: &str, password: &str| json!({ "email": email, "password": password });
    let of = |email: &str| json!({ "email": email });
    let (known, unknown) = ("ann@example.com", "bob@example.com");
    compare(
        "/v1/users",
        with(known, PASSWORD),
        with("eve@example.com", PASSWORD),
    )
    .await;
    compare(
        "/v1/sessions",
        with(known, "wrong1234"),
        with(unknown, "wrong1234"),
    )
    .await;
    compare("/v1/recovery", of(known), of(unknown)).await;
    compare("/v1/users/confirm/again", of(known), of(unknown)).await;
    let code = |email: &str| json!({ "email": email, "code": "000000" });
    compare("/v1/users/confirm", code(known), code(unknown)).await;
}

#[tokio::test]
async fn a_name_is_changed_and_taken_away() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    let rename = async |name: &str| {
        let body = Some(json!({ "name": name }));
        let reply = people.as_(&ann, ("PATCH", "/v1/me"), body).await;
        (reply.status, people.me(&ann).await.json()["name"].clone())
    };
    assert_eq!(
        rename("  Ann ").await,
        (StatusCode::NO_CONTENT, json!("Ann"))
    );
    let broken = rename("Ann\nBcc").await;
    assert_eq!(broken, (StatusCode::UNPROCESSABLE_ENTITY, json!("Ann")));
    assert_eq!(rename("").await, (StatusCode::NO_CONTENT, json!(null)));
}

#[tokio::test]
async fn whoever_reads_another_language_says_so() {
    let people = People::new().await;
    let ann = people.somebody("ann@example.com").await;
    assert_eq!(people.me(&ann).await.json()["language"], "ru");
    let body = Some(json!({ "language": "en" }));
    let reply = people.as_(&ann, ("PATCH", "/v1/me"), body).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    assert!(reply.header("trainnet-position").is_some());
    assert_eq!(people.me(&ann).await.json()["language"], "en");
    let kept = people.users.vault().get(&ann.user, "locale").await;
    assert_eq!(kept.unwrap().as_deref(), Some("en"));
    let body = Some(json!({ "language": "de" }));
    let reply = people.as_(&ann, ("PATCH", "/v1/me"), body).await;
    assert_eq!(reply.json()["field"], "language");
}
