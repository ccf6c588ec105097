//! The second factor over HTTP: proven, asked for, each code once, and switched off.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};
use totp_rs::TOTP;

use super::people::{HOME, PASSWORD, People, Signed, signed};

const EMAIL: &str = "ann@example.com";

/// An authenticator that was shown the URL.
struct Authenticator(TOTP);

impl Authenticator {
    fn code(&self, people: &People) -> String {
        self.0
            .generate(people.now().timestamp().try_into().unwrap())
    }
}

async fn begin(people: &People, signed: &Signed) -> Authenticator {
    let body = Some(json!({ "password": PASSWORD }));
    let reply = people
        .as_(signed, ("POST", "/v1/me/second-factor"), body)
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let begun = reply.json();
    assert!(begun["qr"].as_str().unwrap().contains("<svg"));
    Authenticator(TOTP::from_url(begun["url"].as_str().unwrap()).unwrap())
}

async fn enable(people: &People, signed: &Signed, code: &str) -> crate::client::Reply {
    let body = Some(json!({ "code": code }));
    people
        .as_(signed, ("POST", "/v1/me/second-factor/enable"), body)
        .await
}

async fn sign_in(people: &People, code: Option<&str>) -> crate::client::Reply {
    let mut body = json!({ "email": EMAIL, "password": PASSWORD });
    if let Some(code) = code {
        body["code"] = Value::from(code);
    }
    people.later(TimeDelta::seconds(30));
    people.post(HOME, "/v1/sessions", body).await
}

async fn with_second_factor(people: &People) -> (Signed, Authenticator, Vec<String>) {
    let one = people.somebody(EMAIL).await;
    let authenticator = begin(people, &one).await;
    let reply = enable(people, &one, &authenticator.code(people)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let codes = reply.json()["recovery_codes"].clone();
    (one, authenticator, serde_json::from_value(codes).unwrap())
}

#[tokio::test]
async fn a_second_factor_that_was_only_begun_is_not_asked_for() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    begin(&people, &one).await;
    let wrong = enable(&people, &one, "000000").await;
    assert_eq!(wrong.problem(), "users/wrong-code");
    assert_eq!(sign_in(&people, None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn each_code_is_accepted_once() {
    let people = People::new().await;
    let (one, authenticator, codes) = with_second_factor(&people).await;
    assert_eq!(codes.len(), 10);
    let me = people.me(&one).await.json();
    assert_eq!(
        (
            me["second_factor"].clone(),
            me["recovery_codes_left"].clone()
        ),
        (json!(true), json!(10))
    );
    let without = sign_in(&people, None).await;
    assert_eq!(without.problem(), "users/second-factor-required");
    people.later(TimeDelta::seconds(60));
    let code = authenticator.code(&people);
    let reply = people
        .post(
            HOME,
            "/v1/sessions",
            json!({ "email": EMAIL, "password": PASSWORD, "code": code }),
        )
        .await;
    signed(&reply);
    let again = people
        .post(
            HOME,
            "/v1/sessions",
            json!({ "email": EMAIL, "password": PASSWORD, "code": code }),
        )
        .await;
    assert_eq!(again.problem(), "users/second-factor-wrong");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_uses_of_a_code_at_once_one_succeeds() {
    let people = People::new().await;
    let (_, authenticator, _) = with_second_factor(&people).await;
    people.later(TimeDelta::seconds(90));
    let code = authenticator.code(&people);
    let body = json!({ "email": EMAIL, "password": PASSWORD, "code": code });
    let uses = (0..5).map(|_| people.post(HOME, "/v1/sessions", body.clone()));
    let replies = futures::future::join_all(uses).await;
    let in_ = replies
        .iter()
        .filter(|it| it.status == StatusCode::OK)
        .count();
    assert_eq!(in_, 1);
}

#[tokio::test]
async fn a_recovery_code_is_good_once() {
    let people = People::new().await;
    let (one, _, codes) = with_second_factor(&people).await;
    assert_eq!(
        sign_in(&people, Some(&codes[3])).await.status,
        StatusCode::OK
    );
    let again = sign_in(&people, Some(&codes[3])).await;
    assert_eq!(again.problem(), "users/second-factor-wrong");
    assert_eq!(people.me(&one).await.json()["recovery_codes_left"], 9);
}

#[tokio::test]
async fn it_is_switched_off_with_both_factors_and_not_with_one() {
    let people = People::new().await;
    let (one, authenticator, _) = with_second_factor(&people).await;
    people.later(TimeDelta::seconds(60));
    let off = async |password: &str, code: &str| {
        let body = Some(json!({ "password": password, "code": code }));
        people
            .as_(&one, ("DELETE", "/v1/me/second-factor"), body)
            .await
    };
    let code = authenticator.code(&people);
    assert_eq!(
        off("wrong1234", &code).await.problem(),
        "users/wrong-password"
    );
    assert_eq!(
        off(PASSWORD, "000000").await.problem(),
        "users/second-factor-wrong"
    );
    assert_eq!(off(PASSWORD, &code).await.status, StatusCode::NO_CONTENT);
    assert_eq!(sign_in(&people, None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn to_be_asked_for_a_code_is_no_failed_attempt() {
    let people = People::new().await;
    with_second_factor(&people).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    for _ in 0..8 {
        let reply = people.post(HOME, "/v1/sessions", body.clone()).await;
        assert_eq!(reply.problem(), "users/second-factor-required");
    }
}

#[tokio::test]
async fn new_recovery_codes_make_the_old_ones_void() {
    let people = People::new().await;
    let (one, authenticator, old) = with_second_factor(&people).await;
    people.later(TimeDelta::seconds(60));
    let replace = async |password: &str, code: &str| {
        let body = Some(json!({ "password": password, "code": code }));
        let route = ("POST", "/v1/me/second-factor/recovery-codes");
        people.as_(&one, route, body).await
    };
    let code = authenticator.code(&people);
    let wrong = replace("wrong1234", &code).await;
    assert_eq!(wrong.problem(), "users/wrong-password");
    let wrong = replace(PASSWORD, "000000").await;
    assert_eq!(wrong.problem(), "users/second-factor-wrong");
    let reply = replace(PASSWORD, &old[0]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let new: Vec<String> = serde_json::from_value(reply.json()["recovery_codes"].clone()).unwrap();
    assert_eq!(people.me(&one).await.json()["recovery_codes_left"], 10);
    let void = sign_in(&people, Some(&old[3])).await;
    assert_eq!(void.problem(), "users/second-factor-wrong");
    assert_eq!(sign_in(&people, Some(&new[3])).await.status, StatusCode::OK);
    let kept = people.users.vault().all(&one.user).await.unwrap();
    let sets = kept.keys().filter(|field| field.starts_with("recovery/"));
    assert_eq!(sets.count(), 1);
}

#[tokio::test]
async fn whoever_has_no_second_factor_has_no_recovery_codes_to_replace() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let body = Some(json!({ "password": PASSWORD, "code": "000000" }));
    let route = ("POST", "/v1/me/second-factor/recovery-codes");
    let reply = people.as_(&one, route, body).await;
    assert_eq!(reply.problem(), "users/second-factor-off");
}
