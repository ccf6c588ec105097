//! Looking at what there is: most of what everybody does.

use anyhow::Result;

use super::super::walker::{Step, Walker, Who, text, token};
use super::orders::{somebody, unit_of};

const ANYWHERE: &str = "10.255.255.250";

/// One after the other, as pages ask for what they show.
async fn all(walker: &mut Walker, who: &Who, routes: &[&'static str]) -> Result<()> {
    for route in routes {
        walker.ask(Step::at(route, &[]).by(who)).await?;
    }
    Ok(())
}

/// What somebody sees who comes back.
pub async fn dashboard(walker: &mut Walker) -> Result<()> {
    let it = somebody(walker);
    let routes = [
        "GET /v1/me",
        "GET /v1/wallet",
        "GET /v1/jobs",
        "GET /v1/datasets",
    ];
    all(walker, &it.who, &routes).await?;
    let (job, dataset) = (it.job.as_str(), it.dataset.as_str());
    for (route, name) in [
        ("GET /v1/jobs/{job}", job),
        ("GET /tasks/{unit}/status", job),
        ("GET /v1/datasets/{object}", dataset),
    ] {
        walker.ask(Step::at(route, &[name]).by(&it.who)).await?;
    }
    Ok(())
}

pub async fn account(walker: &mut Walker) -> Result<()> {
    let it = somebody(walker);
    let routes = [
        "GET /v1/me",
        "GET /v1/sessions",
        "GET /v1/me/sign-ins",
        "GET /v1/keys",
        "GET /v1/me/kyc",
        "GET /v1/documents",
        "GET /v1/me/export",
    ];
    all(walker, &it.who, &routes).await
}

/// A job that is done: how it went, what it cost, and the model.
pub async fn job(walker: &mut Walker) -> Result<()> {
    let it = somebody(walker);
    let (job, unit) = (it.job.as_str(), unit_of(&it.job));
    for (route, name) in [
        ("GET /v1/jobs/{job}", job),
        ("GET /v1/jobs/{job}/curves", job),
        ("GET /v1/tasks/{unit}/why", unit.as_str()),
        ("GET /v1/tasks/{unit}/events", unit.as_str()),
        ("GET /v1/receipts/{job}", job),
    ] {
        walker.ask(Step::at(route, &[name]).by(&it.who)).await?;
    }
    let download = Step::at("GET /models/{job}/download", &[job]).by(&it.who);
    let link = text(&walker.read(download).await?, "url")?;
    let file = Step::at("GET /files/{token}", &[token(&link)?]);
    walker.ask(file.from(&it.who.from)).await?;
    Ok(())
}

pub async fn money(walker: &mut Walker) -> Result<()> {
    let it = somebody(walker);
    let who = &it.who;
    walker.ask(Step::at("GET /v1/wallet", &[]).by(who)).await?;
    let page = Step::at("GET /v1/wallet/statement", &[]).by(who);
    let page = walker.read(page).await?;
    let lines = page["data"].as_array().map_or(0, Vec::len);
    let line = &page["data"][walker.dice.below(lines.max(1))];
    let position = line["position"].to_string();
    let why = Step::at("GET /v1/wallet/events/{position}", &[&position]);
    walker.ask(why.by(who)).await?;
    walker
        .ask(Step::at("GET /v1/payments", &[]).by(who))
        .await?;
    let payment = Step::at("GET /v1/payments/{payment}", &[&it.payment]);
    walker.ask(payment.by(who)).await?;
    Ok(())
}

/// A program that was written for OpenAI.
pub async fn door(walker: &mut Walker) -> Result<()> {
    let it = somebody(walker);
    let program = &it.program;
    let routes = [
        "GET /openai/v1/models",
        "GET /openai/v1/files",
        "GET /openai/v1/fine_tuning/jobs",
    ];
    all(walker, program, &routes).await?;
    let file = it.dataset.replacen("object_", "file-", 1);
    let job = it.job.replacen("job_", "ftjob-", 1);
    let model = it.job.replacen("job_", "ft:tabular:trainnet::", 1);
    for (route, name) in [
        ("GET /openai/v1/models/{model}", &model),
        ("GET /openai/v1/files/{file}", &file),
        ("GET /openai/v1/files/{file}/content", &file),
        ("GET /openai/v1/fine_tuning/jobs/{fine_tuning_job}", &job),
        (
            "GET /openai/v1/fine_tuning/jobs/{fine_tuning_job}/events",
            &job,
        ),
        (
            "GET /openai/v1/fine_tuning/jobs/{fine_tuning_job}/checkpoints",
            &job,
        ),
    ] {
        walker.ask(Step::at(route, &[name]).by(program)).await?;
    }
    Ok(())
}

/// A provider looks after their machines.
pub async fn machines(walker: &mut Walker) -> Result<()> {
    let provider = walker.scene.provider.clone();
    let routes = [
        "GET /v1/machines",
        "GET /v1/machines/tokens",
        "GET /v1/wallet",
    ];
    all(walker, &provider, &routes).await?;
    let machine = walker.dice.below(walker.scene.machines.len());
    let machine = walker.scene.machines[machine].clone();
    for route in [
        "GET /v1/machines/{machine}",
        "GET /v1/machines/{machine}/loads",
    ] {
        walker
            .ask(Step::at(route, &[&machine]).by(&provider))
            .await?;
    }
    Ok(())
}

/// Somebody, or a program, that shows nothing.
pub async fn stranger(walker: &mut Walker) -> Result<()> {
    for (route, named) in [
        ("GET /healthz", None),
        ("GET /readyz", None),
        ("GET /metrics", None),
        ("GET /docs", None),
        ("GET /docs/{file}", Some("page.js")),
        ("GET /openapi.json", None),
        ("GET /.well-known/jwks.json", None),
        ("GET /v1/cards", None),
        ("GET /v1/cards/{model_type}", Some("tabular")),
        ("GET /v1/log/head", None),
        ("GET /v1/receipts/key", None),
    ] {
        let step = Step::at(route, named.as_slice()).from(ANYWHERE);
        walker.ask(step).await?;
    }
    Ok(())
}

pub async fn staff(walker: &mut Walker) -> Result<()> {
    let admin = walker.scene.admin.clone();
    let routes = [
        "GET /v1/users",
        "GET /v1/audit",
        "GET /v1/kyc",
        "GET /v1/mails/dead",
    ];
    all(walker, &admin, &routes).await?;
    let person = walker.dice.below(walker.scene.town.people.len());
    let user = walker.scene.town.people[person].user.clone();
    let step = Step::at("GET /v1/users/{user}", &[&user]).by(&admin);
    walker.ask(step).await?;
    let query = format!("user={user}");
    let step = Step::at("GET /v1/audit", &[]).by(&admin).asking(&query);
    walker.ask(step).await?;
    Ok(())
}
