//! Programs that were written for OpenAI bring files and order jobs.

use anyhow::Result;
use serde_json::{Value, json};

use super::super::walker::{Step, Walker, Who, text};
use super::data::TABLE;
use super::orders::{NOWHERE, somebody};

const FORM: &str = "multipart/form-data; boundary=a-line-between";
const BUDGET: &str = "5.00";

/// A form with a file in it, and fields before.
fn form(fields: &[(&str, &str)], file: &str, bytes: &[u8]) -> Vec<u8> {
    let head =
        |name: &str| format!("--a-line-between\r\ncontent-disposition: form-data; name=\"{name}\"");
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("{}\r\n\r\n{value}\r\n", head(name)).bytes());
    }
    let named = "; filename=\"tumours.csv\"\r\ncontent-type: text/csv\r\n\r\n";
    body.extend(format!("{}{named}", head(file)).bytes());
    body.extend(bytes);
    body.extend(b"\r\n--a-line-between--\r\n");
    body
}

fn about(program: &Who, route: &'static str, name: &str) -> Step {
    Step::at(route, &[name]).by(program)
}

pub async fn files(walker: &mut Walker) -> Result<()> {
    let program = somebody(walker).program;
    let body = form(&[("purpose", "fine-tune")], "file", TABLE);
    let step = Step::at("POST /openai/v1/files", &[]).by(&program);
    let file = text(&walker.read(step.carrying(FORM, body)).await?, "id")?;
    walker
        .ask(about(&program, "GET /openai/v1/files/{file}", &file))
        .await?;
    walker
        .ask(Step::at("GET /openai/v1/files", &[]).by(&program))
        .await?;
    let step = about(&program, "DELETE /openai/v1/files/{file}", &file);
    walker.ask(step).await.map(drop)
}

async fn begin(walker: &mut Walker, program: &Who) -> Result<String> {
    let body = json!({ "bytes": TABLE.len(), "filename": "tumours.csv", "mime_type": "text/csv",
        "purpose": "fine-tune" });
    let step = Step::at("POST /openai/v1/uploads", &[]).by(program);
    text(&walker.read(step.with(body)).await?, "id")
}

async fn add(walker: &mut Walker, program: &Who, upload: &str, bytes: &[u8]) -> Result<String> {
    let step = about(program, "POST /openai/v1/uploads/{upload}/parts", upload);
    let step = step.carrying(FORM, form(&[], "data", bytes));
    text(&walker.read(step).await?, "id")
}

/// One of two parts, and one that is thought better of.
pub async fn uploads(walker: &mut Walker) -> Result<()> {
    let program = somebody(walker).program;
    let (one, other) = TABLE.split_at(TABLE.len() / 2);
    let upload = begin(walker, &program).await?;
    let first = add(walker, &program, &upload, one).await?;
    let second = add(walker, &program, &upload, other).await?;
    let complete = "POST /openai/v1/uploads/{upload}/complete";
    let step = about(&program, complete, &upload);
    let step = step.with(json!({ "part_ids": [first, second] }));
    let file = text(&walker.read(step).await?["file"], "id")?;
    let step = about(&program, "DELETE /openai/v1/files/{file}", &file);
    walker.ask(step).await?;
    let upload = begin(walker, &program).await?;
    let step = about(&program, "POST /openai/v1/uploads/{upload}/cancel", &upload);
    walker.ask(step).await.map(drop)
}

pub async fn jobs(walker: &mut Walker) -> Result<()> {
    let customer = somebody(walker);
    let (program, seed) = (&customer.program, walker.scene.number());
    let file = customer.dataset.replacen("object_", "file-", 1);
    let body = json!({ "model": "tabular", "training_file": file, "seed": seed,
        "metadata": { "budget": BUDGET }, "hyperparameters": { "n_epochs": 50 },
        "machine": { "regions": [NOWHERE] } });
    let step = Step::at("POST /openai/v1/fine_tuning/jobs", &[]).by(program);
    let job = text(&walker.read(step.with(body)).await?, "id")?;
    let act = |route| about(program, route, &job);
    walker
        .ask(act("GET /openai/v1/fine_tuning/jobs/{fine_tuning_job}"))
        .await?;
    walker
        .ask(act(
            "POST /openai/v1/fine_tuning/jobs/{fine_tuning_job}/pause",
        ))
        .await?;
    let look = act("GET /openai/v1/fine_tuning/jobs/{fine_tuning_job}");
    let is_paused = |now: &Value| now["status"] == "paused";
    walker.until(look, is_paused).await?;
    walker
        .ask(act(
            "POST /openai/v1/fine_tuning/jobs/{fine_tuning_job}/resume",
        ))
        .await?;
    walker
        .ask(act(
            "GET /openai/v1/fine_tuning/jobs/{fine_tuning_job}/events",
        ))
        .await?;
    walker
        .ask(act(
            "POST /openai/v1/fine_tuning/jobs/{fine_tuning_job}/cancel",
        ))
        .await?;
    Ok(())
}
