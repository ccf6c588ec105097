//! What a line of a statement is explained with, to whom, and what is held back.

use axum::http::StatusCode;
use domain::jobs::{Job, JobCommand, Reading};
use domain::servers::MachineId;
use ledger::{Currency, Rate};
use receipts::Evidence;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use store::{Commands, Context, ids};

use super::{amount, moved, paid, read, usd};
use crate::jobs::ordered;
use crate::users::people::{People, Signed};

async fn explained(people: &People, signed: &Signed, position: i64) -> Value {
    let reply = read(people, signed, &format!("/v1/wallet/events/{position}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let told = reply.json();
    // Whatever is shown of them: the legs of an event come to nothing.
    let legs = told["legs"].as_array().unwrap();
    let minor = |leg: &Value| usd(leg["amount"]["amount"].as_str().unwrap()).minor();
    assert_eq!(legs.iter().map(minor).sum::<i64>(), 0, "{told}");
    told
}

/// As a stranger checks it: the hash from the stored fields alone.
fn recomputed(told: &Value) -> bool {
    let stored: Evidence = serde_json::from_value(told["stored"].clone()).unwrap();
    stored.check().unwrap().to_string() == told["hash"]
}

fn leg<'a>(told: &'a Value, whose: &str, account: &str) -> &'a Value {
    let legs = told["legs"].as_array().unwrap();
    let mut found = legs
        .iter()
        .filter(|it| it["whose"] == whose && it["account"] == account);
    found
        .next()
        .unwrap_or_else(|| panic!("{whose} {account}: {told}"))
}

#[tokio::test]
async fn whoever_paid_sees_all_of_it_and_computes_the_hash() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let payment = paid(&people, &ann).await;
    let position = moved(&people, &ann).await;
    let told = explained(&people, &ann, position).await;
    assert_eq!(told["type"], "payment.paid");
    assert_eq!(told["subject"], payment);
    assert_eq!(
        (&told["whose_doing"], &told["program"]),
        (&json!("platform"), &json!("worker/payments"))
    );
    let mine = leg(&told, "you", "available");
    assert_eq!(mine["amount"]["amount"], "25.00");
    assert_eq!(mine["balance"]["amount"], "25.00");
    let stripe = leg(&told, "outside", "outside/stripe/pending");
    assert_eq!(stripe["amount"]["amount"], "-23.97");
    assert_eq!(stripe["balance"], Value::Null);
    assert!(told["payload"]["payment.paid"].is_object(), "{told}");
    assert_eq!(told["withheld"], json!([]));
    assert!(recomputed(&told));
    let before = people.log.events_at(&[position - 1]).await.unwrap();
    assert_eq!(told["previous_hash"], before[0].hash.to_string());
    let mut forged = told.clone();
    let payload = told["stored"]["payload"]
        .as_str()
        .unwrap()
        .replace("25", "26");
    forged["stored"]["payload"] = json!(payload);
    let forged: Evidence = serde_json::from_value(forged["stored"].clone()).unwrap();
    assert!(forged.check().is_err());
    // What she asked for herself says so, and in which request.
    let refund = format!("/v1/payments/{payment}/refund");
    let asked = people
        .as_(&ann, ("POST", &refund), Some(amount("5.00")))
        .await;
    let told = explained(&people, &ann, moved(&people, &ann).await).await;
    assert_eq!(told["whose_doing"], "you");
    assert_eq!(told["correlation"].as_str(), asked.header("x-request-id"));
}

#[tokio::test]
async fn of_an_order_its_customer_sees_all_and_who_earned_by_it_what_they_earned() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let bob = people.somebody("bob@mail.example").await;
    let job = ordered(&people, &ann).await;
    let jobs = Commands::<Job>::new(people.log.clone());
    let at = people.now();
    let start = JobCommand::Start {
        fence: 1,
        machine: MachineId::new(ids::fresh()),
        rate: Rate::new(Decimal::new(36, 2), Currency::Usd),
        at,
    };
    let charge = JobCommand::Charge(Reading {
        provider: Some(bob.user.parse().unwrap()),
        fence: 1,
        spent: usd("1.00"),
        step: 10,
        trained_seconds: 10_000,
        checkpoint: None,
        at,
    });
    let funded = moved(&people, &ann).await;
    for command in [start, charge] {
        let context = Context::by("reaction/jobs");
        jobs.execute(&job, command, &context).await.unwrap();
    }
    let charged = moved(&people, &ann).await;
    assert_ne!(charged, funded);
    let to_ann = explained(&people, &ann, charged).await;
    assert_eq!(to_ann["type"], "job.charged");
    assert_eq!(leg(&to_ann, "you", "held")["amount"]["amount"], "-1.00");
    assert_eq!(
        leg(&to_ann, "another", "pending")["amount"]["amount"],
        "0.90"
    );
    let ours = leg(&to_ann, "platform", "platform/commission/jobs");
    assert_eq!(ours["amount"]["amount"], "0.10");
    assert!(recomputed(&to_ann));
    let to_bob = explained(&people, &bob, charged).await;
    assert_eq!(leg(&to_bob, "you", "pending")["amount"]["amount"], "0.90");
    assert_eq!(leg(&to_bob, "another", "held")["balance"], Value::Null);
    assert_eq!(to_bob["withheld"], json!(["payload"]));
    for hidden in ["payload", "stored"] {
        assert_eq!(to_bob[hidden], Value::Null, "{hidden}");
    }
    assert!(!to_bob.to_string().contains(&ann.user), "{to_bob}");
    // The hash is the same for both: it stands for what Bob is not shown as well.
    assert_eq!(to_bob["hash"], to_ann["hash"]);
    let hidden = read(&people, &bob, &format!("/v1/wallet/events/{funded}")).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_moved_nothing_of_yours_is_not_there() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    paid(&people, &ann).await;
    let position = moved(&people, &ann).await;
    for other in [
        "1".to_owned(),
        (position + 1).to_string(),
        format!("0{position}"),
        format!("+{position}"),
        i64::MAX.to_string(),
        "x".to_owned(),
    ] {
        let reply = read(&people, &ann, &format!("/v1/wallet/events/{other}")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{other}");
    }
}

#[tokio::test]
async fn a_statement_is_asked_for_by_account() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    ordered(&people, &ann).await;
    let types = async |account: &str| {
        let path = format!("/v1/wallet/statement?account={account}");
        let lines = read(&people, &ann, &path).await.json();
        let lines = lines["data"].as_array().unwrap().clone();
        for line in &lines {
            for movement in line["movements"].as_array().unwrap() {
                assert_eq!(movement["account"], account);
            }
        }
        let types = lines
            .iter()
            .map(|line| line["type"].as_str().unwrap().to_owned());
        types.collect::<Vec<_>>()
    };
    assert_eq!(types("available").await, ["job.funded", "payment.paid"]);
    assert_eq!(types("held").await, ["job.funded"]);
    assert_eq!(types("owed").await, Vec::<String>::new());
    let wrong = read(&people, &ann, "/v1/wallet/statement?account=all").await;
    assert_eq!(wrong.json()["field"], "account");
}
