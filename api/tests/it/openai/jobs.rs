//! Jobs by the door: ordered from the wallet, shown as OpenAI shows them, and ordered once.

use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::{get, ids, post, refusal, uploaded};
use crate::client::Reply;
use crate::objects::GOOD;
use crate::payments::paid;
use crate::users::people::{ELSEWHERE, HOME, People, Signed};

const JOBS: &str = "/fine_tuning/jobs";

/// Somebody with money, and a file of theirs.
async fn ready(people: &People) -> (Signed, String) {
    let ann = people.somebody("ann@mail.example").await;
    paid(people, &ann).await;
    let file = uploaded(people, &ann, "reviews.csv", GOOD.as_bytes()).await;
    (ann, file["id"].as_str().unwrap().to_owned())
}

fn order(file: &str, changed: &Value) -> Value {
    let mut order = json!({ "model": "tabular", "training_file": file,
        "metadata": { "budget": "1.00" } });
    for (name, value) in changed.as_object().unwrap() {
        order[name] = value.clone();
    }
    order
}

async fn ordered(people: &People, ann: &Signed, body: Value) -> Value {
    let reply = post(people, ann, JOBS, body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

/// As their clients do, who say how often they have asked.
async fn retried(people: &People, ann: &Signed, body: &Value, count: u32) -> Reply {
    let request = Request::post("/openai/v1/fine_tuning/jobs")
        .header("x-forwarded-for", HOME.address)
        .header("user-agent", HOME.agent)
        .header("authorization", format!("Bearer {}", ann.access))
        .header("content-type", "application/json")
        .header("x-stainless-retry-count", count);
    people.raw(request, body.to_string()).await
}

async fn available(people: &People, ann: &Signed) -> Value {
    let head = people.log.head().await.unwrap().position;
    let wallet = people.at(ann, ("GET", "/v1/wallet"), head).await.json();
    wallet["balances"][0]["available"]["amount"].clone()
}

#[tokio::test]
async fn a_job_is_paid_for_from_the_wallet_and_shown_as_openai_shows_it() {
    let people = People::new().await;
    let (ann, file) = ready(&people).await;
    let before: f64 = available(&people, &ann)
        .await
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let new = order(
        &file,
        &json!({ "seed": 7, "suffix": "mine",
        "metadata": { "budget": "1.00", "note": "a" },
        "hyperparameters": { "n_epochs": 40, "depth": 2, "batch_size": "auto" } }),
    );
    let job = ordered(&people, &ann, new).await;
    for (field, value) in [
        ("object", json!("fine_tuning.job")),
        ("model", json!("tabular")),
        ("status", json!("queued")),
        ("training_file", json!(file)),
        ("validation_file", json!(null)),
        ("seed", json!(7)),
        ("organization_id", json!(ann.user)),
        ("created_at", json!(people.now().timestamp())),
        ("finished_at", json!(null)),
        ("estimated_finish", json!(null)),
        ("error", json!(null)),
        ("fine_tuned_model", json!(null)),
        ("trained_tokens", json!(null)),
        ("result_files", json!([])),
        ("integrations", json!([])),
        ("metadata", json!({ "budget": "1.00", "note": "a" })),
        (
            "hyperparameters",
            json!({ "n_epochs": 40, "batch_size": null, "learning_rate_multiplier": 1 }),
        ),
    ] {
        assert_eq!(job[field], value, "{field}");
    }
    assert_eq!(job["trainnet"]["hyperparams"]["depth"], 2);
    let after: f64 = available(&people, &ann)
        .await
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((before - after - 1.0).abs() < 1e-9, "{before} {after}");
    let id = job["id"].as_str().unwrap();
    assert_eq!(
        get(&people, &ann, &format!("{JOBS}/{id}")).await.json(),
        job
    );
    let ours = id.replace("ftjob-", "/v1/jobs/job_");
    let ours = people.as_(&ann, ("GET", &ours), None).await.json();
    assert_eq!(
        (&ours["pay_with"], &ours["status"]),
        (&json!("wallet"), &json!("queued"))
    );
}

#[tokio::test]
async fn what_happens_to_a_job_is_told_the_latest_first() {
    let people = People::new().await;
    let (ann, file) = ready(&people).await;
    let job = ordered(&people, &ann, order(&file, &json!({}))).await;
    let id = job["id"].as_str().unwrap();
    let events = get(&people, &ann, &format!("{JOBS}/{id}/events"))
        .await
        .json();
    let messages: Vec<&str> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["message"].as_str().unwrap())
        .collect();
    let created = format!("Created fine-tuning job: {id}");
    let queued = "Files validated, 1.00 USD held, moving job to queued state";
    assert_eq!(messages, [queued, &created]);
    let events = format!("{JOBS}/{id}/events?");
    assert_eq!(
        ids(&people, &ann, &events, 1).await,
        ids(&people, &ann, &events, 9).await
    );
    let checkpoints = format!("{JOBS}/{id}/checkpoints?");
    assert!(ids(&people, &ann, &checkpoints, 5).await.is_empty());
    for list in [&events, &checkpoints] {
        let refused = get(&people, &ann, &format!("{list}after=x")).await;
        assert_eq!(refusal(&refused).2, "after");
    }
}

#[tokio::test]
async fn who_cannot_pay_is_told_so_and_nothing_is_ordered() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let file = uploaded(&people, &ann, "reviews.csv", GOOD.as_bytes()).await;
    let new = json!({ "model": "tabular", "training_file": file["id"] });
    let refused = post(&people, &ann, JOBS, new).await;
    let expected = (
        429,
        "insufficient_quota".to_owned(),
        json!("metadata.budget"),
    );
    assert_eq!(refusal(&refused), expected);
    assert_eq!(refused.header("x-should-retry"), Some("false"));
    let message = refused.openai_error()["message"].to_string();
    assert!(
        message.contains("0.50 USD") && message.contains("top-ups"),
        "{message}"
    );
    assert!(ids(&people, &ann, &format!("{JOBS}?"), 5).await.is_empty());
}

#[tokio::test]
async fn what_is_asked_again_is_one_job_and_what_is_ordered_twice_is_two() {
    let people = People::new().await;
    let (ann, file) = ready(&people).await;
    let body = order(&file, &json!({ "suffix": "a" }));
    let id = |reply: &Reply| reply.json()["id"].as_str().unwrap().to_owned();
    let first = id(&retried(&people, &ann, &body, 0).await);
    // The answer was lost, twice.
    for count in 1..=2 {
        assert_eq!(id(&retried(&people, &ann, &body, count).await), first);
    }
    let second = id(&retried(&people, &ann, &body, 0).await);
    assert_ne!(second, first);
    assert_eq!(id(&retried(&people, &ann, &body, 1).await), second);
    // An order that never arrived before, and one that came too long ago to be meant.
    let other = order(&file, &json!({ "suffix": "b" }));
    let third = id(&retried(&people, &ann, &other, 1).await);
    people.later(chrono::TimeDelta::minutes(11));
    let fourth = id(&retried(&people, &ann, &other, 1).await);
    let all = ids(&people, &ann, &format!("{JOBS}?"), 3).await;
    assert_eq!(all, [fourth, third, second, first]);
}

#[tokio::test]
async fn the_same_order_many_times_at_once_is_never_more_than_was_asked_for() {
    let people = People::new().await;
    let (ann, file) = ready(&people).await;
    let body = order(&file, &json!({ "metadata": { "budget": "0.50" } }));
    let (people, ann, body) = (&people, &ann, &body);
    let asked = (0..8).map(async |count| retried(people, ann, body, count).await);
    for reply in futures::future::join_all(asked).await {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    }
    // One was asked for the first time; the rest are its echoes, whichever came first.
    let all = ids(people, ann, &format!("{JOBS}?"), 9).await;
    assert!((1..=2).contains(&all.len()), "{all:?}");
}

#[tokio::test]
async fn a_key_makes_one_job_and_belongs_to_one_order() {
    let people = People::new().await;
    let (ann, file) = ready(&people).await;
    let keyed = async |body: Value| {
        let request = Request::post("/openai/v1/fine_tuning/jobs")
            .header("x-forwarded-for", HOME.address)
            .header("user-agent", HOME.agent)
            .header("authorization", format!("Bearer {}", ann.access))
            .header("content-type", "application/json")
            .header("idempotency-key", "night-1");
        people.raw(request, body.to_string()).await
    };
    let first = keyed(order(&file, &json!({ "suffix": "a" }))).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let again = keyed(order(&file, &json!({ "suffix": "a" }))).await;
    assert_eq!(again.json(), first.json());
    let other = keyed(order(&file, &json!({ "suffix": "b" }))).await;
    let reused = "idempotency-key/reused".to_owned();
    assert_eq!(refusal(&other), (422, reused, json!("Idempotency-Key")));
    let shown = get(&people, &ann, &format!("{JOBS}?limit=5")).await.json();
    assert_eq!(shown["data"], json!([first.json()]));
}

#[tokio::test]
async fn nobody_trains_on_or_goes_on_from_what_is_somebody_elses() {
    let people = People::new().await;
    let (ann, file) = ready(&people).await;
    let job = ordered(&people, &ann, order(&file, &json!({}))).await;
    let bob = people.somebody("bob@mail.example").await;
    paid(&people, &bob).await;
    let refused = post(&people, &bob, JOBS, order(&file, &json!({}))).await;
    assert_eq!(
        refusal(&refused),
        (400, "invalid_value".to_owned(), json!("training_file"))
    );
    let path = format!("{JOBS}?after={}", job["id"].as_str().unwrap());
    assert_eq!(refusal(&get(&people, &bob, &path).await).2, "after");
    assert!(ids(&people, &bob, &format!("{JOBS}?"), 5).await.is_empty());
}

#[tokio::test]
async fn a_key_does_what_it_was_made_for_and_a_job_what_it_can() {
    let people = People::new().await;
    let (ann, file) = ready(&people).await;
    let job = ordered(&people, &ann, order(&file, &json!({}))).await;
    let id = job["id"].as_str().unwrap();
    let made = json!({ "label": "a", "scopes": ["read"] });
    let made = people
        .as_(&ann, ("POST", "/v1/keys"), Some(made))
        .await
        .json();
    let key = made["key"].as_str();
    for (method, path, expected) in [
        ("GET", "/models".to_owned(), 200),
        ("GET", format!("{JOBS}/{id}"), 200),
        ("POST", format!("{JOBS}/{id}/cancel"), 403),
        ("POST", JOBS.to_owned(), 403),
        ("DELETE", format!("/files/{file}"), 403),
    ] {
        let path = format!("/openai/v1{path}");
        let body = (method == "POST").then(|| order(&file, &json!({})));
        let reply = people.send(ELSEWHERE, (method, &path), key, body).await;
        assert_eq!(
            reply.status.as_u16(),
            expected,
            "{method} {path}: {}",
            reply.text()
        );
        if expected == 403 {
            assert_eq!(reply.openai_error()["type"], "permission_error");
        }
    }
    let cancelled = post(&people, &ann, &format!("{JOBS}/{id}/cancel"), json!({})).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.text());
    let refused = post(&people, &ann, &format!("{JOBS}/{id}/pause"), json!({})).await;
    let cancelling = "jobs/cancelling".to_owned();
    assert_eq!(refusal(&refused), (409, cancelling, json!(null)));
    assert_eq!(refused.header("x-should-retry"), Some("false"));
}

#[tokio::test]
async fn models_are_what_is_on_offer_until_something_was_trained() {
    let people = People::new().await;
    let (ann, file) = ready(&people).await;
    let job = ordered(&people, &ann, order(&file, &json!({}))).await;
    let listed = get(&people, &ann, "/models").await.json();
    let names: Vec<&Value> = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(names, ["tabular", "distilbert", "mobilenet_v2"]);
    let shown = get(&people, &ann, "/models/tabular").await.json();
    assert_eq!(shown, listed["data"][0]);
    // A model that is not finished is none.
    let uuid = job["id"].as_str().unwrap().replace("ftjob-", "");
    let unfinished = get(
        &people,
        &ann,
        &format!("/models/ft:tabular:trainnet::{uuid}"),
    )
    .await;
    assert_eq!(refusal(&unfinished).0, 404);
}
