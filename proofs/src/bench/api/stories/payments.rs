//! Money comes by card, is explained, and goes back.

use anyhow::Result;
use serde_json::{Value, json};

use super::super::walker::{Step, Walker, Who, text};
use super::orders::{somebody, usd};

const AMOUNT: &str = "5.00";
const BACK: &str = "1.00";

/// Asks for a payment, pays it at its checkout, and says which it is when it has arrived.
pub async fn top_up(walker: &mut Walker, who: &Who, amount: &str) -> Result<String> {
    let step = Step::at("POST /v1/wallet/top-ups", &[]).by(who);
    let step = step.with(json!({ "amount": usd(amount) }));
    let opened = walker.read(step.once(&walker.scene.key())).await?;
    let payment = text(&opened, "payment")?;
    pay(walker, who, &payment).await?;
    Ok(payment)
}

fn about(who: &Who, payment: &str) -> Step {
    Step::at("GET /v1/payments/{payment}", &[payment]).by(who)
}

/// Presses the button at the checkout, and waits until that has been heard.
pub async fn pay(walker: &Walker, who: &Who, payment: &str) -> Result<()> {
    let is_open = |now: &Value| now["checkout_url"].is_string();
    let opened = walker.until(about(who, payment), is_open).await?;
    walker
        .scene
        .town
        .pay_by_card(&text(&opened, "checkout_url")?)?;
    let is_paid = |now: &Value| now["status"] == "paid";
    walker.until(about(who, payment), is_paid).await.map(drop)
}

pub async fn give_back(walker: &mut Walker, who: &Who, payment: &str, amount: &str) -> Result<()> {
    let step = Step::at("POST /v1/payments/{payment}/refund", &[payment]).by(who);
    let step = step.with(json!({ "amount": usd(amount) }));
    walker.ask(step.once(&walker.scene.key())).await?;
    walker.ask(about(who, payment)).await.map(drop)
}

pub async fn topping_up(walker: &mut Walker) -> Result<()> {
    let customer = somebody(walker);
    let who = &customer.who;
    let payment = top_up(walker, who, AMOUNT).await?;
    walker
        .ask(Step::at("GET /v1/payments", &[]).by(who))
        .await?;
    let page = Step::at("GET /v1/wallet/statement", &[]).by(who);
    let page = walker.read(page.asking("limit=200")).await?;
    let position = page["data"][0]["position"].to_string();
    let why = Step::at("GET /v1/wallet/events/{position}", &[&position]);
    walker.ask(why.by(who)).await?;
    give_back(walker, who, &payment, BACK).await?;
    notice(walker, &payment).await
}

/// The card processor says that something about a payment is new.
async fn notice(walker: &mut Walker, payment: &str) -> Result<()> {
    let number = walker.scene.number();
    let charge = json!({ "id": format!("ch_bench{number}"), "metadata": { "payment": payment } });
    let event = json!({ "id": format!("evt_bench{number}"), "type": "charge.updated",
        "data": { "object": charge } });
    let body = event.to_string();
    let signature = walker.scene.town.signature(body.as_bytes());
    let step = Step::at("POST /webhook/stripe", &[]).from("10.255.255.251");
    let step = step.carrying("application/json", body);
    walker
        .ask(step.saying("stripe-signature", signature))
        .await?;
    Ok(())
}
