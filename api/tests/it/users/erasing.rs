//! Whoever wants to be forgotten: nothing under way is left behind, and no money is lost unawares.

use axum::http::StatusCode;
use serde_json::json;

use super::people::{HOME, PASSWORD, People, Signed};
use crate::client::Reply;
use crate::jobs::ordered;
use crate::payments::paid;

async fn erase(people: &People, one: &Signed, gives_up: bool) -> Reply {
    let body = json!({ "password": PASSWORD, "give_up_balance": gives_up });
    people.as_(one, ("DELETE", "/v1/me"), Some(body)).await
}

#[tokio::test]
async fn a_balance_is_lost_only_if_that_is_said() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    paid(&people, &ann).await;
    let refused = erase(&people, &ann, false).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.problem(), "users/money-left");
    let said = refused.json();
    assert_eq!(said["field"], "give_up_balance");
    let detail = said["detail"].as_str().unwrap();
    assert!(detail.contains("25.00 USD"), "{detail}");
    assert_eq!(people.me(&ann).await.status, StatusCode::OK);
    let erased = erase(&people, &ann, true).await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.text());
    let gone = people
        .try_to_sign_in(HOME, "ann@mail.example", PASSWORD)
        .await;
    assert_eq!(gone.problem(), "users/wrong-credentials");
}

#[tokio::test]
async fn nobody_goes_while_an_order_of_theirs_holds_money() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    ordered(&people, &ann).await;
    let refused = erase(&people, &ann, true).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.problem(), "users/orders-open");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("2.50 USD"), "{detail}");
    assert_eq!(people.me(&ann).await.status, StatusCode::OK);
}
