//! Jobs in training while machines and the server are killed: none is lost, none is paid for twice.

mod budgets;
mod machines;
mod outages;
mod robot;
mod story;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::works::{Customer, Machine, Works};

pub use budgets::{BudgetsArgs, run as budgets};
pub use machines::{MachinesArgs, run as machines};
pub use outages::{OutagesArgs, run as outages};

/// Measurements of tumours; `trainer/examples` says whose.
const TABLE: &[u8] = include_bytes!("../../../../trainer/examples/breast-cancer.csv");

/// How long a job is.
#[derive(Clone, Copy, Debug)]
struct Length {
    rounds: u64,
    depth: u64,
}

/// A provider with so many machines that run.
async fn fleet(works: &Works, machines: usize) -> Result<Vec<Machine>> {
    let provider = Customer::enter(works, "provider@example.com", "provider").await?;
    let mut fleet = Vec::new();
    for number in 0..machines {
        let key = format!("token-{number}");
        let token = provider
            .post(works, "/v1/machines/tokens", &key, json!({}))
            .await?;
        let token = token["token"].as_str().context("a token is shown")?;
        fleet.push(Machine::join(works, number, token).await?);
    }
    Ok(fleet)
}

/// A job on a table, paid from the wallet; the same key is the same job.
async fn order(
    works: &Works,
    customer: &Customer,
    (dataset, length): (&str, Length),
    key: &str,
) -> Result<String> {
    let body = json!({
        "model_type": "tabular", "dataset_id": dataset, "pay_with": "wallet",
        "hyperparams": { "rounds": length.rounds, "depth": length.depth, "early_stopping_rounds": 0 },
    });
    let placed = customer.post(works, "/train", key, body).await?;
    let id = placed["id"].as_str().context("a job has an id")?;
    Ok(id.to_owned())
}

async fn status(works: &Works, customer: &Customer, job: &str) -> Result<Value> {
    customer.get(works, &format!("/tasks/{job}/status")).await
}

fn is_over(status: &Value) -> bool {
    matches!(status["status"].as_str(), Some("done" | "error"))
}
