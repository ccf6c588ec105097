//! Sessions: how long they last, where they may be used, and how a stolen one is found out.

use api::Binding;
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;

use super::people::{Client, ELSEWHERE, HOME, PASSWORD, People, Signed, signed};

const EMAIL: &str = "ann@example.com";

#[tokio::test]
async fn an_access_token_lasts_a_quarter_of_an_hour_and_is_refreshed() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    people.later(TimeDelta::minutes(14));
    assert_eq!(people.me(&one).await.status, StatusCode::OK);
    people.later(TimeDelta::minutes(1));
    let late = people.me(&one).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
    assert_eq!(late.problem(), "unauthenticated");
    let two = signed(&people.refresh(HOME, &one.refresh).await);
    assert_eq!((&two.session, &two.user), (&one.session, &one.user));
    assert_ne!(two.refresh, one.refresh);
    assert_eq!(people.me(&two).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_day_without_use_ends_a_session() {
    for (minutes, status) in [
        (23 * 60 + 59, StatusCode::OK),
        (24 * 60 + 1, StatusCode::UNAUTHORIZED),
    ] {
        let people = People::new().await;
        let one = people.somebody(EMAIL).await;
        people.later(TimeDelta::minutes(minutes));
        let reply = people.refresh(HOME, &one.refresh).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        if status != StatusCode::OK {
            assert_eq!(reply.problem(), "users/session-over");
        }
    }
}

#[tokio::test]
async fn whoever_is_remembered_may_stay_away_for_a_month_and_no_longer() {
    let people = People::new().await;
    people.confirmed(EMAIL).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD, "remember": true });
    let one = signed(&people.post(HOME, "/v1/sessions", body).await);
    people.later(TimeDelta::days(29));
    let two = signed(&people.refresh(HOME, &one.refresh).await);
    people.later(TimeDelta::days(1));
    let over = people.refresh(HOME, &two.refresh).await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_reply_that_got_lost_is_said_again_within_ten_seconds() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let two = signed(&people.refresh(HOME, &one.refresh).await);
    people.later(TimeDelta::seconds(10));
    let again = signed(&people.refresh(HOME, &one.refresh).await);
    assert_eq!(again.refresh, two.refresh);
    assert_eq!(
        people.refresh(HOME, &two.refresh).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_old_token_ends_the_session_for_thief_and_owner() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let two = signed(&people.refresh(HOME, &one.refresh).await);
    people.later(TimeDelta::seconds(11));
    let thief = people.refresh(ELSEWHERE, &one.refresh).await;
    assert_eq!(thief.problem(), "users/session-over");
    let owner = people.refresh(HOME, &two.refresh).await;
    assert_eq!(owner.problem(), "users/session-over");
    assert_eq!(people.me(&two).await.problem(), "users/session-over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_uses_of_one_token_at_once_comes_one_family() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let uses = (0..50).map(|_| people.refresh(HOME, &one.refresh));
    let replies = futures::future::join_all(uses).await;
    let two: Vec<Signed> = replies.iter().map(signed).collect();
    assert!(two.iter().all(|it| it.refresh == two[0].refresh));
    let refreshed: i64 =
        sqlx::query_scalar("select count(*) from events where event_type = 'session.refreshed'")
            .fetch_one(people.log.pool())
            .await
            .unwrap();
    assert_eq!(refreshed, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_uses_of_one_token_from_two_places_are_found_out_as_theft() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let uses = (0..50).map(|number| {
        let client = if number % 2 == 0 { HOME } else { ELSEWHERE };
        people.refresh(client, &one.refresh)
    });
    let replies = futures::future::join_all(uses).await;
    // The owner may have got one reply before the thief came; nobody gets anything after.
    let ended: i64 =
        sqlx::query_scalar("select count(*) from events where event_type = 'session.token-reused'")
            .fetch_one(people.log.pool())
            .await
            .unwrap();
    let families: std::collections::BTreeSet<String> = replies
        .iter()
        .filter(|it| it.status == StatusCode::OK)
        .map(|it| signed(it).refresh)
        .collect();
    assert!(families.len() <= 1, "{families:?}");
    assert_eq!(ended, 1);
    for family in families {
        let reply = people.refresh(HOME, &family).await;
        assert_eq!(reply.problem(), "users/session-over");
    }
}

#[tokio::test]
async fn a_session_is_bound_to_where_it_began() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let other_agent = Client {
        agent: "curl",
        ..HOME
    };
    for client in [ELSEWHERE, other_agent] {
        let reply = people
            .send(client, ("GET", "/v1/me"), Some(&one.access), None)
            .await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(reply.problem(), "reauth_required");
        let reply = people.refresh(client, &one.refresh).await;
        assert_eq!(reply.problem(), "reauth_required");
    }
    assert_eq!(people.me(&one).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_that_is_bound_to_a_network_moves_within_it() {
    let people = People::bound(Binding::Prefix).await;
    let one = people.somebody(EMAIL).await;
    let neighbour = Client {
        address: "192.0.2.200",
        ..HOME
    };
    let get = async |client| {
        let route = ("GET", "/v1/me");
        people
            .send(client, route, Some(&one.access), None)
            .await
            .status
    };
    assert_eq!(get(neighbour).await, StatusCode::OK);
    assert_eq!(get(ELSEWHERE).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_here_there_and_everywhere() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let two = people.signed_in(EMAIL).await;
    let three = people.signed_in(EMAIL).await;
    let head = people.log.head().await.unwrap().position.to_string();
    assert_ne!(head, "0");
    let listed = async |signed: &Signed| {
        let reply = people.as_(signed, ("GET", "/v1/sessions"), None).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()["data"].as_array().unwrap().clone()
    };
    let path = format!("/v1/sessions/{}", two.session);
    let reply = people.as_(&one, ("DELETE", &path), None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(people.me(&two).await.problem(), "users/session-over");
    assert_eq!(
        people
            .as_(&three, ("DELETE", "/v1/sessions/current"), None)
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(people.me(&three).await.problem(), "users/session-over");
    let four = people.signed_in(EMAIL).await;
    crate::users::people::eventually("two sessions are left", async || {
        listed(&one).await.len() == 2
    })
    .await;
    let open = listed(&one).await;
    assert_eq!(open[0]["address"], HOME.address);
    assert_eq!(open[0]["program"], HOME.agent);
    assert_eq!(open.iter().filter(|it| it["current"] == true).count(), 1);
    let reply = people.as_(&one, ("DELETE", "/v1/sessions"), None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    for signed in [&one, &four] {
        assert_eq!(people.me(signed).await.problem(), "users/session-over");
    }
}

#[tokio::test]
async fn a_session_of_somebody_else_is_not_there() {
    let people = People::new().await;
    let ann = people.somebody(EMAIL).await;
    let bob = people.somebody("bob@example.com").await;
    let path = format!("/v1/sessions/{}", ann.session);
    let reply = people.as_(&bob, ("DELETE", &path), None).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(people.me(&ann).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let people = People::new().await;
    let one = people.somebody(EMAIL).await;
    let two = people.signed_in(EMAIL).await;
    let change = async |current: &str| {
        let body = json!({ "current_password": current, "password": "xyz98765" });
        people
            .as_(&one, ("PUT", "/v1/me/password"), Some(body))
            .await
    };
    let wrong = change("wrong1234").await;
    assert_eq!(wrong.problem(), "users/wrong-password");
    assert_eq!(change(PASSWORD).await.status, StatusCode::NO_CONTENT);
    assert_eq!(people.me(&one).await.status, StatusCode::OK);
    assert_eq!(people.me(&two).await.problem(), "users/session-over");
    let old = people.try_to_sign_in(HOME, EMAIL, PASSWORD).await;
    assert_eq!(old.problem(), "users/wrong-credentials");
    let new = people.try_to_sign_in(HOME, EMAIL, "xyz98765").await;
    assert_eq!(new.status, StatusCode::OK);
}
