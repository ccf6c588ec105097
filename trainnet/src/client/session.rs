//! Signing in and out, and seeing who one is and where else.

use anyhow::Context as _;
use hyper::Method;
use serde_json::{Value, json};
use store::Clock;
use zeroize::Zeroizing;

use super::Shown;
use super::arguments::{Asking, Login, Logout};
use super::caller::{Caller, server};
use super::credentials::{Credentials, CredentialsFile};
use super::problem::Problem;
use super::server::{Answer, Ask, DEFAULT, Server};
use super::table::{cell, minute, table};
use super::terminal;

pub async fn login(asked: Login) -> anyhow::Result<Shown> {
    let server = server(&asked.at, DEFAULT)?;
    let file = CredentialsFile::of_this_process()?;
    let email = match asked.email {
        Some(email) => email,
        None => terminal::line("E-mail")?,
    };
    let password = terminal::password("Password")?;
    let Answer { json, position } = sign_in(&server, &email, &password, asked.remember).await?;
    let mut credentials = Credentials::try_new(server.url(), &json, Clock::system().now())?;
    credentials.position = position;
    file.lock().await?.write(&credentials)?;
    let (url, user, session) = (server.url(), &credentials.user, &credentials.session);
    Ok(Shown {
        json: json!({"server": url, "user": user, "session": session}),
        text: format!("You are signed in at {url}.\n"),
    })
}

/// Whoever has a second factor is asked for it when the password was right.
async fn sign_in(
    server: &Server,
    email: &str,
    password: &Zeroizing<String>,
    remember: bool,
) -> anyhow::Result<Answer> {
    let ask = async |code: Option<String>| {
        let mut body = json!({"email": email, "password": **password, "remember": remember});
        if let Some(code) = code {
            body["code"] = code.into();
        }
        server.ask(&Ask::posting("/v1/sessions", body)).await
    };
    let refused = match ask(None).await {
        Err(error) => error.downcast::<Problem>()?,
        signed => return signed,
    };
    if !refused.is("users/second-factor-required") {
        return Err(refused.into());
    }
    let code = terminal::line("Code").with_context(|| refused.to_string())?;
    ask(Some(code)).await
}

pub async fn logout(asked: &Logout) -> anyhow::Result<Shown> {
    let caller = Caller::in_session(&asked.asking.at)?;
    let url = caller.url().to_owned();
    caller.sign_out(asked.everywhere).await?;
    Ok(Shown {
        text: format!("You are signed out at {url}.\n"),
        json: json!({"server": url}),
    })
}

pub async fn whoami(asked: &Asking) -> anyhow::Result<Shown> {
    let mut caller = Caller::of_this_process(&asked.at)?;
    let json = caller.ask(Method::GET, "/v1/me", None).await?;
    let server = caller.url().to_owned();
    let lines = [
        ("e-mail", cell(&json, "email")),
        ("name", cell(&json, "name")),
        ("user", cell(&json, "id")),
        ("roles", cell(&json, "roles")),
        ("second factor", cell(&json, "second_factor")),
        ("language", cell(&json, "language")),
        ("registered", minute(&json, "registered_at")),
        ("server", server),
    ];
    let text = lines.map(|(name, value)| format!("{name:13}  {value}\n"));
    Ok(Shown {
        text: text.concat(),
        json,
    })
}

pub async fn sessions(asked: &Asking) -> anyhow::Result<Shown> {
    let mut caller = Caller::of_this_process(&asked.at)?;
    let json = caller.ask(Method::GET, "/v1/sessions", None).await?;
    let none = Vec::new();
    let rows: Vec<_> = json["data"]
        .as_array()
        .unwrap_or(&none)
        .iter()
        .map(row)
        .collect();
    let headings = [
        "session", "started", "used", "ends", "address", "program", "",
    ];
    Ok(Shown {
        text: table(headings, &rows, "There are no sessions."),
        json,
    })
}

fn row(session: &Value) -> [String; 7] {
    let here = session["current"] == true;
    [
        cell(session, "id"),
        minute(session, "started_at"),
        minute(session, "refreshed_at"),
        minute(session, "ends_at"),
        cell(session, "address"),
        cell(session, "program"),
        if here { "this one" } else { "" }.to_owned(),
    ]
}
