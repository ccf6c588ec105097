//! Random interleavings against a model in memory: same outcomes, same balances, at every prefix.
//!
//! A case is a sequence of waves; the commands of a wave reach the appender together, and waves
//! alternate between two processes, so batches, stale memories and cold starts all occur. Each
//! case works under names of its own in one shared log, which is audited as a whole at the end.

use std::collections::BTreeMap;

use futures::future::join_all;
use ledger::{Account, Currency, Leg, Money, Name, Posting, WalletLeaf};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::{Append, Committed, Context, Log, NewEvent, NotAppended};

use crate::desk::{DeskEvent, Movement, books_hold, open};

const CASES: u32 = 2_000;

/// One command as it is drawn: small numbers that the case turns into names.
#[derive(Clone, Debug)]
struct Drawn {
    stream: u8,
    /// 0 is the right version; others are off by so much.
    version_off: i8,
    events: Vec<DrawnEvent>,
    key: Option<(u8, u8)>,
}

#[derive(Clone, Debug)]
struct DrawnEvent {
    /// From, to, minor units, rubles instead of dollars.
    moves: Vec<(u8, u8, i64, bool)>,
    take: Vec<u8>,
    release: Vec<u8>,
}

fn drawn_event() -> impl Strategy<Value = DrawnEvent> {
    let moves = prop::collection::vec(
        (0..6_u8, 0..6_u8, 1..40_i64, prop::bool::weighted(0.2)),
        0..3,
    );
    let few = || prop::collection::vec(0..3_u8, 0..2);
    (moves, few(), few()).prop_map(|(moves, take, release)| DrawnEvent {
        moves,
        take,
        release,
    })
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let off = prop_oneof![8 => Just(0_i8), 1 => Just(-1), 1 => Just(1)];
    let key = prop::option::weighted(0.3, (0..3_u8, 0..2_u8));
    (
        0..4_u8,
        off,
        prop::collection::vec(drawn_event(), 0..3),
        key,
    )
        .prop_map(|(stream, version_off, events, key)| Drawn {
            stream,
            version_off,
            events,
            key,
        })
}

fn waves() -> impl Strategy<Value = Vec<Vec<Drawn>>> {
    prop::collection::vec(prop::collection::vec(drawn(), 1..8), 1..6)
}

/// Everything a command can end as, without positions.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Repeated,
    Conflict,
    Short {
        account: String,
        needed: i64,
        available: i64,
    },
    Taken(String),
    NotHeld,
    KeyReused,
}

#[derive(Default)]
struct Model {
    versions: BTreeMap<String, i64>,
    balances: BTreeMap<(String, Currency), i64>,
    holders: BTreeMap<String, String>,
    answers: BTreeMap<String, u8>,
}

impl Model {
    fn judge(
        &mut self,
        stream: &str,
        expected: i64,
        events: &[Movement],
        drawn: &Drawn,
        case: u32,
    ) -> Outcome {
        let key = drawn.key.map(|(key, body)| (format!("{case}-{key}"), body));
        if let Some((key, body)) = &key
            && let Some(earlier) = self.answers.get(key)
        {
            return if earlier == body {
                Outcome::Repeated
            } else {
                Outcome::KeyReused
            };
        }
        let version = self.versions.get(stream).copied().unwrap_or(0);
        if version != expected {
            return Outcome::Conflict;
        }
        let (balances, holders) = (self.balances.clone(), self.holders.clone());
        for event in events {
            if let Err(refusal) = self.apply(stream, event) {
                (self.balances, self.holders) = (balances, holders);
                return refusal;
            }
        }
        self.versions.insert(
            stream.to_owned(),
            version + i64::try_from(events.len()).unwrap(),
        );
        self.answers.extend(key);
        Outcome::Done
    }

    fn apply(&mut self, stream: &str, event: &Movement) -> Result<(), Outcome> {
        let before = self.balances.clone();
        let legs: Vec<&Leg> = event.postings.iter().flat_map(Posting::legs).collect();
        for leg in &legs {
            let key = (leg.account().to_string(), leg.amount().currency());
            *self.balances.entry(key).or_default() += leg.amount().minor();
        }
        for leg in &legs {
            let key = (leg.account().to_string(), leg.amount().currency());
            let (had, now) = (before.get(&key).copied().unwrap_or(0), self.balances[&key]);
            if leg.account().floor().is_some_and(|floor| now < floor) {
                return Err(Outcome::Short {
                    account: key.0,
                    needed: had - now,
                    available: had,
                });
            }
        }
        for name in &event.take {
            match self.holders.get(name.as_str()) {
                Some(holder) if holder != stream => return Err(Outcome::Taken(holder.clone())),
                _ => self.holders.insert(name.to_string(), stream.to_owned()),
            };
        }
        for name in &event.release {
            if self.holders.get(name.as_str()).map(String::as_str) != Some(stream) {
                return Err(Outcome::NotHeld);
            }
            self.holders.remove(name.as_str());
        }
        Ok(())
    }
}

fn outcome_of(result: &Result<Committed, NotAppended>) -> Outcome {
    match result {
        Ok(committed) if committed.repeated => Outcome::Repeated,
        Ok(_) => Outcome::Done,
        Err(NotAppended::Conflict { .. }) => Outcome::Conflict,
        Err(NotAppended::InsufficientFunds {
            account,
            needed,
            available,
        }) => Outcome::Short {
            account: account.to_string(),
            needed: needed.minor(),
            available: available.minor(),
        },
        Err(NotAppended::Taken { holder, .. }) => {
            Outcome::Taken(holder.trim_start_matches("desk/").to_owned())
        }
        Err(NotAppended::NotHeld { .. }) => Outcome::NotHeld,
        Err(NotAppended::KeyReused { .. }) => Outcome::KeyReused,
        Err(other) => panic!("the model knows nothing of {other:?}"),
    }
}

fn account(case: u32, number: u8) -> Account {
    match number {
        0 => Account::outside("bank").unwrap(),
        1 => Account::platform("fees").unwrap(),
        _ => Account::wallet(&format!("c{case}-u{number}"), WalletLeaf::Available).unwrap(),
    }
}

fn movement(case: u32, drawn: &DrawnEvent) -> Movement {
    let name = |number: &u8| Name::parse(&format!("gpu/{case}-{number}")).unwrap();
    let postings = drawn.moves.iter().filter_map(|(from, to, minor, rubles)| {
        let currency = if *rubles {
            Currency::Rub
        } else {
            Currency::Usd
        };
        let amount = Money::from_minor(*minor, currency);
        Posting::transfer(account(case, *from), account(case, *to), amount).ok()
    });
    Movement {
        postings: postings.collect(),
        take: drawn.take.iter().map(name).collect(),
        release: drawn.release.iter().map(name).collect(),
    }
}

fn append(case: u32, stream: &str, expected: i64, events: &[Movement], drawn: &Drawn) -> Append {
    let mut context = Context::by("model");
    if let Some((key, body)) = drawn.key {
        context = context.with_key(format!("{case}-{key}"), &[body]);
    }
    let events = events
        .iter()
        .map(|movement| NewEvent::from_domain(&DeskEvent::Moved(movement.clone())).unwrap())
        .collect();
    Append::try_new("desk", stream, expected, events, &context).unwrap()
}

/// Shared accounts outside the wallets have no floor and belong to all cases: left out.
async fn wallets(log: &Log, case: u32) -> BTreeMap<(String, Currency), i64> {
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("select account, currency, minor from balances where account like $1")
            .bind(format!("wallet/c{case}-%"))
            .fetch_all(log.pool())
            .await
            .unwrap();
    rows.into_iter()
        .map(|(account, currency, minor)| ((account, currency.parse().unwrap()), minor))
        .collect()
}

async fn run_case(logs: &[Log; 2], case: u32, waves: Vec<Vec<Drawn>>) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    for (number, wave) in waves.iter().enumerate() {
        let mut expected = Vec::new();
        let mut appends = Vec::new();
        for drawn in wave {
            let stream = format!("c{case}-s{}", drawn.stream);
            let version = model.versions.get(&stream).copied().unwrap_or(0);
            let version = (version + i64::from(drawn.version_off)).max(0);
            let events: Vec<Movement> = drawn.events.iter().map(|e| movement(case, e)).collect();
            expected.push(model.judge(&stream, version, &events, drawn, case));
            appends.push(append(case, &stream, version, &events, drawn));
        }
        let log = &logs[number % 2];
        let results = join_all(appends.into_iter().map(|append| log.append(append))).await;
        let got: Vec<Outcome> = results.iter().map(outcome_of).collect();
        prop_assert_eq!(&got, &expected, "wave {} of case {}", number, case);
        let positions: Vec<i64> = results
            .iter()
            .flatten()
            .filter(|c| !c.repeated)
            .map(|c| c.position)
            .collect();
        prop_assert!(
            positions.is_sorted(),
            "log order is the order of the commands"
        );
    }
    let live = wallets(&logs[0], case).await;
    model
        .balances
        .retain(|(account, _), _| account.starts_with("wallet/"));
    // A refused command may have opened no row; a row that says zero says the same as none.
    model.balances.retain(|_, minor| *minor != 0);
    let live: BTreeMap<_, _> = live.into_iter().filter(|(_, minor)| *minor != 0).collect();
    prop_assert_eq!(live, model.balances);
    Ok(())
}

#[test]
fn the_appender_behaves_like_the_model() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (database, logs) = runtime.block_on(async {
        let database = workbench::database().await;
        let logs = [open(&database).await, open(&database).await];
        (database, logs)
    });
    let case = std::cell::Cell::new(0_u32);
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&waves(), |waves| {
            case.set(case.get() + 1);
            runtime.block_on(run_case(&logs, case.get(), waves))
        })
        .unwrap();
    assert!(case.get() >= CASES);
    runtime.block_on(async {
        books_hold(&logs[0]).await;
    });
    drop(logs);
    drop(database);
}
