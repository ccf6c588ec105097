//! Signing in and out, with a program and with a browser.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::super::walker::{Step, Walker, Who, text};
use crate::town::{PASSWORD, Reply};

const CSRF: &str = "trainnet_csrf";

/// From a place where nobody has signed in before; says as whom, and in which session.
pub async fn sign_in(walker: &mut Walker, email: &str, password: &str) -> Result<(Who, String)> {
    let from = walker.scene.elsewhere();
    let step = Step::at("POST /v1/sessions", &[]).from(&from);
    let body = json!({ "email": email, "password": password, "remember": true });
    let signed = walker.read(step.with(body)).await?;
    let token = text(&signed, "access_token")?;
    Ok((Who { from, token }, text(&signed, "session")?))
}

/// Which of those who are there all the time.
fn somebody(walker: &mut Walker) -> usize {
    walker.dice.below(walker.scene.town.people.len())
}

/// A program goes on with its session.
pub async fn refresh(walker: &mut Walker) -> Result<()> {
    let number = somebody(walker);
    let scene = std::sync::Arc::clone(&walker.scene);
    let person = &scene.town.people[number];
    let mut token = person.refresh.lock().await;
    let step = Step::at("POST /v1/sessions/refresh", &[]).from(&person.from);
    let step = step.with(json!({ "refresh_token": *token }));
    *token = text(&walker.read(step).await?, "refresh_token")?;
    Ok(())
}

/// Somebody signs in on two other machines, and out again.
pub async fn elsewhere(walker: &mut Walker) -> Result<()> {
    let number = somebody(walker);
    let scene = std::sync::Arc::clone(&walker.scene);
    let person = &scene.town.people[number];
    let home = Who {
        from: person.from.clone(),
        token: person.access.clone(),
    };
    let (_, session) = sign_in(walker, &person.email, PASSWORD).await?;
    let list = Step::at("GET /v1/sessions", &[]).by(&home);
    walker.ask(list).await?;
    let end = Step::at("DELETE /v1/sessions/{session}", &[&session]);
    walker.ask(end.by(&home)).await?;
    let (there, _) = sign_in(walker, &person.email, PASSWORD).await?;
    walker.ask(Step::at("GET /v1/me", &[]).by(&there)).await?;
    let end = Step::at("DELETE /v1/sessions/current", &[]).by(&there);
    walker.ask(end).await.map(drop)
}

/// What a browser keeps, and shows by itself.
struct Jar(Vec<(String, String)>);

impl Jar {
    fn of(reply: &Reply) -> Self {
        Self(reply.cookies.clone())
    }

    fn show(&self, step: Step) -> Result<Step> {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies: Vec<String> = pairs.collect();
        let csrf = self.0.iter().find(|(name, _)| name == CSRF);
        let (_, csrf) = csrf.context("a browser is given what to send back")?;
        Ok(step
            .saying("cookie", cookies.join("; "))
            .saying("trainnet-csrf", csrf)
            .saying("sec-fetch-site", "same-origin"))
    }
}

pub async fn browser(walker: &mut Walker) -> Result<()> {
    let number = somebody(walker);
    let scene = std::sync::Arc::clone(&walker.scene);
    let (email, from) = (&scene.town.people[number].email, scene.elsewhere());
    let body = json!({ "email": email, "password": PASSWORD, "remember": true });
    let step = Step::at("POST /v1/web/session", &[]).from(&from).with(body);
    let jar = Jar::of(&walker.ask(step).await?);
    for (route, body) in [
        ("GET /v1/me", Value::Null),
        ("GET /v1/wallet", Value::Null),
        ("PATCH /v1/me", json!({ "name": "Ann", "language": "en" })),
    ] {
        let mut step = Step::at(route, &[]).from(&from);
        if !body.is_null() {
            step = step.with(body);
        }
        walker.ask(jar.show(step)?).await?;
    }
    let step = Step::at("POST /v1/web/session/refresh", &[]).from(&from);
    let jar = Jar::of(&walker.ask(jar.show(step)?).await?);
    let step = Step::at("DELETE /v1/web/session", &[]).from(&from);
    walker.ask(jar.show(step)?).await.map(drop)
}
