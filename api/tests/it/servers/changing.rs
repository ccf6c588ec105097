//! What providers and staff decide about machines, and from when on it counts.

use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    EMAIL, Machine, admin, change, enrol, heartbeat, idle, joined, machine, new_machine, provider,
    shown, token,
};
use crate::client::Reply;
use crate::users::people::{HOME, People, Signed};

#[tokio::test]
async fn a_provider_names_prices_places_and_drains_a_machine() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    let reply = change(
        &people,
        &ann,
        &machine,
        json!({ "name": "attic", "price_per_hour": {"amount": "0.35", "currency": "USD"},
            "region": "eu-north", "drained": true }),
    );
    let reply = reply.await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    assert!(reply.header("trainnet-position").is_some());
    let now = shown(&people, &ann, &machine).await;
    assert_eq!(
        (&now["name"], &now["region"]),
        (&json!("attic"), &json!("eu-north"))
    );
    assert_eq!(now["price_per_hour"]["amount"], "0.35");
    assert_eq!(now["drained"], true);
    let heard = heartbeat(&people, &machine, idle()).await.json();
    assert_eq!(heard, json!({ "desired": "drain" }));
    change(&people, &ann, &machine, json!({ "drained": false })).await;
    let heard = heartbeat(&people, &machine, idle()).await.json();
    assert_eq!(heard, json!({ "desired": "work" }));
}

#[tokio::test]
async fn a_price_that_cannot_be_meant_is_refused() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    for (amount, currency, field) in [
        ("0", "USD", "amount"),
        ("-1", "USD", "amount"),
        ("1000.01", "USD", "amount"),
        ("0.1234567", "USD", "amount"),
        ("1e2", "USD", "amount"),
        ("1", "RUB", "currency"),
        ("1", "usd", "currency"),
    ] {
        let price = json!({ "price_per_hour": {"amount": amount, "currency": currency} });
        let refused = change(&people, &ann, &machine, price).await;
        assert_eq!(refused.problem(), "body/invalid");
        assert_eq!(refused.json()["field"], format!("price_per_hour.{field}"));
    }
    let refused = change(&people, &ann, &machine, json!({ "region": "EU" })).await;
    assert_eq!(refused.json()["field"], "region");
    assert_eq!(
        shown(&people, &ann, &machine).await["price_per_hour"]["amount"],
        "0.20"
    );
}

#[tokio::test]
async fn a_retired_machine_is_refused_and_not_listed() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    assert_eq!(
        heartbeat(&people, &machine, idle()).await.status,
        StatusCode::OK
    );
    let path = format!("/v1/machines/{}", machine.id);
    for _ in 0..2 {
        let reply = people.as_(&ann, ("DELETE", &path), None).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
    }
    let refused = heartbeat(&people, &machine, idle()).await;
    assert_eq!(refused.problem(), "unauthenticated");
    let refused = change(&people, &ann, &machine, json!({ "drained": true })).await;
    assert_eq!(refused.problem(), "servers/retired");
    let now = shown(&people, &ann, &machine).await;
    assert!(now["retired_at"].is_string() && now["online"] == false);
    let list = async |path| people.as_(&ann, ("GET", path), None).await.json()["data"].clone();
    assert_eq!(list("/v1/machines").await, json!([]));
    let all = list("/v1/machines?retired=true").await;
    assert_eq!(all[0]["id"], machine.id);
}

async fn rotate(people: &People, signed: &Signed, machine: &Machine, key: &str) -> Reply {
    let request = Request::post(format!("/v1/machines/{}/secret", machine.id))
        .header("x-forwarded-for", HOME.address)
        .header("user-agent", HOME.agent)
        .header("authorization", format!("Bearer {}", signed.access))
        .header("idempotency-key", key);
    people.raw(request, String::new()).await
}

#[tokio::test]
async fn a_machine_gets_another_secret_and_the_one_before_is_refused() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    assert_eq!(
        heartbeat(&people, &machine, idle()).await.status,
        StatusCode::OK
    );
    let secret = async |key| {
        let reply = rotate(&people, &ann, &machine, key).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        reply.json()["secret"].as_str().unwrap().to_owned()
    };
    let next = secret("a").await;
    assert_eq!(secret("a").await, next);
    let refused = heartbeat(&people, &machine, idle()).await;
    assert_eq!(refused.problem(), "unauthenticated");
    let now = Machine {
        secret: next.clone(),
        ..machine.clone()
    };
    assert_eq!(
        heartbeat(&people, &now, idle()).await.status,
        StatusCode::OK
    );
    assert_ne!(secret("b").await, next);
    assert_eq!(
        heartbeat(&people, &now, idle()).await.problem(),
        "unauthenticated"
    );
}

#[tokio::test]
async fn what_another_process_decided_counts_within_a_second() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    assert_eq!(
        heartbeat(&people, &machine, idle()).await.status,
        StatusCode::OK
    );
    let elsewhere = store::Commands::<domain::servers::Machine>::new(people.log.clone());
    let retire = domain::servers::MachineCommand::Retire {
        by: ann.user.parse().unwrap(),
        at: people.now(),
    };
    let context = store::Context::by(ann.user.clone());
    elsewhere
        .execute(&machine.id, retire, &context)
        .await
        .unwrap();
    assert_eq!(
        heartbeat(&people, &machine, idle()).await.status,
        StatusCode::OK
    );
    people.later(TimeDelta::seconds(1));
    let refused = heartbeat(&people, &machine, idle()).await;
    assert_eq!(refused.problem(), "unauthenticated");
}

async fn verification(people: &People, staff: &Signed, machine: &Machine, verb: &str) -> Reply {
    let path = format!("/v1/machines/{}/verification", machine.id);
    let reason: Value = json!({ "reason": "measured" });
    people.as_(staff, (verb, &path), Some(reason)).await
}

#[tokio::test]
async fn staff_verify_machines_of_others_and_see_them() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    let own = verification(&people, &ann, &machine, "PUT").await;
    assert_eq!(own.status, StatusCode::NOT_FOUND);
    let reply = verification(&people, &admin, &machine, "PUT").await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    assert_eq!(shown(&people, &admin, &machine).await["verified"], true);
    let path = format!("/v1/machines?provider={}", ann.user);
    let of_ann = people.as_(&admin, ("GET", &path), None).await.json();
    assert_eq!(of_ann["data"][0]["name"], "under the desk");
    let mut body = idle();
    body["hardware"] = super::hardware(4);
    people.later(TimeDelta::seconds(1));
    heartbeat(&people, &machine, body).await;
    assert_eq!(shown(&people, &ann, &machine).await["verified"], false);
    verification(&people, &admin, &machine, "PUT").await;
    let reply = verification(&people, &admin, &machine, "DELETE").await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(shown(&people, &ann, &machine).await["verified"], false);
    let route = ("POST", "/v1/me/provider");
    people
        .as_(&admin, route, Some(json!({ "accept": true })))
        .await;
    let made = token(&people, &admin, json!({})).await;
    let of_admin = new_machine(made["token"].as_str().unwrap());
    let of_admin = joined(&enrol(&people, "own", of_admin).await);
    let refused = verification(&people, &admin, &of_admin, "PUT").await;
    assert_eq!(refused.problem(), "servers/own-machine");
}

#[tokio::test]
async fn nobody_lists_what_is_anothers() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    machine(&people, &ann).await;
    let bob = provider(&people, "bob@example.com").await;
    let head = people.log.head().await.unwrap().position;
    let path = format!("/v1/machines?provider={}", ann.user);
    for path in ["/v1/machines", &path, "/v1/machines/tokens"] {
        let page = people.at(&bob, ("GET", path), head).await.json();
        assert_eq!(page["data"], json!([]), "{path}");
    }
}
