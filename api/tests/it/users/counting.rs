//! Guessing: how often it may be tried, and who is locked out by it.

use axum::http::StatusCode;
use chrono::TimeDelta;

use super::people::{Client, ELSEWHERE, HOME, PASSWORD, People};

const EMAIL: &str = "ann@example.com";

/// Fails so often, slowly enough for nobody to mind the pace.
async fn fail(people: &People, client: Client, times: usize) {
    for _ in 0..times {
        people.later(TimeDelta::seconds(20));
        let reply = people.try_to_sign_in(client, EMAIL, "wrong1234").await;
        assert_eq!(reply.problem(), "users/wrong-credentials");
    }
}

#[tokio::test]
async fn the_sixth_attempt_in_a_minute_is_too_many() {
    let people = People::new().await;
    people.confirmed(EMAIL).await;
    for _ in 0..5 {
        let reply = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    let reply = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.header("retry-after"), Some("60"));
    assert_eq!(
        people
            .try_to_sign_in(ELSEWHERE, EMAIL, PASSWORD)
            .await
            .status,
        StatusCode::OK
    );
    people.later(TimeDelta::seconds(61));
    let reply = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_attempts_at_once_are_counted_like_one_after_another() {
    let people = People::new().await;
    people.confirmed(EMAIL).await;
    let attempts = (0..20).map(|_| people.try_to_sign_in(HOME, EMAIL, PASSWORD));
    let replies = futures::future::join_all(attempts).await;
    let let_in = replies.iter().filter(|it| it.status == StatusCode::OK);
    assert_eq!(let_in.count(), 5);
}

#[tokio::test]
async fn five_failures_lock_for_a_quarter_of_an_hour() {
    let people = People::new().await;
    people.confirmed(EMAIL).await;
    fail(&people, HOME, 5).await;
    people.later(TimeDelta::seconds(20));
    let locked = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(locked.status, StatusCode::LOCKED);
    assert_eq!(locked.problem(), "users/locked");
    assert_eq!(locked.header("retry-after"), Some("880"));
    people.later(TimeDelta::minutes(14));
    let locked = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(locked.status, StatusCode::LOCKED);
    people.later(TimeDelta::seconds(41));
    let reply = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stranger_elsewhere_locks_nobody_but_themselves_out() {
    let people = People::new().await;
    people.confirmed(EMAIL).await;
    fail(&people, ELSEWHERE, 5).await;
    people.later(TimeDelta::seconds(20));
    let stranger = people.try_to_sign_in(ELSEWHERE, EMAIL, PASSWORD).await;
    assert_eq!(stranger.status, StatusCode::LOCKED);
    let owner = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(owner.status, StatusCode::OK);
}

#[tokio::test]
async fn an_address_that_nobody_has_locks_like_any_other() {
    let people = People::new().await;
    fail(&people, HOME, 5).await;
    people.later(TimeDelta::seconds(20));
    let reply = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(reply.status, StatusCode::LOCKED);
}

#[tokio::test]
async fn a_success_begins_the_count_anew() {
    let people = People::new().await;
    people.confirmed(EMAIL).await;
    for _ in 0..2 {
        fail(&people, HOME, 4).await;
        people.later(TimeDelta::seconds(20));
        let reply = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_was_tried_is_shown_to_whom_it_was_tried_on() {
    let people = People::new().await;
    people.confirmed(EMAIL).await;
    fail(&people, ELSEWHERE, 1).await;
    let signed = people.signed_in(EMAIL).await;
    let reply = people.as_(&signed, ("GET", "/v1/me/sign-ins"), None).await;
    let attempts = reply.json()["data"].clone();
    let shown = |place: usize| {
        let it = &attempts[place];
        let text = |name: &str| it[name].as_str().unwrap().to_owned();
        (
            it["succeeded"].as_bool().unwrap(),
            text("address"),
            text("program"),
        )
    };
    assert_eq!(attempts.as_array().unwrap().len(), 2);
    assert_eq!(
        shown(0),
        (true, HOME.address.to_owned(), HOME.agent.to_owned())
    );
    let elsewhere = (ELSEWHERE.address.to_owned(), ELSEWHERE.agent.to_owned());
    assert_eq!(shown(1), (false, elsewhere.0, elsewhere.1));
}
