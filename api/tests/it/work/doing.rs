//! Pulling, progress and every end, as machines say it.

use std::time::Duration;

use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use domain::work::{End, Unit, UnitCommand, Want};
use serde_json::json;
use store::{Commands, Context};

use super::{
    CUSTOMER, PROVIDER, another_machine, bring, enqueue, get, is_there, machine, of, ok, people,
    pull, say,
};
use crate::servers;
use crate::users::people::{ELSEWHERE, People, eventually};

#[tokio::test]
async fn a_machine_is_given_a_unit_does_it_and_hands_it_in() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    let unit = enqueue(&people, &customer).await;
    let task = pull(&people, &machine).await;
    assert_eq!(task["task"], unit.to_string());
    assert_eq!(
        (&task["fence"], &task["lease_seconds"]),
        (&json!(1), &json!(20))
    );
    assert_eq!(task["heartbeat_seconds"], 5);
    assert_eq!(task["seconds_max"], 18_000);
    assert_eq!(task["isolation"], "sandbox");
    assert_eq!(task["spec"], json!({ "model_type": "tabular", "seed": 7 }));
    assert_eq!(
        (&task["inputs"], &task["checkpoint"]),
        (&json!([]), &json!(null))
    );
    people.later(TimeDelta::seconds(10));
    let alive = of(
        &people,
        &machine,
        &task,
        "heartbeat",
        json!({ "phase": "training" }),
    )
    .await;
    assert_eq!(
        ok(&alive),
        json!({ "desired": "run", "lease_seconds": 20, "seconds_max": 18_000 })
    );
    let checkpoint = bring(&people, &machine, &task, "checkpoint", b"half of it").await;
    let progress = json!({
        "trained_seconds": 9, "step": 5, "steps_total": 10, "epoch": 0,
        "metrics": { "loss": "0.5" }, "eta_seconds": 9,
        "logs": [{ "at": "2027-01-15T12:00:00Z", "level": "info", "text": "so far so good" }],
        "checkpoint": { "object": checkpoint, "step": 5, "trained_seconds": 8 }
    });
    ok(&of(&people, &machine, &task, "progress", progress).await);
    let artifact = bring(&people, &machine, &task, "artifact", b"all of it").await;
    let result = json!({
        "trained_seconds": 10, "step": 10, "artifact": artifact, "metrics": { "loss": "0.1" }
    });
    for _ in 0..2 {
        let done = of(&people, &machine, &task, "complete", result.clone()).await;
        assert_eq!(ok(&done)["task"], unit.to_string());
    }
    let units = Commands::<Unit>::new(people.log.clone());
    let over = units.look(&unit.to_string()).await.unwrap();
    let Unit::Over { end, tally, .. } = over else {
        panic!("{over:?}");
    };
    assert!(matches!(end, End::Completed { .. }));
    // 0.20 USD an hour, ten seconds.
    assert_eq!(tally.spent.minor(), 555);
    let late = of(
        &people,
        &machine,
        &task,
        "heartbeat",
        json!({ "phase": "saving" }),
    )
    .await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(late.problem(), "work/lease/lost");
}

#[tokio::test]
async fn a_machine_that_waits_is_answered_when_there_is_work_and_not_before() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    let nothing = say(
        &people,
        &machine,
        "/tasks/pull",
        json!({ "wait_seconds": 0 }),
    )
    .await;
    assert_eq!(nothing.status, StatusCode::NO_CONTENT);
    let waiting = pull(&people, &machine);
    let working = async {
        eventually("the machine waits", async || {
            people.product.work.dispatcher().counts().pullers == 1
        })
        .await;
        enqueue(&people, &customer).await
    };
    let (task, unit) = tokio::join!(waiting, working);
    assert_eq!(task["task"], unit.to_string());
}

/// What a gauge shows at this moment.
async fn gauge(people: &People, name: &str) -> u64 {
    let request = Request::get("/metrics").header("x-forwarded-for", ELSEWHERE.address);
    let reply = people.raw(request, String::new()).await;
    let line = |line: &str| {
        let value = line.strip_prefix(name)?.strip_prefix(' ');
        value.map(|it| it.parse().unwrap())
    };
    reply.text().lines().find_map(line).unwrap()
}

#[tokio::test]
async fn an_operator_sees_what_waits_and_what_machines_have() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    let gauges = async || {
        let names = ["queued", "leased", "machines_waiting"];
        let mut seen = [0; 3];
        for (seen, name) in seen.iter_mut().zip(names) {
            *seen = gauge(&people, &format!("trainnet_dispatch_{name}")).await;
        }
        seen
    };
    assert_eq!(gauges().await, [0, 0, 0]);
    enqueue(&people, &customer).await;
    eventually("the unit waits", async || gauges().await == [1, 0, 0]).await;
    pull(&people, &machine).await;
    assert_eq!(gauges().await, [0, 1, 0]);
}

#[tokio::test]
async fn whoever_waits_holds_no_place_that_others_need() {
    let people = people().await;
    let machine = machine(&people).await;
    let patience = json!({ "wait_seconds": 20 });
    let waiting = say(&people, &machine, "/tasks/pull", patience);
    let looking = async {
        eventually("the machine waits", async || {
            people.product.work.dispatcher().counts().pullers == 1
        })
        .await;
        assert_eq!(gauge(&people, "trainnet_http_requests_in_flight").await, 0);
    };
    tokio::select! {
        reply = waiting => panic!("{}", reply.text()),
        done = tokio::time::timeout(Duration::from_secs(10), looking) => done.unwrap(),
    }
}

#[tokio::test]
async fn what_a_dead_machine_says_comes_too_late() {
    let people = people().await;
    let customer = people.somebody(CUSTOMER).await;
    let provider = servers::provider(&people, PROVIDER).await;
    let dies = another_machine(&people, &provider).await;
    enqueue(&people, &customer).await;
    let task = pull(&people, &dies).await;
    let artifact = bring(&people, &dies, &task, "artifact", b"all of it").await;
    let lives = another_machine(&people, &provider).await;
    people.later(TimeDelta::seconds(21));
    is_there(&people, &lives).await;
    let again = pull(&people, &lives).await;
    assert_eq!(
        (&again["task"], &again["fence"]),
        (&task["task"], &json!(2))
    );
    let cases = [
        ("heartbeat", json!({ "phase": "training" })),
        (
            "progress",
            json!({ "trained_seconds": 1, "step": 1, "steps_total": 2, "epoch": 0 }),
        ),
        (
            "complete",
            json!({ "trained_seconds": 1, "step": 1, "artifact": artifact }),
        ),
        (
            "complete",
            json!({ "trained_seconds": 1, "step": 1, "artifact": "object_01936b1e-7c1a-7d3e-8f00-0123456789ab" }),
        ),
        (
            "fail",
            json!({ "cause": "trainer", "detail": "no", "trained_seconds": 1 }),
        ),
        (
            "release",
            json!({ "because": "draining", "trained_seconds": 1 }),
        ),
        (
            "uploads",
            json!({ "kind": "artifact", "name": "a", "bytes": 1, "sha256": "0".repeat(64) }),
        ),
    ];
    for (verb, body) in cases {
        let late = of(&people, &dies, &task, verb, body).await;
        assert_eq!(late.problem(), "work/lease/lost", "{verb}");
    }
    ok(&of(
        &people,
        &lives,
        &again,
        "heartbeat",
        json!({ "phase": "training" }),
    )
    .await);
}

#[tokio::test]
async fn to_a_machine_that_never_had_it_there_is_no_such_unit() {
    let people = people().await;
    let customer = people.somebody(CUSTOMER).await;
    let provider = servers::provider(&people, PROVIDER).await;
    let (one, other) = (
        another_machine(&people, &provider).await,
        another_machine(&people, &provider).await,
    );
    enqueue(&people, &customer).await;
    let task = pull(&people, &one).await;
    for (verb, body) in [
        ("heartbeat", json!({ "phase": "training" })),
        (
            "fail",
            json!({ "cause": "bad-data", "detail": "no", "trained_seconds": 1 }),
        ),
        (
            "release",
            json!({ "because": "draining", "trained_seconds": 1 }),
        ),
    ] {
        let reply = of(&people, &other, &task, verb, body.clone()).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{verb}");
        let route = format!("/tasks/unit_x/{verb}");
        let mut body = body;
        body["fence"] = json!(1);
        let reply = say(&people, &one, &route, body).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{verb}");
    }
    // A person is no machine, whatever they may otherwise do.
    let route = ("POST", "/tasks/pull");
    let body = Some(json!({ "wait_seconds": 0 }));
    let reply = people
        .send(ELSEWHERE, route, Some(&customer.access), body)
        .await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_pause_reaches_the_machine_and_only_then_may_it_let_go() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    let unit = enqueue(&people, &customer).await;
    let task = pull(&people, &machine).await;
    let paused = json!({ "because": "paused", "trained_seconds": 1 });
    let early = of(&people, &machine, &task, "release", paused.clone()).await;
    assert_eq!(early.problem(), "work/release/not-asked");
    let units = Commands::<Unit>::new(people.log.clone());
    let ask = UnitCommand::Ask {
        want: Want::Pause,
        at: people.now(),
    };
    let context = Context::by("test");
    units
        .execute(&unit.to_string(), ask, &context)
        .await
        .unwrap();
    eventually("the machine hears of it", async || {
        let alive = of(
            &people,
            &machine,
            &task,
            "heartbeat",
            json!({ "phase": "training" }),
        )
        .await;
        ok(&alive)["desired"] == "pause"
    })
    .await;
    ok(&of(&people, &machine, &task, "release", paused).await);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_its_field() {
    let people = people().await;
    let (customer, machine) = (people.somebody(CUSTOMER).await, machine(&people).await);
    enqueue(&people, &customer).await;
    let task = pull(&people, &machine).await;
    let progress = |change: fn(&mut serde_json::Value)| {
        let mut body = json!({ "trained_seconds": 1, "step": 1, "steps_total": 2, "epoch": 0 });
        change(&mut body);
        body
    };
    let cases = [
        (
            progress(|it| it["metrics"] = json!({ "loss": "NaN" })),
            "metrics",
        ),
        (
            progress(|it| it["metrics"] = json!({ "loss": 0.5 })),
            "metrics.loss",
        ),
        (progress(|it| it["step"] = json!(-1)), "step"),
        (progress(|it| it["surprise"] = json!(1)), "surprise"),
        (
            progress(|it| {
                it["checkpoint"] = json!({ "object": "x", "step": 1, "trained_seconds": 1 });
            }),
            "checkpoint.object",
        ),
    ];
    for (body, field) in cases {
        let reply = of(&people, &machine, &task, "progress", body).await;
        assert!(reply.status.is_client_error(), "{field}: {}", reply.text());
        assert_eq!(reply.json()["field"], field, "{}", reply.text());
    }
    let long = say(
        &people,
        &machine,
        "/tasks/pull",
        json!({ "wait_seconds": 31 }),
    )
    .await;
    assert_eq!(long.json()["field"], "wait_seconds");
}

#[tokio::test]
async fn a_customer_learns_why_and_nobody_else_does() {
    let people = people().await;
    let (customer, other) = (
        people.somebody(CUSTOMER).await,
        people.somebody("other@example.com").await,
    );
    let unit = enqueue(&people, &customer).await;
    let path = format!("/v1/tasks/{unit}/why");
    let waiting = ok(&get(&people, &customer, &path).await);
    assert_eq!(waiting["status"], "waiting");
    assert_eq!(waiting["says"], "It waits: no machine is there.");
    let hidden = get(&people, &other, &path).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    let machine = machine(&people).await;
    pull(&people, &machine).await;
    let leased = ok(&get(&people, &customer, &path).await);
    assert_eq!(leased["status"], "leased");
    assert_eq!(leased["decision"]["machine"], machine.id);
    assert_eq!(leased["decision"]["rule"], 1);
    assert_eq!(leased["decision"]["score"]["currency"], "USD");
}
