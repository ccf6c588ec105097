//! What people change about how they are recognised: password, second factor and mailbox.

use anyhow::{Context as _, Result, anyhow};
use domain::users::Purpose;
use serde_json::{Value, json};
use totp_rs::TOTP;

use super::super::scene::Spare;
use super::super::walker::{Step, Walker, text};
use super::sessions::sign_in;
use crate::town::PASSWORD;

const OTHER_PASSWORD: &str = "xyz98765";

pub async fn password(walker: &mut Walker) -> Result<()> {
    let mut spare = walker.scene.spares.take().await?;
    let changed = change_password(walker, &mut spare).await;
    walker.scene.spares.give_back(spare);
    changed
}

async fn change_password(walker: &mut Walker, spare: &mut Spare) -> Result<()> {
    let next = if spare.password == PASSWORD {
        OTHER_PASSWORD
    } else {
        PASSWORD
    };
    let body = json!({ "current_password": spare.password, "password": next });
    let step = Step::at("PUT /v1/me/password", &[]).by(&spare.who);
    walker.ask(step.with(body)).await?;
    next.clone_into(&mut spare.password);
    Ok(())
}

pub async fn second_factor(walker: &mut Walker) -> Result<()> {
    let spare = walker.scene.spares.take().await?;
    let changed = on_and_off(walker, &spare).await;
    walker.scene.spares.give_back(spare);
    changed
}

/// The first of the codes for paper.
fn on_paper(shown: &Value) -> Result<&str> {
    let code = shown["recovery_codes"][0].as_str();
    code.context("there are codes for paper")
}

async fn on_and_off(walker: &mut Walker, spare: &Spare) -> Result<()> {
    let (who, password) = (&spare.who, &spare.password);
    let step = Step::at("POST /v1/me/second-factor", &[]).by(who);
    let begun = walker
        .read(step.with(json!({ "password": password })))
        .await?;
    let totp = TOTP::from_url(text(&begun, "url")?);
    let totp = totp.map_err(|error| anyhow!("{error}"))?;
    let step = Step::at("POST /v1/me/second-factor/enable", &[]).by(who);
    let code = totp.generate_current()?;
    let shown = walker.read(step.with(json!({ "code": code }))).await?;
    let step = Step::at("POST /v1/me/second-factor/recovery-codes", &[]).by(who);
    let body = json!({ "password": password, "code": on_paper(&shown)? });
    let shown = walker.read(step.with(body)).await?;
    let step = Step::at("DELETE /v1/me/second-factor", &[]).by(who);
    let body = json!({ "password": password, "code": on_paper(&shown)? });
    walker.ask(step.with(body)).await.map(drop)
}

pub async fn mailbox(walker: &mut Walker) -> Result<()> {
    let mut spare = walker.scene.spares.take().await?;
    let changed = move_and_forget(walker, &mut spare).await;
    walker.scene.spares.give_back(spare);
    changed
}

/// Another mailbox; and that it is read, who has forgotten a password shows.
async fn move_and_forget(walker: &mut Walker, spare: &mut Spare) -> Result<()> {
    let email = format!("moved{}@example.com", walker.scene.number());
    let step = Step::at("PUT /v1/me/email", &[]).by(&spare.who);
    let body = json!({ "email": email, "password": spare.password });
    walker.ask(step.with(body)).await?;
    let asks = |it: &Purpose| matches!(it, Purpose::ChangeAddress { .. });
    let link = walker.scene.town.link_for(spare.user, asks).await?;
    let step = Step::at("POST /v1/me/email/confirm", &[]).by(&spare.who);
    walker.ask(step.with(json!({ "link": link }))).await?;
    spare.email.clone_from(&email);
    let from = walker.scene.elsewhere();
    let step = Step::at("POST /v1/recovery", &[]).from(&from);
    walker.ask(step.with(json!({ "email": email }))).await?;
    let asks = |it: &Purpose| matches!(it, Purpose::Recover);
    let link = walker.scene.town.link_for(spare.user, asks).await?;
    let step = Step::at("POST /v1/recovery/complete", &[]).from(&from);
    let body = json!({ "link": link, "password": PASSWORD });
    walker.ask(step.with(body)).await?;
    PASSWORD.clone_into(&mut spare.password);
    let (who, _) = sign_in(walker, &email, PASSWORD).await?;
    let step = Step::at("DELETE /v1/sessions", &[]).by(&who);
    walker.ask(step).await?;
    (spare.who, _) = sign_in(walker, &email, PASSWORD).await?;
    Ok(())
}
