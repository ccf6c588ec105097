//! Work over real HTTP: machines that do it, and customers who watch.

mod doing;
mod files;
mod watching;

use std::sync::Arc;

use axum::http::StatusCode;
use domain::objects::ObjectId;
use domain::users::UserId;
use domain::work::{
    Input, Isolation, Needs, OrderReference, Spec, Terms, Unit, UnitCommand, UnitId, Want,
};
use ledger::{BasisPoints, Currency, Money};
use serde_json::{Value, json};
use store::{Commands, Context, ids};

use crate::client::Reply;
use crate::objects::{hex, path};
use crate::servers::{self, Machine};
use crate::users::people::{ELSEWHERE, HOME, People, Signed};

pub const PROVIDER: &str = "provider@example.com";
pub const CUSTOMER: &str = "customer@example.com";

/// A world in which work is dispatched.
pub async fn people() -> People {
    let people = People::new().await;
    let dispatcher = people.product.work.dispatcher().clone();
    tokio::spawn(async move { match dispatcher.run().await {} });
    people
}

/// A machine that is there and asks for work.
pub async fn machine(people: &People) -> Machine {
    let provider = servers::provider(people, PROVIDER).await;
    another_machine(people, &provider).await
}

pub async fn another_machine(people: &People, provider: &Signed) -> Machine {
    let machine = servers::machine(people, provider).await;
    servers::shown(people, provider, &machine).await;
    is_there(people, &machine).await;
    machine
}

pub async fn is_there(people: &People, machine: &Machine) {
    let reply = servers::heartbeat(people, machine, servers::idle()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
}

pub fn terms(customer: UserId, inputs: Vec<Input>) -> Terms {
    let usd = |minor| Money::from_minor(minor, Currency::Usd);
    Terms {
        order: OrderReference::try_new("job_1").unwrap(),
        customer,
        needs: Needs {
            runtime: "tabular".to_owned(),
            isolation: Isolation::Sandbox,
            gpu_memory_bytes: 0,
            gpu_models: vec![],
            memory_bytes: 0,
            regions: vec![],
            verified: false,
            rate_max: None,
        },
        budget: usd(1_000_000),
        weight: 1,
        seconds_expected: 50,
        spec: Spec::try_new(json!({ "model_type": "tabular", "seed": 7 })).unwrap(),
        inputs,
        checkpoint: None,
        commission_basis_points: BasisPoints::try_new(1_000).unwrap(),
    }
}

pub async fn enqueue(people: &People, customer: &Signed) -> UnitId {
    enqueue_on(people, terms(customer.user.parse().unwrap(), vec![])).await
}

pub async fn enqueue_on(people: &People, terms: Terms) -> UnitId {
    let unit = UnitId::new(ids::fresh());
    let command = UnitCommand::Enqueue {
        terms: Arc::new(terms),
        at: people.now(),
    };
    let units = Commands::<Unit>::new(people.log.clone());
    let context = Context::by("test");
    let committed = units.begin(&unit.to_string(), command, &context).await;
    committed.unwrap();
    unit
}

/// Takes a unit back, as a job does that its customer cancelled.
pub async fn stop(people: &People, unit: UnitId) {
    let command = UnitCommand::Ask {
        want: Want::Cancel,
        at: people.now(),
    };
    let units = Commands::<Unit>::new(people.log.clone());
    let (id, context) = (unit.to_string(), Context::by("test"));
    units.execute(&id, command, &context).await.unwrap();
}

/// Says something of a unit as a machine, or asks for one.
pub async fn say(people: &People, machine: &Machine, route: &str, body: Value) -> Reply {
    let secret = Some(machine.secret.as_str());
    people
        .send(ELSEWHERE, ("POST", route), secret, Some(body))
        .await
}

pub async fn pull(people: &People, machine: &Machine) -> Value {
    let reply = say(
        people,
        machine,
        "/tasks/pull",
        json!({ "wait_seconds": 20 }),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

/// Of a unit, under the number that it came with.
pub async fn of(
    people: &People,
    machine: &Machine,
    task: &Value,
    verb: &str,
    mut body: Value,
) -> Reply {
    let route = format!("/tasks/{}/{verb}", task["task"].as_str().unwrap());
    body["fence"] = task["fence"].clone();
    say(people, machine, &route, body).await
}

pub fn ok(reply: &Reply) -> Value {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

/// Brings a file of a unit in one part; says which object it is.
pub async fn bring(
    people: &People,
    machine: &Machine,
    task: &Value,
    kind: &str,
    bytes: &[u8],
) -> String {
    let body = json!({
        "kind": kind, "name": "it.bin", "bytes": bytes.len(), "sha256": hex(bytes)
    });
    let opened = of(people, machine, task, "uploads", body).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text());
    let opened = opened.json();
    for part in opened["parts"].as_array().unwrap() {
        let request = axum::http::Request::put(path(&part["url"]))
            .header("x-forwarded-for", ELSEWHERE.address);
        let sent = people.raw_bytes(request, bytes.to_vec()).await;
        assert!(sent.status.is_success(), "{}", sent.text());
    }
    let object = opened["object"].as_str().unwrap().to_owned();
    let verb = format!("uploads/{object}/complete");
    let done = ok(&of(people, machine, task, &verb, json!({})).await);
    assert_eq!(done["sha256"], hex(bytes));
    object
}

/// Something that the customer brought for a unit to be trained on.
pub async fn dataset(people: &People, customer: &Signed) -> ObjectId {
    let made = crate::objects::brought(people, customer, "it.csv", crate::objects::GOOD.as_bytes());
    made.await["dataset"].as_str().unwrap().parse().unwrap()
}

pub async fn get(people: &People, signed: &Signed, path: &str) -> Reply {
    people
        .send(HOME, ("GET", path), Some(&signed.access), None)
        .await
}
