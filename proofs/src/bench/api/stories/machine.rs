//! What a machine's program says while it works on a unit.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::scene::Lane;
use super::super::walker::{Step, Walker, text, token};

const SAVED: &[u8] = b"saved";
/// SHA-256 of [`SAVED`].
const SAVED_SHA256: &str = "d81c55f49c5bb0d36bc11e3966ec4efab66f8dfefbbc1761161ca9d230e5466a";
/// A unit is there well before a machine has asked so often.
const PULLS_MAX: u32 = 100;
const REST: Duration = Duration::from_millis(20);
const STEPS: u64 = 1_000;

/// A unit that a machine has.
#[derive(Debug)]
pub struct Lease {
    unit: String,
    fence: u64,
    since: Instant,
    step: u64,
    input: String,
}

/// What a machine says of itself when it joins.
pub fn joining(token: &str, number: usize, runtime: &str) -> Value {
    json!({
        "token": token, "name": format!("machine {number}"),
        "hardware": {
            "os": "Debian 13", "cpu_model": "EPYC", "cpu_cores": 2,
            "memory_bytes": 1_u64 << 36, "disk_bytes": 1_u64 << 40, "gpus": []
        },
        "isolation": ["process"], "runtimes": [runtime], "agent_version": "0.1.0"
    })
}

pub async fn hello(walker: &mut Walker, lane: &Lane) -> Result<()> {
    let step = Step::at("POST /v1/machines/heartbeat", &[]).by(&lane.who);
    let load = json!({ "load": { "cpu_percent": 12.5, "gpus": [] } });
    walker.ask(step.with(load)).await.map(drop)
}

/// Asks for work until there is some, and expects that it is this.
pub async fn pull(walker: &mut Walker, lane: &Lane, unit: &str) -> Result<Lease> {
    for _ in 0..PULLS_MAX {
        let step = Step::at("POST /tasks/pull", &[]).by(&lane.who);
        let reply = walker.ask(step.with(json!({ "wait_seconds": 0 }))).await?;
        if reply.status == StatusCode::NO_CONTENT {
            tokio::time::sleep(REST).await;
            continue;
        }
        let task = reply.json()?;
        ensure!(
            task["task"] == unit,
            "{unit} was expected, and came: {task}"
        );
        return Ok(Lease {
            unit: unit.to_owned(),
            fence: task["fence"].as_u64().context("a fence")?,
            since: Instant::now(),
            step: task["checkpoint"]["step"].as_u64().unwrap_or(0),
            input: text(&task["inputs"][0], "url")?,
        });
    }
    bail!("{unit} never came to its machine")
}

impl Lease {
    fn trained(&self) -> u64 {
        self.since.elapsed().as_secs()
    }

    fn at(&self, lane: &Lane, route: &'static str) -> Step {
        Step::at(route, &[&self.unit]).by(&lane.who)
    }

    /// Begins: says so, and fetches what it needs.
    pub async fn begin(&self, walker: &mut Walker, lane: &Lane) -> Result<()> {
        let body = json!({ "fence": self.fence, "phase": "fetching" });
        let beat = self.at(lane, "POST /tasks/{unit}/heartbeat").with(body);
        walker.ask(beat).await?;
        let input = Step::at("GET /files/{token}", &[token(&self.input)?]);
        walker.ask(input.from(&lane.who.from)).await?;
        Ok(())
    }

    /// Until it is told to save its work.
    pub async fn told_to_pause(&self, walker: &mut Walker, lane: &Lane) -> Result<()> {
        let body = json!({ "fence": self.fence, "phase": "training" });
        let beat = self.at(lane, "POST /tasks/{unit}/heartbeat").with(body);
        let told = walker.until(beat, |told| told["desired"] == "pause");
        told.await.map(drop)
    }

    /// Says how far it has come.
    pub async fn progress(&mut self, walker: &mut Walker, lane: &Lane) -> Result<()> {
        self.say(walker, lane, Value::Null).await
    }

    /// Saves, and says so.
    pub async fn save(&mut self, walker: &mut Walker, lane: &Lane) -> Result<()> {
        let object = self.bring(walker, lane, "checkpoint").await?;
        let (step, trained) = (self.step + 1, self.trained());
        let saved = json!({ "object": object, "step": step, "trained_seconds": trained });
        self.say(walker, lane, saved).await
    }

    async fn say(&mut self, walker: &mut Walker, lane: &Lane, saved: Value) -> Result<()> {
        self.step += 1;
        let at = walker.scene.town.log.clock().now().to_rfc3339();
        let way = if saved.is_null() { "" } else { ", saved" };
        let body = json!({
            "fence": self.fence, "trained_seconds": self.trained(), "step": self.step,
            "steps_total": STEPS, "epoch": 0, "metrics": { "loss": "0.123" }, "eta_seconds": 60,
            "logs": [{ "at": at, "level": "info", "text": "one more step" }], "checkpoint": saved,
        });
        let step = self.at(lane, "POST /tasks/{unit}/progress");
        walker.ask(step.with(body).noted(way)).await.map(drop)
    }

    /// A file of a few bytes, in one part.
    async fn bring(&self, walker: &mut Walker, lane: &Lane, kind: &str) -> Result<String> {
        let body = json!({
            "fence": self.fence, "kind": kind, "name": format!("{kind}-{}", self.step),
            "bytes": SAVED.len(), "sha256": SAVED_SHA256,
        });
        let open = self.at(lane, "POST /tasks/{unit}/uploads").with(body);
        let opened = walker.read(open).await?;
        let object = text(&opened, "object")?;
        let part = text(&opened["parts"][0], "url")?;
        let part = Step::at("PUT /files/{token}", &[token(&part)?]);
        walker.ask(part.from(&lane.who.from).bytes(SAVED)).await?;
        let complete = "POST /tasks/{unit}/uploads/{object}/complete";
        let complete = Step::at(complete, &[&self.unit, &object]).by(&lane.who);
        walker
            .ask(complete.with(json!({ "fence": self.fence })))
            .await?;
        Ok(object)
    }

    pub async fn complete(mut self, walker: &mut Walker, lane: &Lane) -> Result<()> {
        self.step += 1;
        let artifact = self.bring(walker, lane, "artifact").await?;
        let body = json!({
            "fence": self.fence, "trained_seconds": self.trained(), "step": self.step,
            "artifact": artifact, "metrics": { "loss": "0.1", "accuracy": "0.97" },
        });
        let step = self.at(lane, "POST /tasks/{unit}/complete");
        walker.ask(step.with(body)).await.map(drop)
    }

    pub async fn release(self, walker: &mut Walker, lane: &Lane) -> Result<()> {
        let trained = self.trained();
        let body = json!({ "fence": self.fence, "because": "paused", "trained_seconds": trained });
        let step = self.at(lane, "POST /tasks/{unit}/release");
        walker.ask(step.with(body)).await.map(drop)
    }

    /// Nothing can be trained on this.
    pub async fn fail(self, walker: &mut Walker, lane: &Lane) -> Result<()> {
        let body = json!({
            "fence": self.fence, "cause": "bad-data", "detail": "The column label is empty.",
            "trained_seconds": 0,
        });
        let step = self.at(lane, "POST /tasks/{unit}/fail");
        walker.ask(step.with(body)).await.map(drop)
    }
}
