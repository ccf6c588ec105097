//! Somebody who uses the marketplace over HTTP, with a key of their own.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hyper::body::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::{LOOK_EVERY, PATIENCE, Works};
use crate::town::{Ask, PASSWORD};

const CODE_DIGITS: usize = 6;
/// On a machine that does other things as well.
const TRAINING: Duration = Duration::from_mins(15);

#[derive(Clone, Debug)]
pub struct Customer {
    key: String,
}

impl Customer {
    /// Registers, reads the mail, signs in once, and makes a key that lasts.
    pub async fn enter(works: &Works, email: &str, side: &str) -> Result<Self> {
        let post = |path: &str, body: Value| Ask::new(Method::POST, path, "").with(body);
        let new = json!({ "email": email, "password": PASSWORD, "sides": [side] });
        works.insist(&post("/v1/users", new)).await?;
        let code = code(works, email).await?;
        let answer = json!({ "email": email, "code": code });
        works.insist(&post("/v1/users/confirm", answer)).await?;
        let session = json!({ "email": email, "password": PASSWORD });
        let session = works.insist(&post("/v1/sessions", session)).await?;
        let access = session["access_token"].as_str().context("a token")?;
        let scopes = ["read", "jobs:write", "payments:write", "servers:write"];
        let key = json!({ "label": "proof", "scopes": scopes });
        let key = works.insist(&post("/v1/keys", key).by(access)).await?;
        let key = key["key"].as_str().context("a key is shown once")?;
        Ok(Self {
            key: key.to_owned(),
        })
    }

    pub async fn get(&self, works: &Works, path: &str) -> Result<Value> {
        works
            .insist(&Ask::new(Method::GET, path, "").by(&self.key))
            .await
    }

    /// Done once under the key, whatever happens to the server meanwhile.
    pub async fn post(&self, works: &Works, path: &str, key: &str, body: Value) -> Result<Value> {
        let ask = Ask::new(Method::POST, path, "").by(&self.key);
        works.insist(&ask.under(key).with(body)).await
    }

    pub async fn patch(&self, works: &Works, path: &str, body: Value) -> Result<Value> {
        works
            .insist(&Ask::new(Method::PATCH, path, "").by(&self.key).with(body))
            .await
    }

    /// What may come too late: nobody minds that.
    pub async fn try_post(&self, works: &Works, path: &str) -> Result<()> {
        self.attempt(works, Ask::new(Method::POST, path, "")).await
    }

    /// The same with a body.
    pub async fn try_patch(&self, works: &Works, path: &str, body: Value) -> Result<()> {
        self.attempt(works, Ask::new(Method::PATCH, path, "").with(body))
            .await
    }

    async fn attempt(&self, works: &Works, ask: Ask) -> Result<()> {
        let what = format!("{} {}", ask.method, ask.path);
        let reply = works.client.send(ask.by(&self.key)).await?;
        let fine = reply.status.is_success() || reply.status == StatusCode::CONFLICT;
        ensure!(fine, "{what}: {} {:?}", reply.status, reply.json());
        Ok(())
    }

    /// A file becomes a dataset.
    pub async fn bring(
        &self,
        works: &Works,
        name: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<String> {
        let path = format!("/v1/datasets?name={name}");
        let ask = Ask::new(Method::POST, path, "").by(&self.key);
        let kind = "application/octet-stream";
        let ask = ask.under(name).carrying(kind, bytes);
        let dataset = works.insist(&ask).await?;
        let id = dataset["dataset"].as_str().context("a dataset has an id")?;
        Ok(id.to_owned())
    }

    /// Orders a job, pays for it by card, and returns when it is done.
    pub async fn train(&self, works: &Works, order: Value) -> Result<String> {
        let placed = self.post(works, "/train", "order", order).await?;
        let job = placed["id"].as_str().context("a job has an id")?;
        let checkout = placed["checkout_url"].as_str().context("a checkout")?;
        works.pay_by_card(checkout).await?;
        let path = format!("/tasks/{job}/status");
        until("a job is done", TRAINING, async || {
            let now = self.get(works, &path).await?;
            ensure!(now["status"] != "error", "the job came to nothing: {now}");
            Ok(now["status"] == "done")
        })
        .await?;
        Ok(job.to_owned())
    }

    /// What was trained, by a link that expires.
    pub async fn download(&self, works: &Works, job: &str) -> Result<Bytes> {
        let link = self.get(works, &format!("/models/{job}/download")).await?;
        let url = link["url"].as_str().context("a link has a url")?;
        let path = url.strip_prefix(&works.url());
        let path = path.context("files are served by the server itself")?;
        let reply = works.client.send(Ask::new(Method::GET, path, "")).await?;
        ensure!(reply.status.is_success(), "{}", reply.status);
        Ok(reply.body)
    }

    /// Puts money into the wallet, and returns when it is there.
    pub async fn top_up(&self, works: &Works, amount: &str) -> Result<()> {
        let body = json!({ "amount": { "amount": amount, "currency": "USD" } });
        let opened = self
            .post(works, "/v1/wallet/top-ups", "top-up", body)
            .await?;
        let checkout = opened["checkout_url"].as_str().context("a checkout")?;
        works.pay_by_card(checkout).await?;
        let payment = opened["payment"].as_str().context("a payment")?;
        let path = format!("/v1/payments/{payment}");
        until("the top-up is credited", PATIENCE, async || {
            let shown = self.get(works, &path).await?;
            Ok(shown["status"] == "paid")
        })
        .await
    }
}

/// Looks until it is so.
pub async fn until(
    what: &str,
    at_most: Duration,
    mut is_so: impl AsyncFnMut() -> Result<bool>,
) -> Result<()> {
    let looking = async {
        while !is_so().await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    };
    match tokio::time::timeout(at_most, looking).await {
        Ok(looked) => looked,
        Err(_) => bail!("it never came to be that {what}"),
    }
}

/// The code in the newest mail to somebody, as they would read it.
async fn code(works: &Works, email: &str) -> Result<String> {
    let mut found = None;
    until("a mail comes", PATIENCE, async || {
        let page = |path: String| works.client.send(Ask::new(Method::GET, path, ""));
        let outbox = page("/dev/outbox".to_owned()).await?;
        let outbox = String::from_utf8_lossy(&outbox.body).into_owned();
        let Some(path) = newest(&outbox, email) else {
            return Ok(false);
        };
        let mail = page(path).await?;
        found = digits(&String::from_utf8_lossy(&mail.body));
        Ok(found.is_some())
    })
    .await?;
    found.context("a mail has a code")
}

/// Where the newest mail to somebody is shown, if any is.
fn newest(outbox: &str, email: &str) -> Option<String> {
    let until = outbox.find(email)?;
    let link = outbox[..until].rfind("/dev/outbox/")?;
    Some(outbox[link..until].split('"').next()?.to_owned())
}

/// The first word of six digits.
fn digits(text: &str) -> Option<String> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric())
        .find(|word| word.len() == CODE_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
}
