//! From the wish to pay to the wallet, with every party a real server: the API, the worker, and a
//! stand-in for Stripe that tells everything three times.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use api::{Api, Opened, Order, Payments, Server, Settings, Variables};
use domain::payments::{Payment, PaymentId};
use domain::users::UserId;
use ledger::{Currency, Money};
use platform::payments::Settings as Charging;
use projections::payments::inbox;
use projections::{Engine, Projections};
use store::{Catalogue, Context, Log, Options, ids};
use stripe_sim::Simulator;

const KEY: &str = "sk_test_of_this_test";
const SECRET: &str = "whsec_of_this_test";
const PATIENCE: Duration = Duration::from_secs(20);

async fn engine(log: &Log) -> Engine {
    let catalogue = Catalogue::new().with::<Payment>();
    let projections = Projections::none().with::<projections::payments::Payments>();
    let settings = projections::Settings::default();
    let opened = Engine::open(log.clone(), Arc::new(catalogue), projections, settings);
    opened.await.unwrap()
}

#[tokio::test]
async fn what_is_paid_on_the_page_is_in_the_wallet_once_and_nobody_had_to_ask() {
    let database = workbench::database().await;
    let log = Log::open(database.options.clone(), Options::default())
        .await
        .unwrap();
    let engine = engine(&log).await;
    let folding = engine.clone();
    tokio::spawn(async move { folding.run(std::future::pending()).await });

    let mut settings = Settings::try_new(&Variables::default()).unwrap();
    settings.listen = (Ipv4Addr::LOCALHOST, 0).into();
    let server = Server::bind(&settings).await.unwrap();
    let url = server.url();
    let payments = Payments::new(&log, Some(SECRET.to_owned()));
    let router =
        Api::new(log.clone(), engine.clone(), settings).serve(payments.around(Payments::routes()));
    tokio::spawn(server.run(router, std::future::pending()));

    let any_port = (Ipv4Addr::LOCALHOST, 0).into();
    let simulated = stripe_sim::Settings::new(KEY);
    let stripe = Simulator::start(simulated, any_port).await.unwrap();
    stripe
        .simulator
        .tell(format!("{url}/webhook/stripe"), SECRET);
    stripe.simulator.switch(|it| it.duplicate = 2);
    let base = format!("{}/", stripe.url());
    let mut charging = Charging::new(KEY, SECRET, Some(base), &url);
    // Only webhooks are left to tell of anything.
    charging.poll_every = Duration::from_hours(1);
    let clock = log.clock().clone();
    let working =
        platform::payments::run(log.clone(), engine, charging, clock, std::future::pending());
    tokio::spawn(working);

    let (payment, ann) = (PaymentId::new(ids::fresh()), UserId::new(ids::fresh()));
    let amount = Money::parse("25", Currency::Usd).unwrap();
    let order = Order::try_new("job_1").unwrap();
    let context = Context::by(ann.to_string());
    let opened = payments.open(payment, ann, amount, Some(order), &context);
    let Opened { checkout_url, .. } = opened.await.unwrap();
    let checkout_url = checkout_url.expect("the worker opens a checkout at once");
    let session = checkout_url.rsplit('/').next().unwrap();
    stripe.simulator.visit(session, "pay").unwrap();

    let root = database.pool().await;
    let told = stripe.simulator.events().len();
    let heard = async {
        let mut subscription = log.subscribe().await.unwrap();
        loop {
            let (_, done, parked) = inbox::counts(&root).await.unwrap();
            assert_eq!(parked, 0);
            if usize::try_from(done).unwrap() == told {
                return;
            }
            drop(
                tokio::time::timeout(Duration::from_millis(100), subscription.beyond(i64::MAX))
                    .await,
            );
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .expect("every notice is looked into");
    let credited: Vec<i64> =
        sqlx::query_scalar("select amount_minor from entries where account = $1 order by position")
            .bind(format!("wallet/{ann}/available"))
            .fetch_all(&root)
            .await
            .unwrap();
    assert_eq!(credited, [amount.minor()]);
}
