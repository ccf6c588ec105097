//! Machines over real HTTP, and units for them that take no time.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use domain::objects::{Object, ObjectCommand, ObjectId, ObjectKind, Opened, Under};
use domain::users::{Digest, UserId};
use domain::work::{
    Isolation, Needs, OrderReference, Spec, Terms, Unit, UnitCommand, UnitId, Want,
};
use futures::{StreamExt as _, stream};
use hyper::{Method, StatusCode};
use ledger::{BasisPoints, Currency, Money};
use serde_json::{Value, json};
use store::{Commands, Context, ids};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::Task;
use crate::town::{Ask, Town, address};

/// So many commands are under way at once while the queue is being filled.
const AT_ONCE: usize = 2_048;
/// A machine says that it is there well before it would count as gone.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_mins(10);
/// Machines on which it is measured how long units take to come.
const TIMED_MACHINES: usize = 16;

/// Which units a machine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Timed,
}

impl Kind {
    const fn runtime(self) -> &'static str {
        match self {
            Self::Plain => "tabular",
            Self::Timed => "mobilenet_v2",
        }
    }
}

/// A machine, as its program would speak for it.
#[derive(Clone, Debug)]
pub struct Robot {
    secret: String,
    from: String,
    kind: Kind,
}

pub struct Field {
    town: Town,
    robots: Vec<Robot>,
    units: Commands<Unit>,
    objects: Commands<Object>,
    customers: Vec<UserId>,
    one_more: mpsc::UnboundedSender<(UnitId, Kind)>,
    alive: JoinHandle<()>,
    dispatching: JoinHandle<()>,
}

impl Field {
    /// With so many machines that ask for plain units.
    pub async fn lay_out(town: Town, pullers: usize) -> Result<Self> {
        let dispatcher = town.product.work.dispatcher().clone();
        let dispatching = tokio::spawn(async move { match dispatcher.run().await {} });
        let provider = town.newcomer("provider@example.com", &address(1)).await?;
        let accept = Ask::new(Method::POST, "/v1/me/provider", &provider.from)
            .by(&provider.access)
            .with(json!({ "accept": true }));
        let accepted = town.client.send(accept).await?;
        ensure!(accepted.status.is_success(), "{}", accepted.status);
        let mut robots = Vec::new();
        for number in 0..pullers + TIMED_MACHINES {
            let kind = if number < pullers {
                Kind::Plain
            } else {
                Kind::Timed
            };
            let ask = Ask::new(Method::POST, "/v1/machines/tokens", &provider.from)
                .by(&provider.access)
                .with(json!({}));
            let token = town.client.send(ask).await?.text("token")?;
            robots.push(enrol(&town, &token, number, kind).await?);
        }
        let head = town.log.head().await?.position;
        town.caught_up("servers", head).await?;
        let units = Commands::new(town.log.clone());
        let (one_more, coming) = mpsc::unbounded_channel();
        tokio::spawn(bring(units.clone(), coming));
        let field = Self {
            objects: Commands::new(town.log.clone()),
            units,
            customers: (1..=4)
                .map(|number| UserId::new(Uuid::from_u128(number)))
                .collect(),
            alive: tokio::spawn(say_alive(town.client.address(), robots.clone())),
            one_more,
            robots,
            town,
            dispatching,
        };
        Ok(field)
    }

    pub fn robots(&self, kind: Kind) -> Vec<Robot> {
        let of = |robot: &&Robot| robot.kind == kind;
        self.robots.iter().filter(of).cloned().collect()
    }

    /// So many units for these machines, and waits until they are all in the queue.
    pub async fn enqueue(&self, count: usize, kind: Kind) -> Result<()> {
        let brought = stream::iter(0..count)
            .map(|number| self.bring_one(UnitId::new(ids::fresh()), number, kind))
            .buffer_unordered(AT_ONCE);
        self.settle(brought).await
    }

    /// The same, each with what a machine will hand in.
    pub async fn enqueue_with_results(&self, count: usize) -> Result<()> {
        let brought = stream::iter(0..count)
            .map(|number| async move {
                let unit = UnitId::new(ids::fresh());
                self.result_of(unit, self.customer(number)).await?;
                self.bring_one(unit, number, Kind::Plain).await
            })
            .buffer_unordered(AT_ONCE);
        self.settle(brought).await
    }

    async fn settle(&self, brought: impl stream::Stream<Item = Result<i64>>) -> Result<()> {
        let mut last = 0;
        let mut brought = std::pin::pin!(brought);
        while let Some(position) = brought.next().await {
            last = last.max(position?);
        }
        let dispatcher = self.town.product.work.dispatcher();
        ensure!(
            dispatcher.wait_for(last, PATIENCE).await,
            "the queue is far behind"
        );
        self.town.caught_up("work", last).await
    }

    fn customer(&self, number: usize) -> UserId {
        self.customers[number % self.customers.len()]
    }

    async fn bring_one(&self, unit: UnitId, number: usize, kind: Kind) -> Result<i64> {
        let command = enqueued(self.customer(number), kind, &self.units);
        let begun = self
            .units
            .begin(&unit.to_string(), command, &Context::by("bench"))
            .await?;
        Ok(begun.position)
    }

    /// What stands in the log once a machine has brought a file; the bytes are of no interest here.
    async fn result_of(&self, unit: UnitId, owner: UserId) -> Result<()> {
        let object = artifact_of(&unit.to_string());
        let at = self.town.log.clock().now();
        let open = ObjectCommand::Open(Opened {
            owner,
            kind: ObjectKind::Artifact,
            bytes: 1,
            part_bytes: 1,
            sha256: None,
            under: Some(Under::try_new(format!("{unit}/1"))?),
            expires_at: at + chrono::TimeDelta::hours(1),
            at,
        });
        let context = Context::by("bench");
        let stream = object.to_string();
        self.objects.begin(&stream, open, &context).await?;
        let store = ObjectCommand::Store {
            bytes: 1,
            sha256: Digest::new([0; 32]),
            at,
        };
        self.objects.execute(&stream, store, &context).await?;
        Ok(())
    }

    /// Brings one more unit without waiting for anything.
    pub fn one_more(&self, kind: Kind) -> Result<UnitId> {
        let unit = UnitId::new(ids::fresh());
        let sent = self.one_more.send((unit, kind));
        sent.ok().context("nobody brings units any more")?;
        Ok(unit)
    }

    pub async fn pull(&self, robot: &Robot, wait_seconds: u64) -> Result<Option<Task>> {
        let body = json!({ "wait_seconds": wait_seconds });
        let reply = self.say(robot, "/tasks/pull".to_owned(), body).await?;
        if reply.status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&reply.body);
        ensure!(reply.status.is_success(), "{}: {text}", reply.status);
        let task = reply.json()?;
        Ok(Some(Task {
            unit: task["task"].as_str().context("no task")?.to_owned(),
            fence: task["fence"].as_u64().context("no fence")?,
        }))
    }

    pub async fn complete(&self, robot: &Robot, task: &Task) -> Result<()> {
        let body = json!({
            "fence": task.fence, "trained_seconds": 0, "step": 1,
            "artifact": artifact_of(&task.unit).to_string(),
        });
        let route = format!("/tasks/{}/complete", task.unit);
        let reply = self.say(robot, route, body).await?;
        let text = String::from_utf8_lossy(&reply.body);
        ensure!(reply.status.is_success(), "{}: {text}", reply.status);
        Ok(())
    }

    /// Has a unit stopped that nobody needs any more.
    pub async fn let_go(&self, robot: &Robot, task: &Task) -> Result<()> {
        let ask = UnitCommand::Ask {
            want: Want::Cancel,
            at: self.town.log.clock().now(),
        };
        let context = Context::by("bench");
        self.units.execute(&task.unit, ask, &context).await?;
        let body = json!({ "fence": task.fence, "because": "cancelled", "trained_seconds": 0 });
        let route = format!("/tasks/{}/release", task.unit);
        let reply = self.say(robot, route, body).await?;
        ensure!(reply.status.is_success(), "{}", reply.status);
        Ok(())
    }

    async fn say(&self, robot: &Robot, path: String, body: Value) -> Result<crate::town::Reply> {
        let ask = Ask::new(Method::POST, path, &robot.from)
            .by(&robot.secret)
            .with(body);
        self.town.client.send(ask).await
    }

    pub async fn close(self) -> Result<()> {
        self.alive.abort();
        self.dispatching.abort();
        self.town.close().await
    }
}

/// The file that stands for what comes of a unit.
fn artifact_of(unit: &str) -> ObjectId {
    ObjectId::new(ids::derived("bench", unit))
}

async fn bring(units: Commands<Unit>, mut coming: mpsc::UnboundedReceiver<(UnitId, Kind)>) {
    while let Some((unit, kind)) = coming.recv().await {
        let units = units.clone();
        tokio::spawn(async move {
            let customer = UserId::new(Uuid::from_u128(1));
            let command = enqueued(customer, kind, &units);
            let begun = units
                .begin(&unit.to_string(), command, &Context::by("bench"))
                .await;
            if let Err(error) = begun {
                tracing::error!(%error, "a unit was not enqueued");
            }
        });
    }
}

fn enqueued(customer: UserId, kind: Kind, units: &Commands<Unit>) -> UnitCommand {
    let terms = Terms {
        order: OrderReference::try_new("bench").expect("it is visible text"),
        customer,
        needs: Needs {
            runtime: kind.runtime().to_owned(),
            isolation: Isolation::Any,
            gpu_memory_bytes: 0,
            gpu_models: vec![],
            memory_bytes: 0,
            regions: vec![],
            verified: false,
            rate_max: None,
        },
        budget: Money::from_minor(1_000_000, Currency::Usd),
        weight: 1,
        seconds_expected: 1,
        spec: Spec::try_new(json!({ "model_type": kind.runtime() })).expect("it is small"),
        inputs: vec![],
        checkpoint: None,
        commission_basis_points: BasisPoints::try_new(1_000).expect("it is a tenth"),
    };
    UnitCommand::Enqueue {
        terms: Arc::new(terms),
        at: units.log().clock().now(),
    }
}

async fn enrol(town: &Town, token: &str, number: usize, kind: Kind) -> Result<Robot> {
    let from = address(10_000 + number);
    let body = json!({
        "token": token, "name": format!("robot {number}"),
        "hardware": {
            "os": "Debian 13", "cpu_model": "EPYC", "cpu_cores": 2, "memory_bytes": 1_u64 << 34,
            "disk_bytes": 1_u64 << 40, "gpus": []
        },
        "isolation": ["process"], "runtimes": [kind.runtime()], "agent_version": "0.1.0"
    });
    let ask = Ask::new(Method::POST, "/v1/machines/enrol", &from).with(body);
    let reply = town.client.send(ask).await?;
    ensure!(
        reply.status == StatusCode::CREATED,
        "{}: {:?}",
        reply.status,
        reply.json()
    );
    let robot = Robot {
        secret: reply.text("secret")?,
        from,
        kind,
    };
    say_hello(&town.client, &robot).await?;
    Ok(robot)
}

async fn say_hello(client: &crate::town::Client, robot: &Robot) -> Result<()> {
    let body = json!({ "load": { "gpus": [] } });
    let ask = Ask::new(Method::POST, "/v1/machines/heartbeat", &robot.from)
        .by(&robot.secret)
        .with(body);
    let reply = client.send(ask).await?;
    ensure!(reply.status.is_success(), "{}", reply.status);
    Ok(())
}

async fn say_alive(server: std::net::SocketAddr, robots: Vec<Robot>) {
    let client = crate::town::Client::to(server);
    loop {
        for robot in &robots {
            if let Err(error) = say_hello(&client, robot).await {
                tracing::warn!(%error, "a machine was not heard");
            }
        }
        tokio::time::sleep(SIGN_OF_LIFE).await;
    }
}
