//! What every test here stands on: a log with a clock of its own, and servers that dispatch.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use dispatch::{Dispatcher, Fleet, Granted};
use domain::servers::{
    AgentVersion, Enrolled, Hardware, HourlyPrice, Isolation as Kind, Isolations, JoinTokenId,
    Machine, MachineCommand, MachineId, Runtime, Runtimes,
};
use domain::users::{Digest, Id, UserId};
use domain::work::{
    Checkpoint, Isolation, Metrics, Needs, OrderReference, Report, Spec, Terms, Unit, UnitCommand,
    UnitEvent, UnitId,
};
use ledger::{BasisPoints, Currency, Money};
use projections::{Engine, Projections};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use store::{Catalogue, Clock, Commands, Context, Log, Options, decode, ids};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;
use workbench::TestDatabase;

/// So long a test waits for what should be there at once.
pub const SOON: Duration = Duration::from_secs(20);
const START: i64 = 1_800_000_000;

pub fn id<K>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Usd)
}

/// Seconds since the beginning, moved by the test alone.
#[derive(Clone, Default)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::from_fn(move || hands.now())
    }

    pub fn now(&self) -> DateTime<Utc> {
        let seconds = START + self.0.load(Ordering::SeqCst);
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// One server of several.
pub struct Node {
    pub dispatcher: Dispatcher,
    pub log: Log,
    pub engine: Engine,
    work: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
    folding: Option<JoinHandle<()>>,
}

pub struct World {
    pub hands: Hands,
    options: PgConnectOptions,
    _database: TestDatabase,
}

impl World {
    pub async fn new() -> Self {
        let database = workbench::database().await;
        Self {
            hands: Hands::default(),
            options: database.options.clone(),
            _database: database,
        }
    }

    pub async fn node(&self) -> Node {
        let options = Options {
            clock: self.hands.clock(),
            ..Options::default()
        };
        let log = Log::open(self.options.clone(), options).await.unwrap();
        let catalogue = Catalogue::new().with::<Unit>().with::<Machine>();
        let projections = Projections::none()
            .with::<projections::work::Work>()
            .with::<projections::servers::Servers>();
        let settings = projections::Settings::default();
        let engine = Engine::open(log.clone(), Arc::new(catalogue), projections, settings);
        let engine = engine.await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let folding = engine.clone();
        let folding = tokio::spawn(async move { folding.run(async { drop(stopped.await) }).await });
        let dispatcher = Dispatcher::new(&log, Fleet::default());
        let working = dispatcher.clone();
        let work = tokio::spawn(async move { match working.run().await {} });
        Node {
            dispatcher,
            log,
            engine,
            work,
            stop: Some(stop),
            folding: Some(folding),
        }
    }
}

impl Node {
    /// As if it had been killed: nothing is said to anybody.
    pub async fn kill(mut self) {
        self.work.abort();
        drop(self.stop.take());
        if let Some(folding) = self.folding.take() {
            folding.await.unwrap();
        }
        self.log.close().await;
    }

    /// Somebody's machine that is there, with so many GPUs, at 0.36 USD an hour.
    pub async fn machine(&self, number: u128, gpus: usize) -> MachineId {
        let machine: MachineId = id(number);
        let gpu = |gpu| domain::servers::Gpu {
            model: "NVIDIA L4".to_owned(),
            uuid: format!("GPU-{gpu}"),
            memory_bytes: 24 << 30,
            driver: "570.86".to_owned(),
        };
        let at = self.log.clock().now();
        let enrolled = Enrolled {
            machine,
            provider: provider(number),
            token: JoinTokenId::new(Uuid::from_u128(9)),
            hardware: Hardware {
                os: "Debian 13".to_owned(),
                cpu_model: "EPYC".to_owned(),
                cpu_cores: 16,
                memory_bytes: 64 << 30,
                disk_bytes: 500 << 30,
                gpus: (0..gpus).map(gpu).collect(),
            },
            isolation: Isolations::one(Kind::Bubblewrap),
            runtimes: Runtimes::one(Runtime::try_new("tabular").unwrap()),
            agent_version: AgentVersion::try_new("0.1.0").unwrap(),
            secret: Digest::new([1; 32]),
            hourly: HourlyPrice::try_new(usd(360_000)).unwrap(),
            at,
        };
        let machines = Commands::<Machine>::new(self.log.clone());
        let command = MachineCommand::Enrol(Box::new(enrolled));
        let context = Context::by("test");
        let committed = machines
            .begin(&machine.to_string(), command, &context)
            .await;
        let position = committed.unwrap().position;
        self.engine
            .wait_for("servers", position, SOON)
            .await
            .unwrap();
        self.is_there(machine).await;
        machine
    }

    pub async fn is_there(&self, machine: MachineId) {
        let now = self.log.clock().now();
        let heard = projections::servers::heard(self.log.pool(), machine, &json!({}), now).await;
        heard.unwrap();
    }

    /// Another unit of this customer, for 0.01 USD.
    pub async fn enqueue(&self, customer: u128, order: &str) -> UnitId {
        self.enqueue_on(terms(customer, order)).await
    }

    pub async fn enqueue_on(&self, terms: Terms) -> UnitId {
        let unit = UnitId::new(ids::fresh());
        let at = self.log.clock().now();
        let command = UnitCommand::Enqueue {
            terms: Arc::new(terms),
            at,
        };
        let context = Context::by("test");
        let units = Commands::<Unit>::new(self.log.clone());
        let committed = units.begin(&unit.to_string(), command, &context).await;
        let position = committed.unwrap().position;
        assert!(self.dispatcher.wait_for(position, SOON).await);
        unit
    }

    pub async fn pull(&self, machine: MachineId) -> Granted {
        let granted = self.dispatcher.pull(machine, SOON).await.unwrap();
        granted.expect("there was work")
    }

    /// Nothing is there to be had at once.
    pub async fn pull_nothing(&self, machine: MachineId) -> bool {
        let granted = self.dispatcher.pull(machine, Duration::ZERO).await;
        granted.unwrap().is_none()
    }

    pub async fn complete(
        &self,
        granted: &Granted,
        trained_seconds: u64,
    ) -> Result<Unit, store::Refused<domain::work::UnitError>> {
        let report = Report::Complete {
            artifact: id(99),
            step: 100,
            trained_seconds,
            metrics: Metrics::default(),
        };
        self.report(granted, report).await
    }

    pub async fn progress(&self, granted: &Granted, step: u64, trained_seconds: u64) -> Unit {
        let report = Report::Progress {
            checkpoint: Checkpoint {
                object: id(u128::from(step)),
                step,
            },
            trained_seconds,
        };
        self.report(granted, report).await.unwrap()
    }

    pub async fn report(
        &self,
        granted: &Granted,
        report: Report,
    ) -> Result<Unit, store::Refused<domain::work::UnitError>> {
        let holding = &granted.lease.holding;
        let under = (holding.fence, holding.machine);
        let context = Context::by("test");
        let reported = self
            .dispatcher
            .report(granted.unit, under, report, &context)
            .await;
        reported.map(|(unit, _)| unit)
    }

    pub async fn unit(&self, unit: UnitId) -> Unit {
        let units = Commands::<Unit>::new(self.log.clone());
        units.look(&unit.to_string()).await.unwrap()
    }

    /// Everything that ever happened to units, in order.
    pub async fn history(&self) -> Vec<(String, UnitEvent)> {
        let events = self.log.read(0, i64::MAX / 2).await.unwrap();
        let units = events
            .into_iter()
            .filter(|it| it.aggregate_type == "work-unit");
        units
            .map(|it| (it.aggregate_id.clone(), decode(&it.as_ref(), &[]).unwrap()))
            .collect()
    }
}

pub fn provider(number: u128) -> UserId {
    id(0x1000 + number)
}

pub fn terms(customer: u128, order: &str) -> Terms {
    Terms {
        order: OrderReference::try_new(order).unwrap(),
        customer: id(customer),
        needs: Needs {
            runtime: "tabular".to_owned(),
            isolation: Isolation::Any,
            gpu_memory_bytes: 0,
            gpu_models: vec![],
            memory_bytes: 0,
            regions: vec![],
            verified: false,
            rate_max: None,
        },
        budget: usd(10_000),
        weight: 1,
        seconds_expected: 50,
        spec: Spec::try_new(json!({ "model_type": "tabular" })).unwrap(),
        inputs: vec![],
        checkpoint: None,
        commission_basis_points: BasisPoints::try_new(1_000).unwrap(),
    }
}
