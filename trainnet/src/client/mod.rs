//! The command line for people: signs in at a server, and asks it over HTTP like anybody else.

pub mod arguments;
mod caller;
mod credentials;
mod keys;
pub mod problem;
pub mod server;
mod session;
mod table;
pub mod terminal;

use std::io::Write as _;
use std::process::ExitCode;

use serde_json::Value;

use arguments::{Asking, Form, Keys, Login, Logout};
use problem::Problem;

pub async fn login(asked: Login) -> anyhow::Result<ExitCode> {
    let form = asked.form;
    told(form, session::login(asked).await)
}

pub async fn logout(asked: Logout) -> anyhow::Result<ExitCode> {
    told(asked.asking.form, session::logout(&asked).await)
}

pub async fn whoami(asked: Asking) -> anyhow::Result<ExitCode> {
    told(asked.form, session::whoami(&asked).await)
}

pub async fn sessions(asked: Asking) -> anyhow::Result<ExitCode> {
    told(asked.form, session::sessions(&asked).await)
}

pub async fn keys(asked: Keys) -> anyhow::Result<ExitCode> {
    let (form, outcome) = keys::keys(asked.command).await;
    told(form, outcome)
}

/// What came of asking, for a program and for a person.
struct Shown {
    json: Value,
    text: String,
}

/// Programs read a refusal where they read an answer; its status tells them apart.
fn told(form: Form, outcome: anyhow::Result<Shown>) -> anyhow::Result<ExitCode> {
    let mut output = std::io::stdout();
    match outcome {
        Ok(shown) if form.json => writeln!(output, "{:#}", shown.json)?,
        Ok(shown) => write!(output, "{}", shown.text)?,
        Err(error) => {
            let refusal = error.downcast_ref::<Problem>().filter(|_| form.json);
            let Some(refusal) = refusal else {
                return Err(error);
            };
            writeln!(output, "{:#}", refusal.json())?;
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
