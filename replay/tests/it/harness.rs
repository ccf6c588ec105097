//! A log of one's own, and the program asked as from a command line.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::DateTime;
use clap::Parser;
use ledger::{Account, Currency, Leg, Money, Posting};
use projections::{Engine, Projections, Settings};
use replay::{Arguments, Tools, exit_status, run, with_sources};
use serde_json::Value;
use store::{Append, Catalogue, Clock, Committed, Context, Log, NewEvent, NotAppended, Options};
use workbench::TestDatabase;

use crate::fact::{Fact, Stated};

/// 2026-01-01T00:00:00Z.
pub const START_MICROS: i64 = 1_767_225_600_000_000;
pub const HOUR_MICROS: i64 = 3_600_000_000;

pub struct Bench {
    pub database: TestDatabase,
    pub tools: Tools,
    clock: Arc<AtomicI64>,
}

/// What the program said.
#[derive(Debug)]
pub struct Said {
    pub status: u8,
    pub out: String,
    pub failure: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub fn expect(self, status: u8) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

impl Bench {
    pub async fn new() -> Self {
        let database = workbench::database().await;
        let clock = Arc::new(AtomicI64::new(START_MICROS));
        let time = Arc::clone(&clock);
        let now = move || DateTime::from_timestamp_micros(time.load(Ordering::Relaxed)).unwrap();
        let options = Options {
            clock: Clock::from_fn(now),
            ..Options::default()
        };
        let log = Log::open(database.options.clone(), options).await.unwrap();
        let catalogue = Arc::new(Catalogue::new().with::<Fact>());
        let tools = Tools {
            log,
            catalogue,
            projections: Projections::all(),
        };
        Self {
            database,
            tools,
            clock,
        }
    }

    pub fn log(&self) -> &Log {
        &self.tools.log
    }

    pub fn advance(&self, micros: i64) {
        self.clock.fetch_add(micros, Ordering::Relaxed);
    }

    pub async fn engine(&self) -> Engine {
        let Tools {
            log,
            catalogue,
            projections,
        } = self.tools.clone();
        Engine::open(log, catalogue, projections, Settings::default())
            .await
            .unwrap()
    }

    pub async fn catch_up(&self) {
        self.engine().await.catch_up(i64::MAX).await.unwrap();
    }

    pub async fn ask(&self, words: &[&str]) -> Said {
        ask(Some(&self.tools), words).await
    }

    pub async fn append(
        &self,
        id: &str,
        expected: i64,
        facts: &[Stated],
        context: &Context,
    ) -> Result<Committed, NotAppended> {
        let append = append(id, expected, facts, context);
        self.log().append(append).await
    }

    /// Records one event in a stream of its own, an hour after the last.
    pub async fn state(&self, id: &str, fact: Stated, context: &Context) -> Committed {
        self.advance(HOUR_MICROS);
        self.append(id, 0, &[fact], context).await.unwrap()
    }

    /// As the superuser who may do what the product may not.
    pub async fn tamper(&self, statements: &[&str]) {
        let pool = self.database.pool().await;
        let mut connection = pool.acquire().await.unwrap();
        let replica = "set session_replication_role = replica";
        sqlx::query(replica)
            .execute(&mut *connection)
            .await
            .unwrap();
        for statement in statements {
            sqlx::query(statement)
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        drop(connection);
        pool.close().await;
    }
}

pub async fn ask(tools: Option<&Tools>, words: &[&str]) -> Said {
    let arguments = match Arguments::try_parse_from([&["replay"], words].concat()) {
        Ok(arguments) => arguments,
        Err(error) => {
            let status = u8::try_from(error.exit_code()).unwrap();
            return Said {
                status,
                out: String::new(),
                failure: error.to_string(),
            };
        }
    };
    let mut out = Vec::new();
    let open = async || tools.cloned().ok_or("this question was to need no log");
    let outcome = run(arguments, open, &mut out).await;
    let status = exit_status(&outcome);
    let failure = outcome
        .err()
        .map(|failure| with_sources(&failure))
        .unwrap_or_default();
    Said {
        status,
        out: String::from_utf8(out).unwrap(),
        failure,
    }
}

pub fn append(id: &str, expected: i64, facts: &[Stated], context: &Context) -> Append {
    let events = facts
        .iter()
        .map(|fact| NewEvent::from_domain(fact).unwrap())
        .collect();
    Append::try_new("fact", id, expected, events, context).unwrap()
}

pub fn account(name: &str) -> Account {
    Account::parse(name).unwrap()
}

pub fn legs(legs: &[(&str, &str, Currency)]) -> Posting {
    let leg = |(name, amount, currency): &(&str, &str, Currency)| {
        Leg::new(account(name), Money::parse(amount, *currency).unwrap())
    };
    Posting::new(legs.iter().map(leg).collect()).unwrap()
}

pub fn moving(posting: Posting) -> Stated {
    Stated {
        postings: vec![posting],
        ..Stated::default()
    }
}

/// Runs a program that tests need and the product does not.
pub fn tool(name: &str, arguments: &[&str]) -> (bool, String, String) {
    let output = Command::new(name).args(arguments).output().unwrap_or_else(|error| {
        panic!("{name} cannot be run ({error}): install what the tests need with `cargo xtask setup --tests`")
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.success(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
