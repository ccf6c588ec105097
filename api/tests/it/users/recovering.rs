//! A forgotten password, a changed address, and a person who wants to be forgotten.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::users::Purpose;
use serde_json::json;

use super::people::{HOME, PASSWORD, People};

const EMAIL: &str = "ann@example.com";
const NEW: &str = "xyz98765";

const fn is_recover(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Recover)
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_ends_every_session() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let user = one.user.parse().unwrap();
    let reply = people
        .post(HOME, "/v1/recovery", json!({ "email": EMAIL }))
        .await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    let (_, link) = people.mail(user, is_recover).await;
    let complete = async |password: &str| {
        let body = json!({ "link": link, "password": password });
        people.post(HOME, "/v1/recovery/complete", body).await
    };
    let reply = complete(NEW).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    assert_eq!(people.me(&one).await.problem(), "users/session-over");
    let again = complete("other5678").await;
    assert_eq!(again.status, StatusCode::GONE);
    assert_eq!(again.problem(), "users/challenge-spent");
    let sign_in = async |password: &str| people.try_to_sign_in(HOME, EMAIL, password).await.status;
    assert_eq!(sign_in(PASSWORD).await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in("other5678").await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(NEW).await, StatusCode::OK);
    // One password is kept, the one that is good.
    let kept: i64 =
        sqlx::query_scalar("select count(*) from personal_values where field like 'password/%'")
            .fetch_one(people.log.pool())
            .await
            .unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn a_recovery_is_good_for_an_hour() {
    let people = People::new().await;
    let user = people.confirmed(EMAIL).await;
    people
        .post(HOME, "/v1/recovery", json!({ "email": EMAIL }))
        .await;
    let (code, _) = people.mail(user, is_recover).await;
    people.later(TimeDelta::minutes(61));
    let body = json!({ "email": EMAIL, "code": code, "password": NEW });
    let reply = people.post(HOME, "/v1/recovery/complete", body).await;
    assert_eq!(reply.status, StatusCode::GONE);
    assert_eq!(reply.problem(), "users/challenge-expired");
}

#[tokio::test]
async fn a_link_for_one_thing_does_not_do_another() {
    let people = People::new().await;
    let user = people.register(EMAIL).await;
    let (_, link) = people.mail(user, |it| matches!(it, Purpose::Confirm)).await;
    let body = json!({ "link": link, "password": NEW });
    let reply = people.post(HOME, "/v1/recovery/complete", body).await;
    assert_eq!(reply.status, StatusCode::GONE, "{}", reply.text());
}

#[tokio::test]
async fn an_address_changes_when_the_new_mailbox_answers() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    people.confirmed("taken@example.com").await;
    let user = one.user.parse().unwrap();
    let change = async |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        people.as_(&one, ("PUT", "/v1/me/email"), Some(body)).await
    };
    let wrong = change("new@example.com", "wrong1234").await;
    assert_eq!(wrong.problem(), "users/wrong-password");
    let confirm = async || {
        let is_change = |it: &Purpose| matches!(it, Purpose::ChangeAddress { .. });
        let (code, _) = people.mail(user, is_change).await;
        let body = Some(json!({ "code": code }));
        people
            .as_(&one, ("POST", "/v1/me/email/confirm"), body)
            .await
    };
    assert_eq!(
        change("taken@example.com", PASSWORD).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(confirm().await.problem(), "users/address-taken");
    assert_eq!(
        change("new@example.com", PASSWORD).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(people.me(&one).await.json()["email"], EMAIL);
    assert_eq!(confirm().await.status, StatusCode::NO_CONTENT);
    assert_eq!(people.me(&one).await.json()["email"], "new@example.com");
    let old = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
    let new = people
        .try_to_sign_in(HOME, "new@example.com", PASSWORD)
        .await;
    assert_eq!(new.status, StatusCode::OK);
    // The old address is free for whoever reads its mail now.
    people.register(EMAIL).await;
}

#[tokio::test]
async fn an_erased_person_is_gone_and_the_log_is_valid() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    people
        .post(HOME, "/v1/recovery", json!({ "email": EMAIL }))
        .await;
    let (_, link) = people.mail(one.user.parse().unwrap(), is_recover).await;
    let export = people.as_(&one, ("GET", "/v1/me/export"), None).await;
    assert_eq!(export.status, StatusCode::OK, "{}", export.text());
    let export = export.json();
    assert_eq!(export["personal"]["email"], EMAIL);
    assert!(!export.to_string().contains("$argon2"));
    let erase = async |password: &str| {
        let body = Some(json!({ "password": password }));
        people.as_(&one, ("DELETE", "/v1/me"), body).await
    };
    assert_eq!(erase("wrong1234").await.problem(), "users/wrong-password");
    assert_eq!(erase(PASSWORD).await.status, StatusCode::NO_CONTENT);
    assert_eq!(people.me(&one).await.status, StatusCode::UNAUTHORIZED);
    let kept = people.users.vault().all(&one.user).await.unwrap();
    assert!(kept.is_empty());
    let attempts: i64 =
        sqlx::query_scalar("select count(*) from sign_in_attempts where user_id is not null")
            .fetch_one(people.log.pool())
            .await
            .unwrap();
    assert_eq!(attempts, 0);
    let gone = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(gone.problem(), "users/wrong-credentials");
    let recover = json!({ "link": link, "password": NEW });
    let late = people.post(HOME, "/v1/recovery/complete", recover).await;
    assert_eq!(late.problem(), "users/challenge-spent");
    // The address is free again, for somebody new.
    let two = people.somebody(EMAIL).await;
    assert_ne!(two.user, one.user);
}
