//! Somebody new: registers, settles in, is examined, and leaves for good.

use anyhow::Result;
use chrono::TimeDelta;
use domain::users::Purpose;
use serde_json::json;

use super::super::walker::{Step, Walker, Who, text};
use super::sessions::sign_in;
use crate::town::PASSWORD;

const PAPER: &[u8] = b"a scan of a passport";
const APPROVED_FOR: TimeDelta = TimeDelta::days(365);

pub async fn newcomer(walker: &mut Walker) -> Result<()> {
    let email = format!("newcomer{}@example.com", walker.scene.number());
    let (user, who) = register(walker, &email).await?;
    settle_in(walker, &who).await?;
    examine(walker, &user, &who).await?;
    let step = Step::at("GET /v1/me/export", &[]).by(&who);
    walker.ask(step).await?;
    let step = Step::at("DELETE /v1/me", &[]).by(&who);
    let step = step.with(json!({ "password": PASSWORD }));
    walker.ask(step).await.map(drop)
}

async fn register(walker: &mut Walker, email: &str) -> Result<(String, Who)> {
    let from = walker.scene.elsewhere();
    let post = |route, body| Step::at(route, &[]).from(&from).with(body);
    let body = json!({ "email": email, "password": PASSWORD, "name": "Ann" });
    walker.ask(post("POST /v1/users", body)).await?;
    let body = json!({ "email": email });
    walker
        .ask(post("POST /v1/users/confirm/again", body))
        .await?;
    let user = walker.scene.town.user_at(email).await?;
    let asks = |it: &Purpose| matches!(it, Purpose::Confirm);
    let link = walker.scene.town.link_for(user, asks).await?;
    let body = json!({ "link": link });
    walker.ask(post("POST /v1/users/confirm", body)).await?;
    let (who, _) = sign_in(walker, email, PASSWORD).await?;
    Ok((user.to_string(), who))
}

async fn settle_in(walker: &mut Walker, who: &Who) -> Result<()> {
    walker.ask(Step::at("GET /v1/me", &[]).by(who)).await?;
    let body = json!({ "name": "Ann Smith", "language": "ru" });
    let step = Step::at("PATCH /v1/me", &[]).by(who).with(body);
    walker.ask(step).await?;
    let step = Step::at("POST /v1/me/provider", &[]).by(who);
    walker.ask(step.with(json!({ "accept": true }))).await?;
    let step = Step::at("POST /v1/keys", &[]).by(who);
    let body = json!({ "label": "nightly", "scopes": ["read"] });
    let key = text(&walker.read(step.with(body)).await?, "id")?;
    walker.ask(Step::at("GET /v1/keys", &[]).by(who)).await?;
    let step = Step::at("DELETE /v1/keys/{key}", &[&key]).by(who);
    walker.ask(step).await.map(drop)
}

async fn bring_paper(walker: &mut Walker, who: &Who) -> Result<String> {
    let step = Step::at("POST /v1/documents", &[]).by(who);
    let step = step.asking("name=passport.jpg").bytes(PAPER);
    text(&walker.read(step).await?, "object")
}

async fn submit(walker: &mut Walker, who: &Who, paper: &str) -> Result<()> {
    let step = Step::at("POST /v1/me/kyc", &[]).by(who);
    let step = step.with(json!({ "documents": [paper] }));
    walker.ask(step).await.map(drop)
}

/// Staff reject the first paper, and approve what comes instead.
async fn examine(walker: &mut Walker, user: &str, who: &Who) -> Result<()> {
    let admin = walker.scene.admin.clone();
    let first = bring_paper(walker, who).await?;
    submit(walker, who, &first).await?;
    walker.ask(Step::at("GET /v1/kyc", &[]).by(&admin)).await?;
    walker
        .ask(Step::at("GET /v1/kyc/{user}", &[user]).by(&admin))
        .await?;
    let look = "GET /v1/kyc/{user}/documents/{object}/link";
    walker
        .ask(Step::at(look, &[user, &first]).by(&admin))
        .await?;
    let step = Step::at("POST /v1/kyc/{user}/reject", &[user]).by(&admin);
    walker
        .ask(step.with(json!({ "reason": "it cannot be read" })))
        .await?;
    let step = Step::at("DELETE /v1/documents/{object}", &[&first]).by(who);
    walker.ask(step).await?;
    let second = bring_paper(walker, who).await?;
    submit(walker, who, &second).await?;
    let until = walker.scene.town.log.clock().now() + APPROVED_FOR;
    let step = Step::at("POST /v1/kyc/{user}/approve", &[user]).by(&admin);
    walker
        .ask(step.with(json!({ "until": until.to_rfc3339() })))
        .await?;
    walker.ask(Step::at("GET /v1/me/kyc", &[]).by(who)).await?;
    walker
        .ask(Step::at("GET /v1/documents", &[]).by(who))
        .await
        .map(drop)
}
