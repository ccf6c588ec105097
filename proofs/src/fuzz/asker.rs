//! Who may ask: strangers, everybody that there is a role for, and a program with a key.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::ValueEnum;
use hyper::Method;
use serde_json::json;
use sqlx::PgPool;
use tokio::task::JoinHandle;

use crate::town::{Ask, Person, Town, address};

/// So many people a round: one signs out, is blocked or erased, and the next goes on.
const SPARE: usize = 24;
const HURRY: Duration = Duration::from_millis(50);
/// What an API key may be made for.
const SCOPES: [&str; 8] = [
    "read",
    "jobs:write",
    "rentals:write",
    "servers:write",
    "payments:write",
    "payouts:write",
    "account:write",
    "admin",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Asker {
    Stranger,
    Customer,
    Provider,
    Support,
    Finance,
    Admin,
    /// Of an admin, for everything that a key can be for
    Key,
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.to_possible_value();
        f.write_str(name.as_ref().map_or("", |name| name.get_name()))
    }
}

impl Asker {
    /// What to show in the `Authorization` header, one after the other; new people every round,
    /// since those of the rounds before have done to each other what they could.
    pub async fn tokens(self, town: &Town, round: u64) -> Result<Vec<String>> {
        let email = |number| format!("{self}-{round}-{number}@example.com");
        let from = |number| {
            let place = (self as usize + 1) << 16;
            address(place + usize::try_from(round % 256).unwrap_or(0) * 64 + number)
        };
        if self == Self::Stranger {
            return Ok(Vec::new());
        }
        let registrar = town.another_admin(&email(SPARE), &from(SPARE)).await?;
        if self == Self::Key {
            return Ok(vec![key_of(town, &registrar).await?]);
        }
        let mut tokens = Vec::new();
        for number in 0..SPARE {
            let (email, from) = (email(number), from(number));
            let person = match self {
                Self::Admin => town.another_admin(&email, &from).await?,
                _ => town.newcomer(&email, &from).await?,
            };
            if !matches!(self, Self::Admin | Self::Customer) {
                grant(town, &registrar, &person, self).await?;
            }
            tokens.push(person.access);
        }
        Ok(tokens)
    }

    /// Whether the last of them is still let in: a run that nobody was left for proves nothing.
    pub async fn still_known(self, town: &Town, tokens: &[String]) -> Result<bool> {
        let Some(last) = tokens.last() else {
            return Ok(true);
        };
        let ask = Ask::new(Method::GET, "/v1/me", "10.255.255.254").by(last);
        Ok(town.client.send(ask).await?.status.is_success())
    }
}

async fn grant(town: &Town, registrar: &Person, person: &Person, role: Asker) -> Result<()> {
    let path = format!("/v1/users/{}/roles/{role}", person.user);
    let ask = Ask::new(Method::PUT, path, &registrar.from).by(&registrar.access);
    let reply = town
        .client
        .send(ask.with(json!({ "reason": "to ask as such" })))
        .await?;
    ensure!(reply.status.is_success(), "{role}: {}", reply.status);
    Ok(())
}

/// So that staff who look at a user find something to decide.
pub async fn hand_in_documents(town: &Town) -> Result<()> {
    for person in &town.people {
        let bring = "/v1/documents?name=passport.jpg";
        let bring = Ask::new(Method::POST, bring, &person.from).by(&person.access);
        let paper = town.client.send(bring.with(json!("a scan"))).await?;
        let body = json!({ "documents": [paper.text("object")?] });
        let ask = Ask::new(Method::POST, "/v1/me/kyc", &person.from).by(&person.access);
        let reply = town.client.send(ask.with(body)).await?;
        ensure!(reply.status.is_success(), "{}", reply.status);
    }
    Ok(())
}

async fn key_of(town: &Town, person: &Person) -> Result<String> {
    let ask = Ask::new(Method::POST, "/v1/keys", &person.from).by(&person.access);
    let body = json!({ "label": "fuzz", "scopes": SCOPES });
    town.client.send(ask.with(body)).await?.text("key")
}

/// Lets time pass quickly for those limits that count attempts by the hour: what lies behind them
/// is to be asked too, and that they hold has tests of its own.
pub fn hurry(pool: PgPool) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            for statement in [
                "update sign_in_attempts set at = at - interval '2 hours' \
                  where at > now() - interval '1 hour'",
                "delete from sign_in_locks",
            ] {
                if let Err(error) = sqlx::query(statement).execute(&pool).await {
                    tracing::warn!(%error, "time does not pass");
                }
            }
            tokio::time::sleep(HURRY).await;
        }
    })
}
