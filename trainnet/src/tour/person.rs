//! Somebody in the tour: registers, reads the mail, and signs in.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::Known;
use crate::client::problem::Problem;
use crate::client::server::{Answer, Ask, Server};

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Mail is written within a second; whoever waits longer waits for something that is broken.
const LOOKS_MAX: u32 = 100;
/// Attempts to sign in are counted by the minute.
const PATIENCE: Duration = Duration::from_secs(10);
const PATIENCE_TIMES: u32 = 7;
const CODE_DIGITS: usize = 6;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    server: Server,
    access_token: String,
}

impl Person {
    /// Registers and confirms whoever is new, and signs in.
    pub async fn enter(
        server: &Server,
        known: &Known,
        side: &str,
        new: bool,
    ) -> anyhow::Result<Self> {
        let session = json!({ "email": known.email, "password": known.password });
        if !new && let Some(person) = sign_in(server, &session).await? {
            return Ok(person);
        }
        let new = json!({ "email": known.email, "password": known.password, "sides": [side] });
        server.ask(&Ask::posting("/v1/users", new)).await?;
        let code = code(server, &known.email).await?;
        let answer = json!({ "email": known.email, "code": code });
        server
            .ask(&Ask::posting("/v1/users/confirm", answer))
            .await?;
        let person = sign_in(server, &session).await?;
        person.ok_or_else(|| anyhow!("{} cannot sign in", known.email))
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.ask(Method::GET, path, None, None).await?.json)
    }

    /// Done once under the key, however often it is asked.
    pub async fn post(&self, path: &str, key: &str, body: Value) -> anyhow::Result<Answer> {
        self.ask(Method::POST, path, Some(body), Some(key)).await
    }

    /// Sends a file as it is.
    pub async fn bring(&self, path: &str, key: &str, bytes: Bytes) -> anyhow::Result<Value> {
        let ask = Ask {
            method: Method::POST,
            path,
            body: None,
            bearer: Some(&self.access_token),
            key: Some(key),
            position: None,
        };
        let (_, answered) = self
            .server
            .send(&ask, "application/octet-stream", bytes)
            .await?;
        Ok(serde_json::from_slice(&answered)?)
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let ask = Ask {
            method,
            path,
            body,
            bearer: Some(&self.access_token),
            key,
            position: None,
        };
        self.server.ask(&ask).await.with_context(|| path.to_owned())
    }
}

/// Nobody, where the address and the password do not belong together yet.
async fn sign_in(server: &Server, session: &Value) -> anyhow::Result<Option<Person>> {
    let ask = Ask::posting("/v1/sessions", session.clone());
    let mut asked = server.ask(&ask).await;
    // Whoever starts this again and again has used up a minute's attempts.
    for _ in 0..PATIENCE_TIMES {
        let refused = asked.as_ref().err();
        let refused = refused.and_then(|error| error.downcast_ref::<Problem>());
        if refused.is_none_or(|it| it.status != StatusCode::TOO_MANY_REQUESTS.as_u16()) {
            break;
        }
        tokio::time::sleep(PATIENCE).await;
        asked = server.ask(&ask).await;
    }
    let answered = match asked {
        Ok(answered) => answered,
        Err(error) => {
            let refused = error.downcast_ref::<Problem>();
            return if refused.is_some_and(|it| it.is("users/wrong-credentials")) {
                Ok(None)
            } else {
                Err(error)
            };
        }
    };
    let token = answered.json["access_token"].as_str();
    Ok(Some(Person {
        server: server.clone(),
        access_token: token.context("a session has an access token")?.to_owned(),
    }))
}

/// The code in the newest mail to somebody, as they would read it.
async fn code(server: &Server, email: &str) -> anyhow::Result<String> {
    for _ in 0..LOOKS_MAX {
        if let Some(path) = newest(&page(server, "/dev/outbox").await?, email) {
            let mail = page(server, &path).await?;
            if let Some(code) = digits(&mail) {
                return Ok(code);
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("no mail came for {email}")
}

async fn page(server: &Server, path: &str) -> anyhow::Result<String> {
    let ask = Ask {
        method: Method::GET,
        path,
        body: None,
        bearer: None,
        key: None,
        position: None,
    };
    let (_, body) = server.send(&ask, "text/html", Bytes::new()).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// Where the newest mail to somebody is shown, if any is.
fn newest(outbox: &str, email: &str) -> Option<String> {
    let until = outbox.find(email)?;
    let link = outbox[..until].rfind("/dev/outbox/")?;
    let path = outbox[link..until].split('"').next()?;
    Some(path.to_owned())
}

/// The first word of six digits.
fn digits(text: &str) -> Option<String> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric())
        .find(|word| word.len() == CODE_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_mail_to_somebody_is_found_with_its_code() {
        let line = |mail: &str, to: &str| {
            format!("<li><a href=\"/dev/outbox/{mail}\"><span>x</span><span>{to}</span></a></li>\n")
        };
        let outbox = line("mail_3", "b@example.com")
            + &line("mail_2", "a@example.com")
            + &line("mail_1", "a@example.com");
        let outbox = outbox.as_str();
        assert_eq!(
            newest(outbox, "a@example.com").unwrap(),
            "/dev/outbox/mail_2"
        );
        assert_eq!(newest(outbox, "c@example.com"), None);
        assert_eq!(
            digits("the code is 012345, id 1234567"),
            Some("012345".to_owned())
        );
        assert_eq!(digits("a12345b 12345"), None);
    }
}
