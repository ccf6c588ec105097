//! Payments as the log tells of them, with their refunds and disputes, and what moved in a wallet.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::payments::{
    CheckoutOpened, DisputeLost, DisputeWithdrawn, FailedBecause, Paid, Payment, PaymentEvent,
    Reference, RefundAfter, RefundFailed, RefundFailedBecause, RefundId, RefundRequested,
    RefundSucceeded, Requested,
};
use domain::users::UserId;
use ledger::{Account, Currency, Money, WalletLeaf};
use projections::books::{self, Books};
use projections::payments::inbox::{self, Notice};
use projections::payments::{self, Payments};
use projections::{Comparison, Engine, Projections, Settings};
use store::{Append, Catalogue, Context, NewEvent};
use uuid::Uuid;

use crate::world::World;

const EPOCH: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::Usd).unwrap()
}

fn named(text: &str) -> Reference {
    Reference::try_new(text).unwrap()
}

fn refund(number: u128) -> RefundId {
    RefundId::new(Uuid::from_u128(number))
}

fn requested(payer: UserId, amount: &str) -> PaymentEvent {
    PaymentEvent::Requested(Requested {
        payer,
        amount: usd(amount),
        order: Some(named("job_1")),
        at: EPOCH,
    })
}

fn opened(name: &str) -> PaymentEvent {
    PaymentEvent::CheckoutOpened(CheckoutOpened {
        session: named(&format!("cs_{name}")),
        url: format!("https://checkout.example/{name}"),
        expires_at: EPOCH + TimeDelta::hours(1),
        at: EPOCH,
    })
}

fn paid(payer: UserId, name: &str, amount: &str) -> PaymentEvent {
    PaymentEvent::Paid(Paid {
        payer,
        order: Some(named("job_1")),
        amount: usd(amount),
        fee: usd("3.20"),
        payment_intent: named(&format!("pi_{name}")),
        charge: named(&format!("ch_{name}")),
        balance_transaction: named(&format!("txn_{name}")),
        at: EPOCH,
    })
}

fn given_back(payer: UserId, number: u128, amount: &str) -> PaymentEvent {
    PaymentEvent::RefundRequested(RefundRequested {
        refund: refund(number),
        payer,
        amount: usd(amount),
        by: payer,
        at: EPOCH,
    })
}

/// A payment with everything that can become of one.
fn eventful(payer: UserId, name: &str) -> Vec<PaymentEvent> {
    let number = u128::from_str_radix(name, 16).unwrap();
    let dispute = named(&format!("du_{name}"));
    vec![
        requested(payer, "100"),
        opened(name),
        paid(payer, name, "100"),
        given_back(payer, number, "10"),
        PaymentEvent::RefundSent {
            refund: refund(number),
            stripe_refund: named(&format!("re_{name}")),
            at: EPOCH,
        },
        PaymentEvent::RefundSucceeded(RefundSucceeded {
            refund: refund(number),
            payer,
            amount: usd("10"),
            at: EPOCH,
        }),
        PaymentEvent::DisputeOpened {
            dispute: dispute.clone(),
            amount: usd("50"),
            reason: named("fraudulent"),
            at: EPOCH,
        },
        PaymentEvent::DisputeWithdrawn(DisputeWithdrawn {
            dispute,
            payer,
            amount: usd("50"),
            fee: usd("15"),
            frozen: usd("50"),
            at: EPOCH,
        }),
    ]
}

/// Appends to the stream of a payment that has so many events already; says where that ends.
async fn tell(world: &World, payment: &str, already: i64, events: &[PaymentEvent]) -> i64 {
    let events = events
        .iter()
        .map(|event| NewEvent::from_domain(event).unwrap())
        .collect();
    let context = Context::by("user/tester");
    let append = Append::try_new("payment", payment, already, events, &context).unwrap();
    world.log.append(append).await.unwrap().position
}

/// Two people pay; says where that ends.
pub async fn pay(world: &World, people: [UserId; 2]) -> i64 {
    let mut head = 0;
    for (payer, name) in people.into_iter().zip(["a1", "b1"]) {
        let payment = format!("payment_{name}");
        head = tell(world, &payment, 0, &eventful(payer, name)).await;
    }
    head
}

async fn engine(world: &World, page_events: i64) -> Engine {
    let settings = Settings {
        page_events,
        readers: 2,
        rest: Duration::from_millis(20),
    };
    Engine::open(
        world.log.clone(),
        Arc::new(Catalogue::new().with::<Payment>()),
        Projections::none().with::<Payments>().with::<Books>(),
        settings,
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn a_payment_and_what_became_of_it_have_a_row_each_however_the_pages_fall() {
    for page_events in [1, 3, 100] {
        let world = World::new().await;
        let head = pay(&world, [user(1), user(2)]).await;
        let engine = engine(&world, page_events).await;
        engine.catch_up(head).await.unwrap();
        let pool = world.log.pool();
        let one = payments::one(pool, "payment_a1").await.unwrap().unwrap();
        assert_eq!(
            (one.status.as_str(), one.payer),
            ("paid", user(1).to_string())
        );
        assert_eq!((one.fee_minor, one.refunded_minor), (3_200_000, 10_000_000));
        assert_eq!(one.checkout_url, None, "nobody pays twice");
        let refunds = payments::refunds_of(pool, "payment_a1").await.unwrap();
        assert_eq!(
            (refunds.len(), refunds[0].status.as_str()),
            (1, "succeeded")
        );
        let disputes = payments::disputes_of(pool, "payment_a1").await.unwrap();
        assert_eq!(
            (disputes.len(), disputes[0].status.as_str()),
            (1, "withdrawn")
        );
        assert_eq!(disputes[0].frozen_minor, 50_000_000);

        let lost = PaymentEvent::DisputeLost(DisputeLost {
            dispute: named("du_a1"),
            payer: user(1),
            amount: usd("50"),
            frozen: usd("50"),
            at: EPOCH,
        });
        let back = PaymentEvent::RefundFailed(RefundFailed {
            refund: refund(0xa1),
            payer: user(1),
            amount: usd("10"),
            because: RefundFailedBecause::NotCredited,
            after: RefundAfter::Succeeded,
            at: EPOCH,
        });
        let head = tell(&world, "payment_a1", 8, &[lost, back]).await;
        engine.catch_up(head).await.unwrap();
        let one = payments::one(pool, "payment_a1").await.unwrap().unwrap();
        assert_eq!(one.refunded_minor, 0);
        let refunds = payments::refunds_of(pool, "payment_a1").await.unwrap();
        assert_eq!(refunds[0].reason.as_deref(), Some("not-credited"));
        let disputes = payments::disputes_of(pool, "payment_a1").await.unwrap();
        assert_eq!(disputes[0].status, "lost");

        let found = engine.recompute("payments").await.unwrap();
        assert!(found.agrees() && found.rows == 6, "{found:?}");
        assert_eq!(engine.refold("payments", head).await.unwrap(), found.actual);
        let rebuilt = engine.rebuild("payments", &|_| {}).await.unwrap();
        assert_eq!(rebuilt.comparison, Comparison::Equal);
    }
}

#[tokio::test]
async fn what_is_to_be_done_is_found() {
    let world = World::new().await;
    let ann = user(1);
    tell(&world, "payment_a1", 0, &[requested(ann, "10")]).await;
    tell(
        &world,
        "payment_a2",
        0,
        &[requested(ann, "10"), opened("a2")],
    )
    .await;
    let because = FailedBecause::Refused;
    let failed = PaymentEvent::Failed {
        order: Some(named("job_1")),
        because,
        at: EPOCH,
    };
    tell(&world, "payment_a3", 0, &[requested(ann, "10"), failed]).await;
    let all = [
        requested(ann, "100"),
        opened("a4"),
        paid(ann, "a4", "100"),
        given_back(ann, 4, "5"),
    ];
    let head = tell(&world, "payment_a4", 0, &all).await;
    let engine = engine(&world, 100).await;
    engine.catch_up(head).await.unwrap();
    let pool = world.log.pool();
    assert_eq!(payments::to_open(pool, 10).await.unwrap(), ["payment_a1"]);
    let to_send = payments::refunds_to_send(pool, 10).await.unwrap();
    assert_eq!(to_send, [("payment_a4".to_owned(), refund(4).to_string())]);
    let hour = EPOCH + TimeDelta::hours(1);
    let before = hour - TimeDelta::microseconds(1);
    assert_eq!(
        payments::overdue(pool, before, 10).await.unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(
        payments::overdue(pool, hour, 10).await.unwrap(),
        ["payment_a2"]
    );
    let ann = ann.to_string();
    let latest = payments::of_payer(pool, &ann, i64::MAX, 10).await.unwrap();
    let names: Vec<&str> = latest.iter().map(|it| it.payment.as_str()).collect();
    assert_eq!(
        names,
        ["payment_a4", "payment_a3", "payment_a2", "payment_a1"]
    );
    let rest = payments::of_payer(pool, &ann, latest[1].requested_position, 10).await;
    assert_eq!(rest.unwrap(), latest[2..]);
}

#[tokio::test]
async fn a_statement_shows_the_latest_events_each_with_all_that_it_moved() {
    let world = World::new().await;
    let head = pay(&world, [user(1), user(2)]).await;
    let engine = engine(&world, 100).await;
    engine.catch_up(head).await.unwrap();
    let pool = world.log.pool();
    let owner = user(1).to_string();
    let accounts: Vec<Account> = WalletLeaf::ALL
        .map(|leaf| Account::wallet(&owner, leaf).unwrap())
        .to_vec();
    let lines = books::latest_of(pool, &accounts, i64::MAX, 2)
        .await
        .unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.event_type.as_str(), line.amount.amount()))
        .collect();
    let expected = [
        ("payment.dispute-withdrawn", "-50.00".to_owned()),
        ("payment.dispute-withdrawn", "50.00".to_owned()),
        ("payment.refund-requested", "-10.00".to_owned()),
    ];
    assert_eq!(told, expected);
    let rest = books::latest_of(pool, &accounts, lines[2].position, 10)
        .await
        .unwrap();
    assert_eq!(
        (rest.len(), rest[0].event_type.as_str()),
        (1, "payment.paid")
    );
    let balances = books::balances_of(pool, &accounts).await.unwrap();
    let amounts: Vec<String> = balances.iter().map(|row| row.balance.amount()).collect();
    assert_eq!(amounts, ["40.00", "50.00"]);
}

#[tokio::test]
async fn a_notice_is_kept_once_and_taken_by_one_at_a_time() {
    let world = World::new().await;
    let pool = world.log.pool();
    let notice = Notice {
        notice: "evt_1".to_owned(),
        kind: "charge.succeeded".to_owned(),
        object: "ch_1".to_owned(),
        payment: None,
    };
    assert!(inbox::put(pool, &notice, EPOCH).await.unwrap());
    assert!(!inbox::put(pool, &notice, EPOCH).await.unwrap());
    let minute = EPOCH + TimeDelta::minutes(1);
    let taken = inbox::take(pool, EPOCH, minute, 10).await.unwrap();
    assert_eq!((taken.len(), taken[0].attempts), (1, 1));
    assert_eq!(inbox::take(pool, EPOCH, minute, 10).await.unwrap(), []);
    // Whoever took it was not heard of again.
    let again = inbox::take(pool, minute, minute, 10).await.unwrap();
    assert_eq!(again[0].attempts, 2);
    inbox::done(pool, "evt_1", minute).await.unwrap();
    inbox::park(pool, "evt_1", minute, "too late")
        .await
        .unwrap();
    assert_eq!(inbox::counts(pool).await.unwrap(), (0, 1, 0));
    assert_eq!(inbox::sweep(pool, minute).await.unwrap(), 0);
    let later = minute + TimeDelta::seconds(1);
    assert_eq!(inbox::sweep(pool, later).await.unwrap(), 1);
    assert_eq!(inbox::polled(pool, "stripe").await.unwrap(), None);
    inbox::note_poll(pool, "stripe", Some("evt_1"), EPOCH)
        .await
        .unwrap();
    inbox::note_poll(pool, "stripe", None, EPOCH).await.unwrap();
    let last = inbox::polled(pool, "stripe").await.unwrap();
    assert_eq!(last.as_deref(), Some("evt_1"));
}
