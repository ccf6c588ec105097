//! Somebody who goes through stories: takes a ticket for each step, asks, and expects to be heard.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hyper::body::Bytes;
use serde_json::Value;
use tokio::time::Instant;

use super::pace::{Pace, Route};
use super::scene::Scene;
use crate::dice::Dice;
use crate::town::{Ask, Reply};

const LOOK_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);
const BYTES: &str = "application/octet-stream";

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub struct Who {
    pub from: String,
    pub token: String,
}

/// One request of a story.
#[derive(Clone, Debug)]
pub struct Step {
    route: Route,
    ask: Ask,
}

impl Step {
    /// A route as the document of the API spells it, with what stands at the place of each of its
    /// parameters.
    pub fn at(name: &'static str, named: &[&str]) -> Self {
        let (method, template) = name
            .split_once(' ')
            .expect("a route has a method and a path");
        let method = method.parse().expect("the method of a route is one");
        Self {
            route: Route { name, way: "" },
            ask: Ask::new(method, filled(template, named), ""),
        }
    }

    pub fn by(mut self, who: &Who) -> Self {
        self.ask.from.clone_from(&who.from);
        self.ask = self.ask.by(&who.token);
        self
    }

    /// Of somebody who shows nothing, or whom their cookies show.
    pub fn from(mut self, address: &str) -> Self {
        address.clone_into(&mut self.ask.from);
        self
    }

    pub fn with(mut self, body: Value) -> Self {
        self.ask = self.ask.with(body);
        self
    }

    pub fn bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.carrying(BYTES, bytes)
    }

    pub fn carrying(mut self, kind: &'static str, bytes: impl Into<Bytes>) -> Self {
        self.ask = self.ask.carrying(kind, bytes);
        self
    }

    pub fn asking(mut self, query: &str) -> Self {
        self.ask.path = format!("{}?{query}", self.ask.path);
        self
    }

    pub fn saying(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.ask = self.ask.saying(header, value);
        self
    }

    /// Done once, however often it is asked.
    pub fn once(mut self, key: &str) -> Self {
        self.ask = self.ask.under(key);
        self
    }

    /// Measured apart from the other ways in which this route is asked.
    pub const fn noted(mut self, way: &'static str) -> Self {
        self.route.way = way;
        self
    }
}

impl From<Step> for Ask {
    fn from(step: Step) -> Self {
        step.ask
    }
}

/// A path with names in the places of its parameters.
fn filled(template: &str, named: &[&str]) -> String {
    let mut named = named.iter();
    let mut fill = |segment: &str| {
        if segment.starts_with('{') {
            let name = named.next().expect("every parameter has a name");
            return (*name).to_owned();
        }
        segment.to_owned()
    };
    let path: Vec<String> = template.split('/').map(&mut fill).collect();
    assert!(named.next().is_none(), "{template} has no more parameters");
    path.join("/")
}

pub struct Walker {
    pub scene: Arc<Scene>,
    pub dice: Dice,
    /// Nothing while everything is being prepared.
    pace: Option<Arc<Pace>>,
    /// How far the log had come when this story last changed something: what follows sees it.
    seen: Option<String>,
}

impl Walker {
    pub const fn new(scene: Arc<Scene>, dice: Dice, pace: Option<Arc<Pace>>) -> Self {
        Self {
            scene,
            dice,
            pace,
            seen: None,
        }
    }

    /// Whatever was seen in another story.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    /// Asks when the next ticket is due; what is refused ends everything.
    pub async fn ask(&mut self, step: Step) -> Result<Reply> {
        let Step { route, ask } = step;
        let ask = ask.seeing(self.seen.clone());
        let due = match &self.pace {
            Some(pace) => pace.due().await?,
            None => Instant::now(),
        };
        let name = route.name;
        let reply = self.scene.town.client.send(ask).await.context(name)?;
        if let Some(pace) = &self.pace {
            pace.note(route, due);
        }
        let said = String::from_utf8_lossy(&reply.body);
        ensure!(reply.status.is_success(), "{name}: {} {said}", reply.status);
        if reply.position.is_some() {
            self.seen.clone_from(&reply.position);
        }
        Ok(reply)
    }

    /// The same, for whom the answer in JSON is what matters.
    pub async fn read(&mut self, step: Step) -> Result<Value> {
        let name = step.route.name;
        self.ask(step).await?.json_or_nothing().context(name)
    }

    /// Looks until it is so, at no ticket's expense; says what was seen then. What is not there
    /// yet may come to be.
    pub async fn until(&self, step: Step, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let (name, begin) = (step.route.name, Instant::now());
        let ask = step.ask.seeing(self.seen.clone());
        loop {
            let reply = self
                .scene
                .town
                .client
                .send(ask.clone())
                .await
                .context(name)?;
            let seen = reply.json_or_nothing().unwrap_or_default();
            if reply.status.is_success() && is_so(&seen) {
                return Ok(seen);
            }
            if begin.elapsed() > PATIENCE {
                bail!(
                    "{name}: what was waited for never came, but {} {seen}",
                    reply.status
                );
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// A text in an answer.
pub fn text(value: &Value, name: &str) -> Result<String> {
    let found = value[name].as_str().map(str::to_owned);
    found.with_context(|| format!("no {name} in {value}"))
}

/// What follows the last slash of a link of ours.
pub fn token(link: &str) -> Result<&str> {
    link.rsplit('/').next().context("a link leads somewhere")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_places_of_parameters() {
        assert_eq!(filled("/v1/me", &[]), "/v1/me");
        let path = filled("/tasks/{unit}/uploads/{object}/complete", &["a", "b"]);
        assert_eq!(path, "/tasks/a/uploads/b/complete");
    }

    #[test]
    #[should_panic(expected = "has no more parameters")]
    fn a_name_too_many_is_a_mistake() {
        filled("/v1/jobs/{job}", &["a", "b"]);
    }
}
