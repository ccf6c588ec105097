//! What every test here stands on: a log with a history in it, and ways to look at read tables.

use std::sync::Arc;
use std::time::Duration;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use ledger::{Account, Currency, Effects, Leg, Money, Posting, Unbalanced, WalletLeaf};
use projections::{Checksum, Engine, Projections, Settings};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use store::{Append, Catalogue, Context, Log, NewEvent, Options, ids};
use workbench::TestDatabase;

/// Money that moves between accounts, in as many legs as it likes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Parcel;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParcelEvent {
    #[serde(rename = "parcel.moved")]
    Moved { legs: Vec<Leg> },
    #[serde(rename = "parcel.noted")]
    Noted { text: String },
}

#[derive(Debug, thiserror::Error)]
pub enum Never {}

impl DomainEvent for ParcelEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Moved { .. } => "parcel.moved".to_owned(),
            Self::Noted { .. } => "parcel.noted".to_owned(),
        }
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Effects for ParcelEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        match self {
            Self::Moved { legs } => Ok(vec![Posting::new(legs.clone())?]),
            Self::Noted { .. } => Ok(vec![]),
        }
    }
}

impl Aggregate for Parcel {
    const TYPE: &'static str = "parcel";
    type Command = ParcelEvent;
    type Event = ParcelEvent;
    type Error = Never;
    type Services = ();

    async fn handle(
        &mut self,
        event: ParcelEvent,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Never> {
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, _: ParcelEvent) {}
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

pub struct World {
    pub database: TestDatabase,
    pub log: Log,
    /// As the superuser, who can see and break everything.
    pub root: PgPool,
}

/// Two that take any events, each with tables of another kind.
pub fn the_two() -> Projections {
    Projections::none()
        .with::<projections::books::Books>()
        .with::<projections::streams::Streams>()
}

pub fn catalogue() -> Arc<Catalogue> {
    Arc::new(Catalogue::new().with::<Parcel>())
}

pub fn wallet(number: u64) -> Account {
    Account::wallet(&format!("user_{number}"), WalletLeaf::Available).unwrap()
}

pub fn bank() -> Account {
    Account::outside("bank").unwrap()
}

pub fn moved(from: &Account, to: &Account, minor: i64, currency: Currency) -> ParcelEvent {
    let money = |minor| Money::from_minor(minor, currency);
    ParcelEvent::Moved {
        legs: vec![
            Leg::new(from.clone(), money(-minor)),
            Leg::new(to.clone(), money(minor)),
        ],
    }
}

/// A random event that no wallet is overdrawn by: money comes from outside or does not come.
fn any_event(dice: &mut Dice) -> ParcelEvent {
    if dice.below(8) == 0 {
        return ParcelEvent::Noted {
            text: "nothing moves".to_owned(),
        };
    }
    let currency = Currency::ALL[usize::try_from(dice.below(4)).unwrap()];
    let minor = i64::try_from(dice.below(1_000)).unwrap() + 2;
    let (first, second) = (wallet(dice.below(12)), wallet(20 + dice.below(5)));
    let money = |minor| Money::from_minor(minor, currency);
    ParcelEvent::Moved {
        legs: vec![
            Leg::new(bank(), money(-minor)),
            Leg::new(first, money(minor - 1)),
            Leg::new(second, money(1)),
        ],
    }
}

impl World {
    pub async fn new() -> Self {
        let database = workbench::database().await;
        let log = Log::open(database.options.clone(), Options::default())
            .await
            .unwrap();
        let root = database.pool().await;
        Self {
            database,
            log,
            root,
        }
    }

    /// With a random history of so many events.
    pub async fn with_history(events: u64) -> Self {
        let world = Self::new().await;
        world.grow(events, 1).await;
        world
    }

    pub async fn grow(&self, events: u64, seed: u64) {
        let mut dice = Dice::new(seed);
        let mut left = events;
        while left > 0 {
            let count = left.min(1 + dice.below(64));
            let events: Vec<_> = (0..count).map(|_| any_event(&mut dice)).collect();
            self.append(&events).await;
            left -= count;
        }
    }

    /// One command on a stream of its own; says where it ends.
    pub async fn append(&self, events: &[ParcelEvent]) -> i64 {
        let events = events
            .iter()
            .map(|event| NewEvent::from_domain(event).unwrap())
            .collect();
        self.append_raw("parcel", events, &Context::by("user/tester"))
            .await
    }

    pub async fn append_raw(&self, of: &str, events: Vec<NewEvent>, context: &Context) -> i64 {
        let stream = format!("{of}_{}", ids::fresh());
        let append = Append::try_new(of, &stream, 0, events, context).unwrap();
        self.log.append(append).await.unwrap().position
    }

    pub async fn head(&self) -> i64 {
        self.log.head().await.unwrap().position
    }

    pub async fn engine(&self, page_events: i64) -> Engine {
        let settings = Settings {
            page_events,
            rest: Duration::from_millis(20),
            readers: 2,
        };
        let projections = the_two();
        Engine::open(self.log.clone(), catalogue(), projections, settings)
            .await
            .unwrap()
    }

    /// Throws the read tables away, as if there had never been any.
    pub async fn forget(&self) {
        for statement in [
            "drop schema if exists read_books, read_streams cascade",
            "delete from projection_checkpoints",
        ] {
            sqlx::query(statement).execute(&self.root).await.unwrap();
        }
    }

    /// All that stands in the read tables, in words that only equal rows share.
    pub async fn contents(&self) -> Vec<String> {
        let mut contents = Vec::new();
        for table in [
            "read_books.lines",
            "read_books.balances",
            "read_streams.history",
        ] {
            let rows: String = sqlx::query_scalar(&format!(
                "select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') \
                   from {table} t"
            ))
            .fetch_one(&self.root)
            .await
            .unwrap();
            contents.push(format!("{table} {rows}"));
        }
        contents
    }

    pub async fn count(&self, query: &str) -> i64 {
        sqlx::query_scalar(query)
            .fetch_one(&self.root)
            .await
            .unwrap()
    }

    pub async fn execute(&self, statement: &str) -> u64 {
        sqlx::query(statement)
            .execute(&self.root)
            .await
            .unwrap()
            .rows_affected()
    }

    /// The rows, the checkpoint and the log all say the same of every projection.
    pub async fn assert_right(&self, engine: &Engine, position: i64) {
        for name in ["books", "streams"] {
            let found = engine.recompute(name).await.unwrap();
            assert_eq!(found.position, position, "{name}");
            assert!(found.agrees(), "{name}: {found:?}");
            let folded = engine.refold(name, position).await.unwrap();
            assert_eq!(folded, found.actual, "{name}");
            assert_ne!(folded, Checksum::ZERO, "{name}");
        }
        self.assert_equal_to_the_kernel().await;
    }

    /// The books that the appender keeps and those folded here were made by different code.
    async fn assert_equal_to_the_kernel(&self) {
        let head = self.count("select position from log_head").await;
        let at = self
            .count("select position from projection_checkpoints where name = 'books'")
            .await;
        let lines = self
            .count(
                "select count(*) from (select position, leg, account, currency, amount_minor, \
                 balance_minor from entries except select position, leg, account, currency, \
                 amount_minor, balance_minor from read_books.lines) as d \
                 where position <= (select position from projection_checkpoints where name = 'books')",
            )
            .await;
        assert_eq!(lines, 0);
        if at == head {
            let balances = self
                .count(
                    "select count(*) from (select account, currency, minor from balances \
                     except select account, currency, balance_minor from read_books.balances) as d",
                )
                .await;
            assert_eq!(balances, 0);
        }
    }

    pub async fn schemas(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select nspname::text from pg_namespace where nspname like 'read\\_%' order by 1",
        )
        .fetch_all(&self.root)
        .await
        .unwrap()
    }
}

/// Asks again until the answer is yes, for a bounded time.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    for _ in 0..1_000 {
        if ask().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to pass that {what}");
}
