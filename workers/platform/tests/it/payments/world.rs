//! A log, a stand-in for Stripe, and whatever works between them, step by step.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::demonstration::Order;
use domain::payments::{
    Payment, PaymentCommand, PaymentError, PaymentId, RefundId, RefundStage, Requested, Stage,
};
use domain::users::UserId;
use ledger::{Currency, Money};
use platform::payments::{Effects, Inbox, Observer, Poll, Settings, Stripe};
use projections::payments::inbox::{self, Notice};
use projections::payments::{self as read};
use projections::{Engine, Projections};
use sqlx::PgPool;
use store::{Catalogue, Clock, Commands, Context, Log, Options, Refused, ids};
use stripe_sim::{Running, Simulator};
use workbench::TestDatabase;

/// Noon of some day.
const BEGIN: i64 = 1_800_014_400;
const KEY: &str = "sk_test_of_this_test";

pub struct World {
    pub log: Log,
    pub running: Running,
    pub effects: Effects,
    pub inbox: Inbox,
    pub poll: Poll,
    pub payments: Commands<Payment>,
    pub root: PgPool,
    seconds: Arc<AtomicI64>,
    _database: TestDatabase,
}

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::Usd).unwrap()
}

impl World {
    pub async fn new() -> Self {
        let database = workbench::database().await;
        let seconds = Arc::new(AtomicI64::new(BEGIN));
        let (ours, theirs) = (Arc::clone(&seconds), Arc::clone(&seconds));
        let clock = Clock::from_fn(move || {
            DateTime::from_timestamp(ours.load(Ordering::SeqCst), 0).unwrap()
        });
        let options = Options {
            clock: clock.clone(),
            ..Options::default()
        };
        let log = Log::open(database.options.clone(), options).await.unwrap();
        let engine = Engine::open(
            log.clone(),
            Arc::new(Catalogue::new().with::<Payment>().with::<Order>()),
            Projections::none().with::<read::Payments>(),
            projections::Settings {
                rest: Duration::from_millis(20),
                ..projections::Settings::default()
            },
        )
        .await
        .unwrap();
        tokio::spawn({
            let engine = engine.clone();
            async move { engine.run(std::future::pending()).await }
        });
        let simulated = stripe_sim::Settings {
            clock: stripe_sim::Clock::from_fn(move || theirs.load(Ordering::SeqCst)),
            ..stripe_sim::Settings::new(KEY)
        };
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        let running = Simulator::start(simulated, any_port).await.unwrap();
        let base = format!("{}/", running.url());
        let mut settings = Settings::new(KEY, "whsec", Some(base), "https://trainnet.example");
        settings.answer_within = Duration::from_millis(400);
        let stripe = Stripe::new(&settings).unwrap();
        let observer = Observer::new(log.clone(), stripe.clone(), clock.clone());
        Self {
            effects: Effects::new(
                log.clone(),
                engine,
                stripe.clone(),
                observer.clone(),
                settings,
                clock.clone(),
            ),
            inbox: Inbox::new(&log, stripe.clone(), observer, clock.clone()),
            poll: Poll::new(&log, stripe, clock),
            payments: Commands::new(log.clone()),
            root: database.pool().await,
            running,
            log,
            seconds,
            _database: database,
        }
    }

    pub fn simulator(&self) -> &Simulator {
        &self.running.simulator
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.log.clock().now()
    }

    pub fn pass(&self, time: TimeDelta) {
        self.seconds.fetch_add(time.num_seconds(), Ordering::SeqCst);
    }

    /// Somebody asks for a payment.
    pub async fn request(&self, payer: UserId, amount: &str) -> PaymentId {
        let payment = PaymentId::new(ids::fresh());
        let requested = Requested {
            payer,
            amount: usd(amount),
            order: None,
            at: self.now(),
        };
        self.ask(payment, PaymentCommand::Request(requested))
            .await
            .unwrap();
        payment
    }

    pub async fn ask(
        &self,
        payment: PaymentId,
        command: PaymentCommand,
    ) -> Result<(), Refused<PaymentError>> {
        let context = Context::by("user/tester");
        let done = self
            .payments
            .execute(&payment.to_string(), command, &context)
            .await;
        done.map(drop)
    }

    pub async fn state(&self, payment: PaymentId) -> Payment {
        self.payments.look(&payment.to_string()).await.unwrap()
    }

    /// The checkout of a payment, once it is recorded.
    pub async fn session(&self, payment: PaymentId) -> Option<String> {
        let state = self.state(payment).await;
        let checkout = state.terms()?.checkout.as_ref()?;
        Some(checkout.session.to_string())
    }

    /// A payment that can be paid.
    pub async fn opened(&self, payer: UserId, amount: &str) -> (PaymentId, String) {
        let payment = self.request(payer, amount).await;
        self.act().await;
        let session = self.session(payment).await.unwrap();
        (payment, session)
    }

    /// A payment that was paid and credited.
    pub async fn paid(&self, payer: UserId, amount: &str) -> PaymentId {
        let (payment, session) = self.opened(payer, amount).await;
        self.simulator().visit(&session, "pay").unwrap();
        self.settle().await;
        payment
    }

    pub async fn charge(&self, payment: PaymentId) -> String {
        match self.state(payment).await.stage() {
            Some(Stage::Paid { paid, .. }) => paid.charge.to_string(),
            other => panic!("not paid: {other:?}"),
        }
    }

    /// Somebody asks for their money back.
    pub async fn refund(&self, payment: PaymentId, amount: &str) -> RefundId {
        let refund = RefundId::new(ids::fresh());
        let command = PaymentCommand::RequestRefund {
            refund,
            amount: Some(usd(amount)),
            by: self.state(payment).await.terms().unwrap().requested.payer,
            at: self.now(),
        };
        self.ask(payment, command).await.unwrap();
        refund
    }

    pub async fn refund_stage(&self, payment: PaymentId, refund: RefundId) -> RefundStage {
        match self.state(payment).await.stage() {
            Some(Stage::Paid { refunds, .. }) => refunds[&refund].stage,
            other => panic!("not paid: {other:?}"),
        }
    }

    /// What the refund goes by at Stripe.
    pub async fn stripe_refund(&self, payment: PaymentId, refund: RefundId) -> String {
        match self.state(payment).await.stage() {
            Some(Stage::Paid { refunds, .. }) => {
                refunds[&refund].stripe_refund.as_ref().unwrap().to_string()
            }
            other => panic!("not paid: {other:?}"),
        }
    }

    /// Does what was intended, once the projection shows it.
    pub async fn act(&self) {
        self.shown().await;
        self.effects.round().await.unwrap();
    }

    async fn shown(&self) {
        let head = self.log.head().await.unwrap().position;
        loop {
            let position: i64 = sqlx::query_scalar(
                "select position from projection_checkpoints where name = 'payments'",
            )
            .fetch_one(&self.root)
            .await
            .unwrap();
            if position >= head {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Hears of everything that happened, and looks into all of it until nothing waits.
    pub async fn settle(&self) {
        self.poll.round().await.unwrap();
        self.look_into_all().await;
    }

    pub async fn look_into_all(&self) {
        for _ in 0..64 {
            self.inbox.round().await.unwrap();
            let (waiting, _, _) = self.inbox_counts().await;
            if waiting == 0 {
                return;
            }
            self.pass(TimeDelta::minutes(10));
        }
        panic!("notices wait for ever");
    }

    /// Waiting, done and parked notices.
    pub async fn inbox_counts(&self) -> (i64, i64, i64) {
        inbox::counts(&self.root).await.unwrap()
    }

    /// Puts a notice into the inbox, as the webhook does.
    pub async fn hear(&self, event: &str, payment: PaymentId) -> bool {
        let found = self.simulator().look("event", event).unwrap();
        let object = &found["data"]["object"];
        let notice = Notice {
            notice: event.to_owned(),
            kind: found["type"].as_str().unwrap().to_owned(),
            object: object["id"].as_str().unwrap().to_owned(),
            payment: Some(payment.to_string()),
        };
        inbox::put(&self.root, &notice, self.now()).await.unwrap()
    }

    /// What an account holds, as the appender wrote it.
    pub async fn balance(&self, account: &str) -> String {
        let minor: Option<i64> = sqlx::query_scalar(
            "select minor from balances where account = $1 and currency = 'USD'",
        )
        .bind(account)
        .fetch_optional(&self.root)
        .await
        .unwrap();
        Money::from_minor(minor.unwrap_or(0), Currency::Usd).amount()
    }

    pub async fn wallet(&self, user: UserId, leaf: &str) -> String {
        self.balance(&format!("wallet/{user}/{leaf}")).await
    }

    /// Every account that moved, in order: what two worlds are compared by.
    pub async fn books(&self) -> Vec<(String, i64)> {
        sqlx::query_as("select account, minor from balances order by account")
            .fetch_all(&self.root)
            .await
            .unwrap()
    }

    /// The books are whole, and what they say is at Stripe is what Stripe says.
    pub async fn assert_sound(&self) {
        let sum: i64 = sqlx::query_scalar("select coalesce(sum(minor), 0)::bigint from balances")
            .fetch_one(&self.root)
            .await
            .unwrap();
        assert_eq!(sum, 0, "the books do not balance");
        let below: i64 = sqlx::query_scalar(
            "select count(*) from balances where account like 'wallet/%' and minor < 0",
        )
        .fetch_one(&self.root)
        .await
        .unwrap();
        assert_eq!(below, 0, "a wallet is below zero");
        let ours: i64 = sqlx::query_scalar(
            "select coalesce(sum(-minor), 0)::bigint from balances \
              where account in ('outside/stripe/pending', 'outside/stripe/available')",
        )
        .fetch_one(&self.root)
        .await
        .unwrap();
        assert_eq!(
            ours / 10_000,
            self.simulator().holds_cents(),
            "Stripe has it otherwise"
        );
        let catalogue = Catalogue::new().with::<Payment>().with::<Order>();
        let audited = store::audit(&self.log, &catalogue, |_| {}).await.unwrap();
        assert!(audited.findings.is_empty(), "{:?}", audited.findings);
    }
}
