//! What can be asked of the read tables, against a history small enough to work out by hand.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use ledger::{Currency, Money};
use projections::books::{self, AsOf, Cursor};
use projections::streams;
use store::{Append, Clock, Context, Log, NewEvent, Options};

use crate::world::{ParcelEvent, World, bank, moved, wallet};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::seconds(second)
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::Usd)
}

/// A world whose clock stands where the test puts it.
async fn told_world() -> (World, Arc<Mutex<DateTime<Utc>>>) {
    let mut world = World::new().await;
    let now = Arc::new(Mutex::new(at(0)));
    let told = Arc::clone(&now);
    let clock = Clock::from_fn(move || *told.lock().unwrap());
    let options = Options {
        clock,
        ..Options::default()
    };
    world.log = Log::open(world.database.options.clone(), options)
        .await
        .unwrap();
    (world, now)
}

async fn append(
    world: &World,
    stream: &str,
    expected: i64,
    event: &ParcelEvent,
    context: &Context,
) {
    let event = NewEvent::from_domain(event).unwrap();
    let append = Append::try_new("parcel", stream, expected, vec![event], context).unwrap();
    world.log.append(append).await.unwrap();
}

#[tokio::test]
async fn a_balance_can_be_asked_for_on_both_axes_of_time() {
    let (world, now) = told_world().await;
    let (from, to) = (bank(), wallet(1));
    // Recorded at 10, 20, 30; the second counts from 5, the third from 100.
    for (recorded, effective, minor) in [(10, None, 100), (20, Some(5), 7), (30, Some(100), 1)] {
        *now.lock().unwrap() = at(recorded);
        let mut context = Context::by("user/a");
        context.effective_at = effective.map(at);
        let event = moved(&from, &to, minor, Currency::Usd);
        append(&world, &format!("p{recorded}"), 0, &event, &context).await;
    }
    let engine = world.engine(100).await;
    engine.catch_up(i64::MAX).await.unwrap();
    let pool = world.log.pool();
    let as_of = async |as_of| {
        books::balance_as_of(pool, &to, Currency::Usd, as_of)
            .await
            .unwrap()
            .minor()
    };
    for (second, wanted) in [(9, 0), (10, 100), (19, 100), (20, 107), (30, 108)] {
        assert_eq!(
            as_of(AsOf::recorded(at(second))).await,
            wanted,
            "recorded until {second}"
        );
    }
    for (second, wanted) in [(4, 0), (5, 7), (9, 7), (10, 107), (99, 107), (100, 108)] {
        assert_eq!(
            as_of(AsOf::effective(at(second))).await,
            wanted,
            "effective until {second}"
        );
    }
    let both = AsOf {
        recorded_until: Some(at(15)),
        effective_until: Some(at(9)),
    };
    assert_eq!(as_of(both).await, 0, "the back-dated one was not known yet");
    assert_eq!(as_of(AsOf::default()).await, 108);
    for (position, wanted) in [(0, 0), (1, 100), (2, 107), (3, 108), (99, 108)] {
        let held = books::balance_at(pool, &to, Currency::Usd, position)
            .await
            .unwrap();
        assert_eq!(held, usd(wanted), "at {position}");
    }
}

#[tokio::test]
async fn a_statement_comes_page_by_page_with_a_running_balance() {
    let world = World::with_history(400).await;
    let engine = world.engine(64).await;
    engine.catch_up(i64::MAX).await.unwrap();
    let pool = world.log.pool();
    let whole = books::statement(pool, &bank(), None, Cursor::START, 10_000)
        .await
        .unwrap();
    assert!(whole.len() > 300);
    assert!(whole.is_sorted_by_key(books::Line::cursor));
    for currency in Currency::ALL {
        let mut running = Money::zero(currency);
        let mut seen = Vec::new();
        let mut after = Cursor {
            position: 0,
            leg: -1,
        };
        loop {
            let page = books::statement(pool, &bank(), Some(currency), after, 7)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = last.cursor();
            seen.extend(page);
        }
        for line in &seen {
            running = running.checked_add(line.amount).unwrap();
            assert_eq!(line.balance, running);
            assert_eq!(
                (line.event_type.as_str(), line.aggregate_type.as_str()),
                ("parcel.moved", "parcel")
            );
        }
        let of_currency: Vec<_> = whole
            .iter()
            .filter(|line| line.amount.currency() == currency)
            .cloned()
            .collect();
        assert_eq!(seen, of_currency);
        let row = books::balances(pool, &bank()).await.unwrap();
        let row = row
            .iter()
            .find(|row| row.balance.currency() == currency)
            .unwrap();
        assert_eq!(row.balance, running);
        assert_eq!(
            row.credits_minor - row.debits_minor,
            i128::from(running.minor())
        );
    }
}

#[tokio::test]
async fn the_trial_balance_is_zero_in_every_currency_and_shows_when_it_is_not() {
    let world = World::with_history(300).await;
    let engine = world.engine(64).await;
    let empty = books::trial_balance(world.log.pool()).await.unwrap();
    assert_eq!(
        (empty.position, empty.lines.len(), empty.balances()),
        (0, 0, true)
    );
    engine.catch_up(i64::MAX).await.unwrap();
    let trial = books::trial_balance(world.log.pool()).await.unwrap();
    assert_eq!(trial.position, 300);
    assert_eq!(
        trial.lines.len(),
        8,
        "four currencies, money outside and in wallets"
    );
    assert!(trial.balances());
    assert!(
        trial
            .lines
            .iter()
            .any(|line| line.root == "wallet" && line.balance_minor > 0)
    );
    world
        .execute(
            "update read_books.balances set balance_minor = balance_minor + 1 \
                   where account = 'outside/bank' and currency = 'RUB'",
        )
        .await;
    let trial = books::trial_balance(world.log.pool()).await.unwrap();
    assert!(!trial.balances());
    assert_eq!(trial.total_minor(Currency::Rub), 1);
    assert_eq!(trial.total_minor(Currency::Usd), 0);
}

#[tokio::test]
async fn a_history_says_who_did_what_because_of_what() {
    let (world, now) = told_world().await;
    let note = ParcelEvent::Noted {
        text: "x".to_owned(),
    };
    append(&world, "p1", 0, &note, &Context::by("user/a")).await;
    let engine = world.engine(100).await;
    engine.catch_up(i64::MAX).await.unwrap();
    let cause = streams::history(world.log.pool(), "parcel", "p1")
        .await
        .unwrap()[0]
        .event_id;
    *now.lock().unwrap() = at(60);
    let context = Context::by("user/b")
        .because_of(cause)
        .in_request("r1", "c1")
        .effective(at(7));
    append(&world, "p1", 1, &note, &context).await;
    append(&world, "p2", 0, &note, &Context::by("user/c")).await;
    engine.catch_up(i64::MAX).await.unwrap();
    let history = streams::history(world.log.pool(), "parcel", "p1")
        .await
        .unwrap();
    assert_eq!(history.len(), 2);
    let [first, second] = &history[..] else {
        unreachable!()
    };
    assert_eq!(
        (first.position, first.sequence, first.actor.as_str()),
        (1, 1, "user/a")
    );
    assert_eq!((&first.causation_id, &first.request_id), (&None, &None));
    assert_eq!(
        (second.position, second.sequence, second.actor.as_str()),
        (2, 2, "user/b")
    );
    assert_eq!(second.causation_id, Some(cause.to_string()));
    assert_eq!(second.request_id.as_deref(), Some("r1"));
    assert_eq!(second.correlation_id.as_deref(), Some("c1"));
    assert_eq!((second.recorded_at, second.effective_at), (at(60), at(7)));
    assert_eq!(second.event_type, "parcel.noted");
}
