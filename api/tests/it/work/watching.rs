//! Customers watch a unit: over server-sent events and over a WebSocket.

use axum::http::{Request, StatusCode};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::{CUSTOMER, bring, enqueue, get, machine, of, ok, people, pull};
use crate::servers::Machine;
use crate::users::people::{HOME, People, Signed};

/// One event of a stream.
#[derive(Debug, PartialEq)]
struct Event {
    id: Option<i64>,
    kind: String,
    data: Value,
}

fn events(text: &str) -> Vec<Event> {
    let blocks = text.split("\n\n").filter(|block| !block.is_empty());
    let blocks = blocks.filter(|block| !block.starts_with(':'));
    blocks
        .map(|block| {
            let field = |name: &str| {
                let mut lines = block.lines();
                lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            };
            Event {
                id: field("id").map(|id| id.parse().unwrap()),
                kind: field("event").unwrap().to_owned(),
                data: serde_json::from_str(field("data").unwrap()).unwrap(),
            }
        })
        .collect()
}

async fn say_step(people: &People, machine: &Machine, task: &Value, step: u64) {
    let progress = json!({
        "trained_seconds": 0, "step": step, "steps_total": 3, "epoch": 0,
        "metrics": { "loss": format!("0.{step}") },
        "logs": [{
            "at": "2027-01-15T12:00:00Z", "level": "warn", "text": format!("step {step}\nand \u{1b}[2J")
        }]
    });
    ok(&of(people, machine, task, "progress", progress).await);
}

async fn hand_in(people: &People, machine: &Machine, task: &Value) {
    let artifact = bring(people, machine, task, "artifact", b"all of it").await;
    let result = json!({ "trained_seconds": 0, "step": 3, "artifact": artifact });
    ok(&of(people, machine, task, "complete", result).await);
}

async fn from(people: &People, signed: &Signed, path: &str, last: i64) -> Vec<Event> {
    let request = Request::get(path)
        .header("x-forwarded-for", HOME.address)
        .header("user-agent", HOME.agent)
        .header("authorization", format!("Bearer {}", signed.access))
        .header("last-event-id", last);
    let reply = people.raw(request, String::new()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    events(reply.text())
}

#[tokio::test]
async fn a_stream_tells_everything_once_and_goes_on_where_the_reader_was() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    let unit = enqueue(&people, &customer).await;
    let path = format!("/v1/tasks/{unit}/events");
    let task = pull(&people, &machine).await;
    // Whoever watches from the beginning hears it as it is said.
    let watching = get(&people, &customer, &path);
    let working = async {
        for step in 1..=3 {
            say_step(&people, &machine, &task, step).await;
        }
        hand_in(&people, &machine, &task).await;
    };
    let (reply, ()) = tokio::join!(watching, working);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let told = events(reply.text());
    let numbered: Vec<&Event> = told.iter().filter(|it| it.id.is_some()).collect();
    let kinds: Vec<&str> = numbered.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["log", "progress"].repeat(3));
    assert_eq!(numbered[1].data["metrics"]["loss"], "0.1");
    assert_eq!(numbered[0].data["text"], "step 1\nand  [2J");
    let states: Vec<&Value> = told
        .iter()
        .filter(|it| it.kind == "state")
        .map(|it| &it.data["status"])
        .collect();
    assert_eq!(states.last(), Some(&&json!("completed")));
    // Whoever lost the connection in the middle misses nothing and hears nothing twice.
    let middle = numbered[2].id.unwrap();
    let rest = from(&people, &customer, &path, middle).await;
    let again: Vec<&Event> = rest.iter().filter(|it| it.id.is_some()).collect();
    assert_eq!(again, numbered[3..]);
    let query = format!("{path}?after={middle}");
    let same = events(get(&people, &customer, &query).await.text());
    assert_eq!(same, rest);
}

#[tokio::test]
async fn a_socket_tells_the_same() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    let unit = enqueue(&people, &customer).await;
    let task = pull(&people, &machine).await;
    let url = format!("ws://{}/v1/tasks/{unit}/stream", people.address());
    let mut request = url.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("x-forwarded-for", HOME.address.parse().unwrap());
    headers.insert("user-agent", HOME.agent.parse().unwrap());
    let bearer = format!("Bearer {}", customer.access);
    headers.insert("authorization", bearer.parse().unwrap());
    let stream = TcpStream::connect(people.address()).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream)
        .await
        .unwrap();
    socket.send(Message::Ping("there?".into())).await.unwrap();
    say_step(&people, &machine, &task, 1).await;
    hand_in(&people, &machine, &task).await;
    let mut told = Vec::new();
    let mut ponged = false;
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Text(text) => {
                told.push(serde_json::from_str::<Value>(text.as_str()).unwrap());
            }
            Message::Pong(_) => ponged = true,
            _ => break,
        }
    }
    assert!(ponged);
    let kinds: Vec<&Value> = told.iter().map(|it| &it["event"]).collect();
    assert!(kinds.contains(&&json!("log")) && kinds.contains(&&json!("progress")));
    assert_eq!(told.last().unwrap()["data"]["status"], "completed");
}

#[tokio::test]
async fn nobody_watches_the_work_of_others() {
    let people = people().await;
    let (customer, other) = (
        people.somebody(CUSTOMER).await,
        people.somebody("other@example.com").await,
    );
    let unit = enqueue(&people, &customer).await;
    for verb in ["events", "stream", "why"] {
        let path = format!("/v1/tasks/{unit}/{verb}");
        let hidden = get(&people, &other, &path).await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{verb}");
        let nothing = get(&people, &other, "/v1/tasks/unit_x/events").await;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    }
    let path = format!("/v1/tasks/{unit}/stream");
    let plain = get(&people, &customer, &path).await;
    assert_eq!(plain.problem(), "work/stream/upgrade-required");
    let path = format!("/v1/tasks/{unit}/events?after=-1");
    let nonsense = get(&people, &customer, &path).await;
    assert_eq!(nonsense.json()["field"], "after");
}
