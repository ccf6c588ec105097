//! A machine that speaks as an agent does and trains nothing: everything may go wrong with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::dice::Dice;
use crate::town::{Ask, Reply};
use crate::works::{Customer, Works};

const PULL_SECONDS: u64 = 5;
const PART: &[u8] = b"saved";
/// SHA-256 of [`PART`].
const PART_SHA256: &str = "d81c55f49c5bb0d36bc11e3966ec4efab66f8dfefbbc1761161ca9d230e5466a";
/// So long after its last word a machine counts as gone.
const LEASE: Duration = Duration::from_secs(22);

#[derive(Debug)]
pub struct Robot {
    secret: String,
    dice: Dice,
}

/// How often each thing went wrong.
#[derive(Debug, Default)]
pub struct Mishaps {
    pub leases: AtomicU64,
    pub vanished: AtomicU64,
    pub failed: AtomicU64,
    pub let_go: AtomicU64,
}

/// What a machine was given, and when.
struct Task {
    unit: String,
    fence: u64,
    seconds_max: u64,
    step: u64,
    since: Instant,
}

impl Robot {
    /// Joins at the highest price there is, so that budgets end while somebody watches.
    pub async fn join(works: &Works, provider: &Customer, number: usize) -> Result<Self> {
        let key = format!("token-{number}");
        let token = provider
            .post(works, "/v1/machines/tokens", &key, json!({}))
            .await?;
        let body = json!({
            "token": token["token"], "name": format!("robot {number}"),
            "hardware": {
                "os": "Debian 13", "cpu_model": "EPYC", "cpu_cores": 2,
                "memory_bytes": 1_u64 << 36, "disk_bytes": 1_u64 << 40, "gpus": []
            },
            "isolation": ["process"], "runtimes": ["tabular"], "agent_version": "0.1.0"
        });
        let enrol = Ask::new(Method::POST, "/v1/machines/enrol", "").with(body);
        let enrolled = works.insist(&enrol).await?;
        let text = |name: &str| enrolled[name].as_str().context("an answer has it");
        let price = json!({ "price_per_hour": { "amount": "1000.00", "currency": "USD" } });
        let path = format!("/v1/machines/{}", text("machine")?);
        provider.patch(works, &path, price).await?;
        let robot = Self {
            secret: text("secret")?.to_owned(),
            dice: Dice::seeded(u64::try_from(number)? + 1),
        };
        robot.hello(works).await?;
        Ok(robot)
    }

    async fn say(&self, works: &Works, path: &str, body: Value) -> Result<Reply> {
        let ask = Ask::new(Method::POST, path, "").by(&self.secret).with(body);
        works.client.send(ask).await
    }

    async fn hello(&self, works: &Works) -> Result<()> {
        let load = json!({ "load": { "gpus": [] } });
        let reply = self.say(works, "/v1/machines/heartbeat", load).await?;
        ensure!(reply.status.is_success(), "{}", reply.status);
        Ok(())
    }

    /// Works until it is dropped.
    pub async fn work(mut self, works: &Works, mishaps: &Mishaps) -> Result<()> {
        loop {
            self.hello(works).await?;
            let wait = json!({ "wait_seconds": PULL_SECONDS });
            let reply = self.say(works, "/tasks/pull", wait).await?;
            if reply.status != StatusCode::OK {
                ensure!(
                    reply.status == StatusCode::NO_CONTENT,
                    "a machine asks for work and gets {}: {:?}",
                    reply.status,
                    reply.json()
                );
                continue;
            }
            let given = reply.json()?;
            let number = |value: &Value| value.as_u64().context("a number");
            let task = Task {
                unit: given["task"].as_str().context("a unit")?.to_owned(),
                fence: number(&given["fence"])?,
                seconds_max: number(&given["seconds_max"])?,
                step: given["checkpoint"]["step"].as_u64().unwrap_or_default(),
                since: Instant::now(),
            };
            mishaps.leases.fetch_add(1, Ordering::Relaxed);
            self.perform(works, task, mishaps).await?;
        }
    }

    async fn perform(&mut self, works: &Works, mut task: Task, mishaps: &Mishaps) -> Result<()> {
        for _ in 0..self.dice.below(4) {
            let moment = Duration::from_millis(u64::try_from(200 + self.dice.below(1_500))?);
            tokio::time::sleep(moment).await;
            // Some machines claim more than they can have done.
            let claimed = task.since.elapsed().as_secs() * [1, 1, 1, 3][self.dice.below(4)];
            task.step += 1;
            let Some(object) = self.bring(works, &task, "checkpoint").await? else {
                return Ok(());
            };
            let said = json!({
                "fence": task.fence, "trained_seconds": claimed, "step": task.step,
                "steps_total": 1_000, "epoch": 0,
                "checkpoint": { "object": object, "step": task.step, "trained_seconds": claimed },
            });
            let Some(told) = self.tell(works, &task, "progress", said).await? else {
                return Ok(());
            };
            task.seconds_max = told["seconds_max"].as_u64().unwrap_or_default();
            let desired = told["desired"].as_str().unwrap_or_default();
            if desired != "run" {
                let because = if desired == "pause" {
                    "paused"
                } else {
                    "cancelled"
                };
                return self.release(works, &task, because).await;
            }
            if claimed + 1 >= task.seconds_max {
                return self.release(works, &task, "allowance").await;
            }
        }
        self.end(works, &task, mishaps).await
    }

    async fn end(&mut self, works: &Works, task: &Task, mishaps: &Mishaps) -> Result<()> {
        let trained = task.since.elapsed().as_secs();
        let failing = |cause: &str| json!({ "fence": task.fence, "cause": cause, "detail": "", "trained_seconds": trained });
        let cause = match self.dice.below(100) {
            0..=9 => "trainer",
            10..=15 => "machine",
            16..=21 => "out-of-memory",
            22..=27 => "bad-data",
            28..=31 => "network",
            32..=37 => {
                mishaps.let_go.fetch_add(1, Ordering::Relaxed);
                return self.release(works, task, "draining").await;
            }
            38..=45 => {
                mishaps.vanished.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(LEASE).await;
                // Back from the dead, it hands in what it has.
                let said = json!({ "fence": task.fence, "trained_seconds": trained,
                    "step": task.step, "artifact": "object_01936b1e-7c1a-7d3e-8f00-0123456789ab" });
                let late = self.tell(works, task, "complete", said).await?;
                ensure!(late.is_none(), "{}: a dead machine was heard", task.unit);
                return Ok(());
            }
            _ => {
                if let Some(artifact) = self.bring(works, task, "artifact").await? {
                    let said = json!({ "fence": task.fence, "trained_seconds": trained,
                        "step": task.step + 1, "artifact": artifact,
                        "metrics": { "loss": "0.1" } });
                    self.tell(works, task, "complete", said).await?;
                }
                return Ok(());
            }
        };
        mishaps.failed.fetch_add(1, Ordering::Relaxed);
        self.tell(works, task, "fail", failing(cause))
            .await
            .map(drop)
    }

    async fn release(&self, works: &Works, task: &Task, because: &str) -> Result<()> {
        let trained = task.since.elapsed().as_secs();
        let said = json!({ "fence": task.fence, "because": because, "trained_seconds": trained });
        self.tell(works, task, "release", said).await.map(drop)
    }

    /// A file of a few bytes; nothing if the unit is lost.
    async fn bring(&self, works: &Works, task: &Task, kind: &str) -> Result<Option<String>> {
        let said = json!({ "fence": task.fence, "kind": kind, "sha256": PART_SHA256,
            "name": format!("{kind}-{}", task.step), "bytes": PART.len() });
        let Some(opened) = self.tell(works, task, "uploads", said).await? else {
            return Ok(None);
        };
        let object = opened["object"].as_str().context("an object")?;
        if let Some(url) = opened["parts"][0]["url"].as_str() {
            let path = url.strip_prefix(&works.url()).context("a link of ours")?;
            let put = Ask::new(Method::PUT, path, "").carrying("application/octet-stream", PART);
            let reply = works.client.send(put).await?;
            ensure!(
                reply.status.is_success(),
                "{}: {:?}",
                reply.status,
                reply.json()
            );
        }
        let verb = format!("uploads/{object}/complete");
        let done = self
            .tell(works, task, &verb, json!({ "fence": task.fence }))
            .await?;
        Ok(done.map(|_| object.to_owned()))
    }

    /// What was answered; nothing if the unit is somebody else's now, or over.
    async fn tell(
        &self,
        works: &Works,
        task: &Task,
        verb: &str,
        said: Value,
    ) -> Result<Option<Value>> {
        let path = format!("/tasks/{}/{verb}", task.unit);
        let reply = self.say(works, &path, said).await?;
        if reply.status == StatusCode::CONFLICT {
            return Ok(None);
        }
        ensure!(
            reply.status.is_success(),
            "{path}: {} {:?}",
            reply.status,
            reply.json()
        );
        reply.json_or_nothing().map(Some)
    }
}
