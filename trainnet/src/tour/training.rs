//! From a file to a trained model: upload, estimate, order, pay, wait, download, receipt.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use hyper::Method;
use hyper::body::Bytes;
use receipts::Receipt;
use serde_json::{Value, json};

use super::person::Person;
use super::{Ground, Model};
use crate::client::server::{Ask, Server};
use crate::receipt;

const LOOK_EVERY: Duration = Duration::from_millis(300);
/// Four minutes: what takes longer here does not move.
const LOOKS_MAX: u32 = 800;

/// Measurements of tumours; `trainer/examples` says whose.
pub const TABLE: &[u8] = include_bytes!("../../../trainer/examples/breast-cancer.csv");
const TEXTS: &[u8] = include_bytes!("../../../trainer/examples/made-support-requests.csv");

/// What came of it.
pub struct Trained {
    pub archive: PathBuf,
    pub model: Model,
}

pub async fn train(
    out: &mut (dyn Write + Send),
    ground: &Ground,
    server: &Server,
    customer: &Person,
    folder: &Path,
) -> anyhow::Result<Trained> {
    let order = upload(out, ground.model, customer).await?;
    let job = order_and_pay(out, ground, customer, &order).await?;
    wait(out, customer, &job).await?;
    let archive = download(out, server, customer, &job, folder).await?;
    show_receipt(out, customer, &job, folder).await?;
    Ok(Trained {
        archive,
        model: ground.model,
    })
}

/// Uploads the data, and says what is to be trained on it.
async fn upload(
    out: &mut (dyn Write + Send),
    model: Model,
    customer: &Person,
) -> anyhow::Result<Value> {
    let (name, bytes, model_type) = match model {
        Model::Tabular => ("breast-cancer.csv", TABLE, "tabular"),
        Model::Distilbert => ("made-support-requests.csv", TEXTS, "distilbert"),
    };
    let path = format!("/v1/datasets?name={name}");
    let key = format!("tour-{name}");
    let dataset = customer
        .bring(&path, &key, Bytes::from_static(bytes))
        .await?;
    let id = dataset["dataset"].as_str().context("a dataset has an id")?;
    writeln!(
        out,
        "3. {name} is uploaded and looked into before anybody pays:"
    )?;
    writeln!(
        out,
        "   {}, {} rows, {} columns, {} classes\n",
        dataset["standing"].as_str().unwrap_or_default(),
        dataset["rows"],
        dataset["columns"],
        dataset["classes"],
    )?;
    Ok(match model {
        // Long enough that there is something to pay for.
        Model::Tabular => json!({ "model_type": model_type, "dataset_id": id,
            "hyperparams": { "rounds": 1000, "early_stopping_rounds": 0 } }),
        Model::Distilbert => json!({ "model_type": model_type, "dataset_id": id,
            "weights": "scratch", "hyperparams": { "layers": 2, "dimension": 128, "heads": 4,
                "max_length": 32, "epochs": 12, "learning_rate": 0.001 } }),
    })
}

async fn order_and_pay(
    out: &mut (dyn Write + Send),
    ground: &Ground,
    customer: &Person,
    order: &Value,
) -> anyhow::Result<String> {
    let estimate = customer
        .post("/v1/jobs/estimate", "", order.clone())
        .await?
        .json;
    let range = &estimate["estimate"];
    writeln!(
        out,
        "4. The estimate: {} to {} s, {} to {} USD.",
        range["seconds_min"],
        range["seconds_max"],
        range["price_min"]["amount"].as_str().unwrap_or_default(),
        range["price_max"]["amount"].as_str().unwrap_or_default(),
    )?;
    let key = format!(
        "tour-job-{}",
        order["model_type"].as_str().unwrap_or_default()
    );
    let placed = customer.post("/train", &key, order.clone()).await?.json;
    let job = placed["id"].as_str().context("a job has an id")?.to_owned();
    writeln!(
        out,
        "   Ordered {job} with a budget of {} USD.",
        placed["budget"]["amount"].as_str().unwrap_or_default()
    )?;
    let Some(checkout) = placed["checkout_url"].as_str() else {
        writeln!(out, "   It was paid for before.\n")?;
        return Ok(job);
    };
    if let Some(simulator) = &ground.simulator {
        let simulator = Server::try_new(simulator, None)?;
        let path = checkout.strip_prefix(simulator.url()).unwrap_or(checkout);
        let path = format!("{path}/pay");
        let press = Ask::posting(&path, Value::Null);
        let form = "application/x-www-form-urlencoded";
        simulator.send(&press, form, Bytes::new()).await?;
        writeln!(out, "   Paid with a simulated card at {checkout}\n")?;
    } else {
        writeln!(out, "   Pay for it at {checkout}\n")?;
    }
    Ok(job)
}

async fn wait(out: &mut (dyn Write + Send), customer: &Person, job: &str) -> anyhow::Result<()> {
    writeln!(out, "5. Where it stands (/tasks/{job}/status):")?;
    let mut said = String::new();
    for _ in 0..LOOKS_MAX {
        let now = customer.get(&format!("/tasks/{job}/status")).await?;
        let status = now["status"].as_str().unwrap_or_default();
        let reason = now["reason"].as_str();
        let line = format!(
            "   {status}{}  step {}  {} s paid for  charged {} USD",
            reason.map(|why| format!(" ({why})")).unwrap_or_default(),
            now["progress"]["step"],
            now["progress"]["trained_seconds"],
            now["charged"]["amount"].as_str().unwrap_or_default(),
        );
        if line != said {
            writeln!(out, "{line}")?;
            said = line;
        }
        match status {
            "done" => {
                writeln!(out, "   {}\n", metrics(&now["metrics"]))?;
                return Ok(());
            }
            "error" => bail!("the job came to nothing: {now}"),
            _ => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
    bail!("the job did not come to its end in time")
}

fn metrics(all: &Value) -> String {
    let pairs = all.as_object().into_iter().flatten();
    let said: Vec<String> = pairs
        .map(|(name, value)| format!("{name} {}", value.as_str().unwrap_or_default()))
        .collect();
    said.join(", ")
}

async fn download(
    out: &mut (dyn Write + Send),
    server: &Server,
    customer: &Person,
    job: &str,
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let link = customer.get(&format!("/models/{job}/download")).await?;
    let url = link["url"].as_str().context("a link has a url")?;
    let path = url.strip_prefix(server.url()).unwrap_or(url);
    let ask = Ask {
        method: Method::GET,
        path,
        body: None,
        bearer: None,
        key: None,
        position: None,
    };
    let (_, bytes) = server
        .send(&ask, "application/octet-stream", Bytes::new())
        .await?;
    let archive = folder.join("model.zip");
    fs::write(&archive, &bytes).with_context(|| archive.display().to_string())?;
    writeln!(
        out,
        "6. The model, {} bytes by a link that expires: {}",
        bytes.len(),
        archive.display()
    )?;
    Ok(archive)
}

async fn show_receipt(
    out: &mut (dyn Write + Send),
    customer: &Person,
    job: &str,
    folder: &Path,
) -> anyhow::Result<()> {
    let receipt = customer.get(&format!("/v1/receipts/{job}")).await?;
    let file = folder.join("receipt.json");
    let text = serde_json::to_string_pretty(&receipt)?;
    fs::write(&file, &text).with_context(|| file.display().to_string())?;
    writeln!(
        out,
        "\n7. The receipt, checked without asking the server:\n"
    )?;
    writeln!(out, "   trainnet receipt verify {}\n", file.display())?;
    let receipt = Receipt::read(&text)?;
    let verified = receipt.verify(None)?;
    receipt::print(out, &receipt, &verified, true)?;
    Ok(())
}
