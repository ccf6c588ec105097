//! What machines say of themselves, and how long they count as there.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{EMAIL, Machine, hardware, heartbeat, idle, machine, provider, shown};
use crate::users::people::People;

async fn events_of(people: &People, machine: &Machine) -> Vec<String> {
    sqlx::query_scalar("select event_type from events where aggregate_id = $1 order by sequence")
        .bind(&machine.id)
        .fetch_all(people.log.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_machine_is_online_for_45_seconds_after_it_spoke() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    assert_eq!(shown(&people, &ann, &machine).await["online"], false);
    let reply = heartbeat(&people, &machine, idle()).await;
    assert_eq!(reply.json(), json!({ "desired": "work" }));
    let now = shown(&people, &ann, &machine).await;
    assert_eq!(
        (&now["online"], &now["load"]["cpu_percent"]),
        (&json!(true), &json!(1.5))
    );
    people.later(TimeDelta::seconds(45));
    assert_eq!(shown(&people, &ann, &machine).await["online"], true);
    people.later(TimeDelta::seconds(1));
    assert_eq!(shown(&people, &ann, &machine).await["online"], false);
    assert_eq!(events_of(&people, &machine).await, ["machine.enrolled"]);
}

#[tokio::test]
async fn how_busy_a_machine_was_is_told_by_the_minute() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    for percent in [10, 20, 30] {
        let mut body = idle();
        body["load"]["cpu_percent"] = json!(percent);
        heartbeat(&people, &machine, body).await;
        people.later(TimeDelta::seconds(30));
    }
    let path = format!("/v1/machines/{}/loads", machine.id);
    let head = people.log.head().await.unwrap().position;
    let loads = people.at(&ann, ("GET", &path), head).await.json();
    let percents: Vec<&Value> = loads["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["load"]["cpu_percent"])
        .collect();
    assert_eq!(percents, [&json!(20.0), &json!(30.0)]);
    people.later(TimeDelta::days(8));
    assert_eq!(people.product.servers.tidy().await.unwrap(), 3);
}

#[tokio::test]
async fn only_what_changed_about_a_machine_is_an_event() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    let mut body = idle();
    body["hardware"] = hardware(1);
    body["runtimes"] = json!(["tabular"]);
    heartbeat(&people, &machine, body.clone()).await;
    assert_eq!(events_of(&people, &machine).await, ["machine.enrolled"]);
    body["hardware"] = hardware(2);
    for _ in 0..3 {
        let reply = heartbeat(&people, &machine, body.clone()).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    }
    let events = events_of(&people, &machine).await;
    assert_eq!(events, ["machine.enrolled", "machine.described"]);
    assert_eq!(shown(&people, &ann, &machine).await["slots"], 2);
}

#[tokio::test]
async fn what_no_machine_can_be_is_refused_and_named() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    for (load, field) in [
        (json!({"cpu_percent": 101}), "load.cpu_percent"),
        (json!({"gpus": [{"uuid": ""}]}), "load.gpus[0].uuid"),
        (
            json!({"gpus": [{"uuid": "a", "temperature_celsius": 4000}]}),
            "load.gpus[0].temperature_celsius",
        ),
        (json!({"fan": 1}), "load.fan"),
    ] {
        let reply = heartbeat(&people, &machine, json!({ "load": load })).await;
        assert_eq!(reply.problem(), "body/invalid");
        assert_eq!(reply.json()["field"], field);
    }
    let mut body = idle();
    body["hardware"] = hardware(65);
    let reply = heartbeat(&people, &machine, body).await;
    assert_eq!(reply.problem(), "servers/hardware");
}

#[tokio::test]
async fn nobody_but_the_machine_speaks_for_it() {
    let people = People::new().await;
    let ann = provider(&people, EMAIL).await;
    let machine = machine(&people, &ann).await;
    let secret = &machine.secret;
    for wrong in [&ann.access, &secret[1..].to_owned(), &format!("{secret}A")] {
        let stranger = Machine {
            secret: wrong.clone(),
            ..machine.clone()
        };
        let reply = heartbeat(&people, &stranger, idle()).await;
        assert_eq!(reply.problem(), "unauthenticated");
    }
    let route = ("GET", "/v1/me");
    let reply = people
        .send(super::ELSEWHERE, route, Some(secret), None)
        .await;
    assert_eq!(reply.problem(), "unauthenticated");
}
