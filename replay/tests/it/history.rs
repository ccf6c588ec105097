//! Histories made of dice: every kind of thing that can happen, the same for the same seed.

use futures::future::join_all;
use ledger::{Account, Currency, Leg, Money, Name, Posting};
use store::{Context, NotAppended};
use uuid::Uuid;

use crate::fact::Stated;
use crate::harness::{Bench, HOUR_MICROS, append};

/// A small generator of our own, so that a seed means the same for ever.
pub struct Dice(u64);

impl Dice {
    pub const fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % below
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.roll(many) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }
}

const LEAVES: [&str; 5] = ["available", "held", "pending", "withdrawing", "disputed"];
/// Names that a journal might take for something else.
const OWNERS: [&str; 8] = ["u1", "u_2", "u.3", "u-4", "_5", ".6", "-7", "0.8_9-"];
const PLACES: [&str; 10] = [
    "platform/commission/jobs",
    "platform/commission/fx",
    "platform/fees",
    "platform/loss/chargeback",
    "platform/fx",
    "outside/stripe/pending",
    "outside/stripe/available",
    "outside/bank",
    "outside/rail/manual_2",
    "outside/in-transit/x.y",
];

fn account(dice: &mut Dice) -> Account {
    let name = match dice.roll(8) {
        0..5 => format!("wallet/{}/{}", dice.pick(&OWNERS), dice.pick(&LEAVES)),
        5 => format!("receivable/{}", dice.pick(&OWNERS)),
        _ => (*dice.pick(&PLACES)).to_owned(),
    };
    Account::parse(&name).unwrap()
}

fn amount(dice: &mut Dice) -> i64 {
    let magnitude = [1, 10, 1_000, 1_000_000, 1_000_000_000, 50_000_000_000_000];
    let below: u64 = *dice.pick(&magnitude);
    i64::try_from(dice.roll(below) + 1).unwrap()
}

/// Money from one account to up to three others, mostly from where there is no floor.
fn posting(dice: &mut Dice) -> Posting {
    let currency = *dice.pick(&Currency::ALL);
    let from = if dice.one_in(2) {
        account(dice)
    } else {
        Account::parse(dice.pick::<&str>(&PLACES)).unwrap()
    };
    let mut legs = Vec::new();
    let mut total = 0;
    for _ in 0..=dice.roll(3) {
        let minor = amount(dice);
        total += minor;
        legs.push(Leg::new(account(dice), Money::from_minor(minor, currency)));
    }
    legs.push(Leg::new(from, Money::from_minor(-total, currency)));
    Posting::new(legs).unwrap()
}

fn fact(dice: &mut Dice) -> Stated {
    let mut fact = Stated::default();
    if !dice.one_in(10) {
        for _ in 0..=dice.roll(2) {
            fact.postings.push(posting(dice));
        }
    }
    let name = |dice: &mut Dice| Name::parse(&format!("gpu/{}", dice.roll(500))).unwrap();
    if dice.one_in(8) {
        fact.takes.push(name(dice));
    }
    if dice.one_in(5) {
        fact.note.push_str("Zürich → 東京 🚂 \"quoted\" \\ \n");
    }
    fact
}

/// Records about so many events; returns how many there are.
pub async fn record(bench: &Bench, seed: u64, events: i64) -> i64 {
    let mut dice = Dice::of(seed);
    let mut number = 0;
    let mut last: Option<Uuid> = None;
    loop {
        let head = bench.log().head().await.unwrap().position;
        if head >= events {
            return head;
        }
        bench.advance(HOUR_MICROS);
        let size = (events - head).clamp(1, 200);
        let mut appends = Vec::new();
        for _ in 0..size {
            number += 1;
            let mut context = Context::by(format!("user/{}", dice.roll(20)));
            if dice.one_in(3) {
                context = context.with_key(format!("key-{number}"), b"request");
            }
            if dice.one_in(4) {
                let days = i64::try_from(dice.roll(90)).unwrap() - 45;
                let now = bench.log().clock().now();
                context = context.effective(now + chrono::Duration::days(days));
            }
            if let Some(cause) = last.filter(|_| dice.one_in(2)) {
                context = context.because_of(cause);
            }
            let mut facts = vec![fact(&mut dice)];
            while dice.one_in(4) && facts.len() < 3 {
                // What the stream took, it alone can give up.
                let taken = facts
                    .last()
                    .map(|last| last.takes.clone())
                    .unwrap_or_default();
                facts.push(Stated {
                    releases: taken,
                    ..fact(&mut dice)
                });
            }
            let append = append(&format!("f-{number}-ü;|"), 0, &facts, &context);
            if dice.one_in(20) {
                last = append.event_id();
            }
            appends.push(bench.log().append(append));
        }
        for outcome in join_all(appends).await {
            match outcome {
                Ok(_)
                | Err(
                    NotAppended::InsufficientFunds { .. }
                    | NotAppended::Taken { .. }
                    | NotAppended::NotHeld { .. },
                ) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }
}

/// Our own balances, as the live books have them: account, currency, minor units.
pub async fn balances(bench: &Bench) -> Vec<(String, String, i64)> {
    let pool = bench.database.pool().await;
    let balances =
        sqlx::query_as("select account, currency, minor from balances order by account, currency")
            .fetch_all(&pool)
            .await
            .unwrap();
    pool.close().await;
    balances
}
