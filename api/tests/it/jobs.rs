//! Training jobs over HTTP: what is refused before anybody pays, and what is held once they do.

use axum::http::StatusCode;
use domain::jobs::JobId;
use domain::work::UnitId;
use projections::work::reports::{self, NewReport};
use receipts::Receipt;
use serde_json::{Value, json};

use crate::client::Reply;
use crate::objects::brought;
use crate::objects::importing::at_home;
use crate::payments::paid;
use crate::users::people::{HOME, People, Signed};

const TABLE: &str = "length,width,kind\n5.1,3.5,a\n4.9,3.0,a\n6.2,2.9,b\n5.9,3.2,b\n6.0,2.2,b\n\
    5.0,3.4,a\n5.4,3.9,a\n6.7,3.1,b\n5.6,2.7,b\n4.6,3.1,a\n";

async fn dataset(people: &People, ann: &Signed) -> String {
    let brought = brought(people, ann, "kinds.csv", TABLE.as_bytes()).await;
    brought["dataset"].as_str().unwrap().to_owned()
}

async fn train(people: &People, ann: &Signed, body: Value) -> Reply {
    people.as_(ann, ("POST", "/train"), Some(body)).await
}

/// Orders under a key.
async fn keyed(people: &People, ann: &Signed, key: &str, body: &Value) -> Reply {
    let request = axum::http::Request::post("/train")
        .header("x-forwarded-for", HOME.address)
        .header("user-agent", HOME.agent)
        .header("authorization", format!("Bearer {}", ann.access))
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    people.raw(request, body.to_string()).await
}

/// Reads what is there once everything that was written can be seen.
async fn read(people: &People, ann: &Signed, path: &str) -> Reply {
    let head = people.log.head().await.unwrap().position;
    people.at(ann, ("GET", path), head).await
}

async fn available(people: &People, ann: &Signed) -> String {
    let wallet = read(people, ann, "/v1/wallet").await.json();
    let amount = &wallet["balances"][0]["available"]["amount"];
    amount.as_str().unwrap().to_owned()
}

/// A job of somebody who has money, paid for from the wallet.
pub async fn ordered(people: &People, ann: &Signed) -> String {
    paid(people, ann).await;
    let dataset = dataset(people, ann).await;
    let order = json!({ "model_type": "tabular", "dataset_id": dataset, "pay_with": "wallet",
        "budget": { "amount": "2.50", "currency": "USD" } });
    let ordered = train(people, ann, order).await;
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.text());
    ordered.json()["id"].as_str().unwrap().to_owned()
}

/// What is changed about a good order, and the status, code and field of its refusal.
fn wrong_orders(one_class: &str) -> Vec<(Value, u16, &'static str, &'static str)> {
    vec![
        (
            json!({ "model_type": "gpt" }),
            422,
            "body/invalid",
            "model_type",
        ),
        (
            json!({ "hyperparams": { "rounds": 0, "deep": 1 } }),
            422,
            "jobs/order/hyperparams-invalid",
            "hyperparams.deep",
        ),
        (
            json!({ "model_type": "mobilenet_v2" }),
            422,
            "jobs/order/dataset-unfit",
            "dataset_id",
        ),
        (
            json!({ "dataset_id": one_class }),
            422,
            "jobs/order/dataset-unusable",
            "dataset_id",
        ),
        (
            json!({ "budget": { "amount": "0.49", "currency": "USD" } }),
            422,
            "jobs/order/budget-invalid",
            "budget",
        ),
        (
            json!({ "budget": { "amount": "1.005", "currency": "USD" } }),
            422,
            "jobs/order/budget-invalid",
            "budget",
        ),
        (json!({}), 402, "jobs/order/funds-missing", "budget"),
        (
            json!({ "weights": "local" }),
            422,
            "jobs/order/weights-not-offered",
            "weights",
        ),
        (
            json!({ "dataset_url": "https://example.org/iris.csv" }),
            422,
            "body/invalid",
            "dataset_id",
        ),
        (
            json!({ "dataset_id": null }),
            422,
            "body/invalid",
            "dataset_id",
        ),
        (
            json!({ "machine": { "rate_max": "-1" } }),
            422,
            "body/invalid",
            "machine.rate_max",
        ),
    ]
}

#[tokio::test]
async fn what_cannot_be_trained_is_refused_before_anybody_pays() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let bob = people.somebody("bob@mail.example").await;
    let dataset = dataset(&people, &ann).await;
    let one_class = brought(&people, &ann, "one.csv", b"x,y\n1,a\n2,a\n3,a\n").await;
    let one_class = one_class["dataset"].as_str().unwrap();
    let order = |changed: Value| {
        let mut order = json!({ "model_type": "tabular", "dataset_id": dataset,
            "pay_with": "wallet" });
        for (name, value) in changed.as_object().unwrap() {
            order[name] = value.clone();
        }
        order
    };
    for (changed, status, code, field) in wrong_orders(one_class) {
        let refused = train(&people, &ann, order(changed.clone())).await;
        let said = refused.json();
        assert_eq!(refused.status.as_u16(), status, "{changed}: {said}");
        assert_eq!(
            (&said["code"], &said["field"]),
            (&json!(code), &json!(field))
        );
        assert!(
            said["detail"].as_str().is_some_and(|it| !it.is_empty()),
            "{said}"
        );
    }
    let of_another = train(&people, &bob, order(json!({}))).await;
    assert_eq!(of_another.status, StatusCode::NOT_FOUND);
    assert_eq!(of_another.json()["field"], "dataset_id");
    let listed = read(&people, &ann, "/v1/jobs").await.json();
    assert_eq!(listed["data"], json!([]));
}

#[tokio::test]
async fn an_order_from_the_wallet_holds_its_budget_once_and_gives_it_back_when_cancelled() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    paid(&people, &ann).await;
    let dataset = dataset(&people, &ann).await;
    let order = json!({ "model_type": "tabular", "dataset_id": dataset, "pay_with": "wallet",
        "hyperparams": { "rounds": 50 }, "budget": { "amount": "10.00", "currency": "USD" } });
    let estimate = json!({ "model_type": "tabular", "dataset_id": dataset });
    let estimate = people
        .as_(&ann, ("POST", "/v1/jobs/estimate"), Some(estimate))
        .await
        .json();
    assert_eq!(estimate["budget_suggested"]["amount"], "0.50");
    assert_eq!(estimate["machines_online"], 0);

    let placed = train(&people, &ann, order.clone()).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text());
    let job = placed.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(available(&people, &ann).await, "15.00");
    let status = read(&people, &ann, &format!("/tasks/{job}/status"))
        .await
        .json();
    assert_eq!(
        (&status["status"], &status["charged"]["amount"]),
        (&json!("queued"), &json!("0.00"))
    );
    assert_eq!(status["reason"], "waiting-for-a-machine");
    assert_eq!(
        status["actions"],
        json!(["pause", "raise-budget", "cancel"])
    );

    let not_ready = read(&people, &ann, &format!("/models/{job}/download")).await;
    assert_eq!(not_ready.status, StatusCode::CONFLICT);
    assert_eq!(not_ready.json()["code"], "models/not-ready");

    let raise = |amount: &str| json!({ "budget": { "amount": amount, "currency": "USD" } });
    let at = format!("/v1/jobs/{job}");
    let lower = people.as_(&ann, ("PATCH", &at), Some(raise("9.00"))).await;
    assert_eq!(lower.status, StatusCode::UNPROCESSABLE_ENTITY);
    let beyond = people.as_(&ann, ("PATCH", &at), Some(raise("30.00"))).await;
    assert_eq!(beyond.status, StatusCode::PAYMENT_REQUIRED);
    let raised = people.as_(&ann, ("PATCH", &at), Some(raise("12.00"))).await;
    assert_eq!(raised.status, StatusCode::NO_CONTENT, "{}", raised.text());
    assert_eq!(available(&people, &ann).await, "13.00");

    let receipt = read(&people, &ann, &format!("/v1/receipts/{job}")).await;
    let receipt = Receipt::read(receipt.text()).unwrap();
    let statement = receipt.verify(None).unwrap().statement;
    assert_eq!(statement.held.amount(), "12.00");
    assert!(statement.lines.is_empty() && !statement.over);

    let cancel = format!("/v1/jobs/{job}/cancel");
    let cancelled = people.as_(&ann, ("POST", &cancel), None).await;
    assert_eq!(
        cancelled.status,
        StatusCode::NO_CONTENT,
        "{}",
        cancelled.text()
    );
    let shown = read(&people, &ann, &at).await.json();
    assert_eq!(
        (&shown["reason"], &shown["actions"]),
        (&json!("cancelling"), &json!([]))
    );
}

#[tokio::test]
async fn whoever_ordered_a_job_sees_it_at_once_and_nobody_else_ever() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let bob = people.somebody("bob@mail.example").await;
    let job = ordered(&people, &ann).await;
    for path in [
        "/v1/jobs/{}",
        "/tasks/{}/status",
        "/v1/receipts/{}",
        "/v1/jobs/{}/curves",
    ] {
        let path = path.replace("{}", &job);
        let seen = people.as_(&ann, ("GET", &path), None).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}: {}", seen.text());
        let of_another = people.as_(&bob, ("GET", &path), None).await;
        assert_eq!(of_another.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_same_order_under_the_same_key_is_one_job() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    paid(&people, &ann).await;
    let dataset = dataset(&people, &ann).await;
    let order = json!({ "model_type": "tabular", "dataset_id": dataset, "pay_with": "wallet",
        "budget": { "amount": "5.00", "currency": "USD" } });
    let first = keyed(&people, &ann, "k-1", &order).await;
    let again = keyed(&people, &ann, "k-1", &order).await;
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(available(&people, &ann).await, "20.00");
    let mut other = order;
    other["budget"]["amount"] = json!("6.00");
    let reused = keyed(&people, &ann, "k-1", &other).await;
    assert_eq!(reused.json()["code"], "idempotency-key/reused");
}

#[tokio::test]
async fn the_cards_say_what_may_be_set() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let cards = people.as_(&ann, ("GET", "/v1/cards"), None).await.json();
    let names: Vec<&str> = cards["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|card| card["model_type"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["tabular", "distilbert", "mobilenet_v2"]);
    let tabular = people.as_(&ann, ("GET", "/v1/cards/tabular"), None).await;
    let rounds = &tabular.json()["hyperparams"][1];
    assert_eq!(rounds["schema"]["maximum"], 2_000);
    let nothing = people.as_(&ann, ("GET", "/v1/cards/gpt"), None).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_order_may_name_where_its_dataset_is_fetched_from() {
    let (people, ann, source) = at_home().await;
    paid(&people, &ann).await;
    let order = |path: &str| {
        json!({ "model_type": "tabular", "pay_with": "wallet",
            "dataset_url": format!("http://{source}/{path}"),
            "budget": { "amount": "5.00", "currency": "USD" } })
    };
    let placed = keyed(&people, &ann, "k-2", &order("good.csv")).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text());
    let again = keyed(&people, &ann, "k-2", &order("good.csv")).await;
    assert_eq!(again.json()["id"], placed.json()["id"]);
    assert_eq!(available(&people, &ann).await, "20.00");
    let datasets = read(&people, &ann, "/v1/datasets").await.json();
    assert_eq!(datasets["data"].as_array().unwrap().len(), 1);
    for path in ["file", "nowhere", "empty"] {
        let refused = train(&people, &ann, order(path)).await;
        assert!(
            refused.status.is_client_error(),
            "{path}: {}",
            refused.text()
        );
        assert_eq!(refused.json()["field"], "dataset_url", "{path}");
    }
    let mut both = order("good.csv");
    both["dataset_id"] = json!("object_1");
    assert_eq!(
        train(&people, &ann, both).await.json()["field"],
        "dataset_id"
    );
}

#[tokio::test]
async fn curves_have_few_enough_points_and_go_on_where_the_stream_does() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let job = ordered(&people, &ann).await;
    let unit = UnitId::new(job.parse::<JobId>().unwrap().uuid());
    let curves = async |query: &str| {
        let reply = read(&people, &ann, &format!("/v1/jobs/{job}/curves{query}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()
    };
    let before = curves("").await;
    assert_eq!(before, json!({ "points": [], "after": 0 }));
    let said = (1..=10).flat_map(|step| {
        let log = json!({ "text": "a line", "level": "info" });
        let progress = json!({ "at": "2027-01-15T12:00:00.000000Z", "fence": 1, "step": step,
            "steps_total": 10, "epoch": 0, "trained_seconds": step,
            "metrics": { "loss": format!("0.{step}") } });
        [(reports::LOG, log), (reports::PROGRESS, progress)]
    });
    let said: Vec<NewReport> = said.map(|(kind, body)| NewReport { kind, body }).collect();
    let pool = people.log.pool();
    reports::keep(pool, unit, people.now(), &said)
        .await
        .unwrap();
    let steps = |curves: &Value| -> Vec<u64> {
        let points = curves["points"].as_array().unwrap();
        points
            .iter()
            .map(|it| it["step"].as_u64().unwrap())
            .collect()
    };
    let all = curves("").await;
    assert_eq!(steps(&all), (1..=10).collect::<Vec<_>>());
    assert_eq!(all["points"][2]["metrics"]["loss"], "0.3");
    for (points, shown) in [
        (5, vec![2, 4, 6, 8, 10]),
        (4, vec![1, 4, 7, 10]),
        (3, vec![2, 6, 10]),
        (2, vec![5, 10]),
    ] {
        let few = curves(&format!("?points={points}")).await;
        assert_eq!(steps(&few), shown, "{points}");
        assert_eq!(few["after"], all["after"]);
    }
    let after = all["after"].as_i64().unwrap();
    assert_eq!(reports::after(pool, unit, after, 10).await.unwrap(), []);
    for wrong in ["1", "0", "2001"] {
        let reply = read(
            &people,
            &ann,
            &format!("/v1/jobs/{job}/curves?points={wrong}"),
        )
        .await;
        assert_eq!(reply.json()["field"], "points", "{wrong}");
    }
}
