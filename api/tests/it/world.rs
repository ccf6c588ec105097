//! What every test here stands on: a log, an engine, and the API served over loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ::objects::{Settings as ObjectSettings, Shelf};
use api::{
    Api, App, Binding, Outside, Product, Routes, Secrets, Server, Settings, Users, Variables,
};
use axum::http::{Request, request};
use domain::demonstration::{Deposit, DepositCommand, Receipt, User};
use ledger::{Currency, Money, Name};
use projections::books::Books;
use projections::streams::Streams;
use projections::{Engine, Projections};
use store::{Catalogue, Commands, Context, Log, Options};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use workbench::TestDatabase;

use crate::client::{self, Reply};
use crate::probe::{self, Gate};

pub struct World {
    pub log: Log,
    pub engine: Engine,
    pub address: SocketAddr,
    pub gate: Gate,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
    _database: TestDatabase,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With settings of one's own.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let gate = Gate::closed();
        Self::serving(change, probe::routes(gate.clone()), gate, (false, None)).await
    }

    /// With nothing but what the product serves.
    pub async fn of_the_product() -> Self {
        Self::of_the_product_and(Routes::new()).await
    }

    /// With what the product serves, and something that it should not.
    pub async fn of_the_product_and(slices: Routes) -> Self {
        Self::serving(|_| {}, slices, Gate::closed(), (true, None)).await
    }

    /// With what the product serves, and the web app beside it.
    pub async fn with_app(app: App) -> Self {
        let product = (true, Some(app));
        Self::serving(|_| {}, Routes::new(), Gate::closed(), product).await
    }

    async fn serving(
        change: impl FnOnce(&mut Settings),
        slices: Routes,
        gate: Gate,
        (with_the_product, app): (bool, Option<App>),
    ) -> Self {
        let mut settings = Settings::try_new(&Variables::default()).unwrap();
        settings.listen = (Ipv4Addr::LOCALHOST, 0).into();
        change(&mut settings);
        let database = workbench::database().await;
        let log = Log::open(database.options.clone(), Options::default())
            .await
            .unwrap();
        let engine = Engine::open(
            log.clone(),
            Arc::new(Catalogue::new().with::<Deposit>()),
            Projections::none().with::<Books>().with::<Streams>(),
            projections::Settings::default(),
        )
        .await
        .unwrap();
        let server = Server::bind(&settings).await.unwrap();
        let address = server.address();
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::open(&folder.path().join("secrets")).unwrap();
        let users = Users::new(&log, secrets, Binding::Strict, 1);
        let slices = if with_the_product {
            let kept = ObjectSettings::try_new(|_| None, folder.path()).unwrap();
            let outside = Outside {
                base: format!("http://{address}"),
                shelf: Shelf::open(&kept.place).unwrap(),
                kept,
                webhook_secret: None,
            };
            Product::new(&log, users, &settings, outside).routes(slices)
        } else {
            users.around(slices)
        };
        let api = Api::new(log.clone(), engine.clone(), settings);
        let router = match app {
            Some(app) => api.serve_with(slices, app),
            None => api.serve(slices),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(router, async { drop(stopped.await) }));
        Self {
            log,
            engine,
            address,
            gate,
            stop: Some(stop),
            serving,
            _database: database,
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path)).await
    }

    pub async fn send(&self, request: request::Builder) -> Reply {
        client::send(self.address, request, "").await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &str) -> Reply {
        let request = Request::post(path).header("content-type", "application/json");
        client::send(self.address, request, body.to_owned())
            .await
            .unwrap()
    }

    /// Sends a request that waits inside, and returns when it is there.
    pub async fn slow(&self) -> JoinHandle<Reply> {
        let address = self.address;
        let request = Request::get("/v1/probe/slow");
        let asked = tokio::spawn(async move { client::send(address, request, "").await.unwrap() });
        self.gate.entered().await;
        asked
    }

    /// Tells the server to end.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Until the server has ended.
    pub async fn ended(&mut self) {
        (&mut self.serving).await.unwrap();
    }

    /// Records one event, and says where.
    pub async fn deposit(&self, id: &str) -> i64 {
        let usd = |amount| Money::parse(amount, Currency::Usd).unwrap();
        let receipt = Receipt {
            customer: User::try_new("customer").unwrap(),
            amount: usd("10"),
            fee: usd("0"),
            stripe_event: Name::parse(&format!("stripe-event/{id}")).unwrap(),
        };
        let deposits = Commands::<Deposit>::new(self.log.clone());
        let command = DepositCommand::Receive(receipt);
        let committed = deposits.begin(id, command, &Context::by("stripe")).await;
        committed.unwrap().position
    }
}
