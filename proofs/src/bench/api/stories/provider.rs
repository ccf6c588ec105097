//! A provider brings a machine, sets its terms, and takes it away again.

use anyhow::Result;
use serde_json::json;

use super::super::walker::{Step, Walker, Who, text};
use super::machine::joining;

pub async fn machine(walker: &mut Walker) -> Result<()> {
    let provider = walker.scene.provider.clone();
    let step = Step::at("POST /v1/machines/tokens", &[]).by(&provider);
    let step = step
        .with(json!({ "machines": 1 }))
        .once(&walker.scene.key());
    let made = walker.read(step).await?;
    let step = Step::at("GET /v1/machines/tokens", &[]).by(&provider);
    walker.ask(step).await?;
    let (machine, mut who) = join(walker, &text(&made, "token")?).await?;
    hello(walker, &who).await?;
    let about = |route| Step::at(route, &[&machine]).by(&provider);
    let change = about("PATCH /v1/machines/{machine}");
    let price = json!({ "amount": "0.25", "currency": "USD" });
    let body = json!({ "name": "under the desk", "price_per_hour": price, "region": "eu-north" });
    walker.ask(change.with(body)).await?;
    walker.ask(about("GET /v1/machines/{machine}")).await?;
    let secret = about("POST /v1/machines/{machine}/secret");
    who.token = text(&walker.read(secret).await?, "secret")?;
    hello(walker, &who).await?;
    // There is nothing that it could do.
    let step = Step::at("POST /tasks/pull", &[]).by(&who);
    walker.ask(step.with(json!({ "wait_seconds": 0 }))).await?;
    walker
        .ask(about("GET /v1/machines/{machine}/loads"))
        .await?;
    walker.ask(about("DELETE /v1/machines/{machine}")).await?;
    let join = text(&made, "id")?;
    let step = Step::at("DELETE /v1/machines/tokens/{join}", &[&join]);
    walker.ask(step.by(&provider)).await.map(drop)
}

async fn join(walker: &mut Walker, token: &str) -> Result<(String, Who)> {
    let from = walker.scene.elsewhere();
    let joining = joining(token, walker.scene.number(), "mobilenet_v2");
    let step = Step::at("POST /v1/machines/enrol", &[]).from(&from);
    let joined = walker.read(step.with(joining)).await?;
    let token = text(&joined, "secret")?;
    Ok((text(&joined, "machine")?, Who { from, token }))
}

async fn hello(walker: &mut Walker, who: &Who) -> Result<()> {
    let step = Step::at("POST /v1/machines/heartbeat", &[]).by(who);
    let load = json!({ "load": { "cpu_percent": 3.5, "gpus": [] } });
    walker.ask(step.with(load)).await.map(drop)
}
