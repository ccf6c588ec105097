//! What is decided of a payment, given what has happened to it.

mod after;
mod orders;

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use ledger::{Account, Currency, Effects, Money};

use super::*;
use crate::payments::commands::{DisputeSeen, RefundStatus, Withdrawal};
use crate::payments::events::RefundRequested;
use crate::users::examples::{ann, bob, id, minute};

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::Usd).unwrap()
}

pub fn named(text: &str) -> Reference {
    Reference::try_new(text).unwrap()
}

pub fn requested() -> Requested {
    Requested {
        payer: ann(),
        amount: usd("100"),
        order: Some(named("job_1")),
        at: minute(0),
    }
}

pub fn opened() -> CheckoutOpened {
    CheckoutOpened {
        session: named("cs_1"),
        url: "https://checkout.example/cs_1".to_owned(),
        expires_at: minute(60),
        at: minute(1),
    }
}

pub fn settled() -> Settled {
    Settled {
        amount: usd("100"),
        fee: usd("3.20"),
        payment_intent: named("pi_1"),
        charge: named("ch_1"),
        balance_transaction: named("txn_1"),
    }
}

pub fn given(events: &[PaymentEvent]) -> AggregateTestExecutor<Payment> {
    TestFramework::<Payment>::with(()).given(events.to_vec())
}

pub fn begun() -> Vec<PaymentEvent> {
    vec![PaymentEvent::Requested(requested())]
}

pub fn open() -> Vec<PaymentEvent> {
    [begun(), vec![PaymentEvent::CheckoutOpened(opened())]].concat()
}

pub fn paid_event() -> PaymentEvent {
    PaymentEvent::Paid(settle(&requested(), settled(), minute(2)).unwrap())
}

pub fn paid() -> Vec<PaymentEvent> {
    [open(), vec![paid_event()]].concat()
}

pub fn seen(state: CheckoutState) -> PaymentCommand {
    PaymentCommand::ObserveCheckout {
        session: named("cs_1"),
        state,
        at: minute(2),
    }
}

pub fn refund(amount: Option<&str>) -> PaymentCommand {
    PaymentCommand::RequestRefund {
        refund: id(1),
        amount: amount.map(usd),
        by: ann(),
        at: minute(3),
    }
}

pub fn refund_requested(amount: &str) -> PaymentEvent {
    PaymentEvent::RefundRequested(RefundRequested {
        refund: id(1),
        payer: ann(),
        amount: usd(amount),
        by: ann(),
        at: minute(3),
    })
}

pub fn refund_seen(status: RefundStatus) -> PaymentCommand {
    PaymentCommand::ObserveRefund {
        refund: id(1),
        stripe_refund: named("re_1"),
        status,
        at: minute(4),
    }
}

pub fn dispute() -> DisputeSeen {
    DisputeSeen {
        dispute: named("dp_1"),
        amount: usd("50"),
        reason: named("fraudulent"),
        withdrawn: None,
        reinstated: None,
        is_lost: false,
        is_won: false,
        is_dropped: false,
        available: usd("47.54"),
        at: minute(5),
    }
}

pub fn withdrawn() -> DisputeSeen {
    let taken = Withdrawal {
        amount: usd("50"),
        fee: usd("15"),
    };
    DisputeSeen {
        withdrawn: Some(taken),
        ..dispute()
    }
}

/// The state after these commands, which all have to be granted.
pub fn after(
    history: &[PaymentEvent],
    commands: &[PaymentCommand],
) -> (Payment, Vec<PaymentEvent>) {
    let mut state = Payment::default();
    history.iter().cloned().for_each(|event| state.apply(event));
    let mut events = history.to_vec();
    for command in commands {
        for event in state.decide(command.clone()).unwrap() {
            state.apply(event.clone());
            events.push(event);
        }
    }
    (state, events)
}

/// What an account holds after these events.
pub fn balance(events: &[PaymentEvent], account: &str) -> Money {
    let account = Account::parse(account).unwrap();
    let postings = events.iter().flat_map(|event| event.postings().unwrap());
    let legs = postings.flat_map(|posting| posting.legs().to_vec());
    let of_account = legs.filter(|leg| *leg.account() == account);
    of_account.fold(usd("0"), |sum, leg| sum.checked_add(leg.amount()).unwrap())
}

pub fn wallet_of(leaf: &str) -> String {
    format!("wallet/{}/{leaf}", ann())
}

#[test]
fn a_payment_is_requested_opened_and_paid_once() {
    given(&[])
        .when(PaymentCommand::Request(requested()))
        .then_expect_events(begun());
    given(&begun())
        .when(PaymentCommand::RecordCheckout(opened()))
        .then_expect_events(vec![PaymentEvent::CheckoutOpened(opened())]);
    given(&open())
        .when(seen(CheckoutState::Paid(settled())))
        .then_expect_events(vec![paid_event()]);
    given(&paid())
        .when(seen(CheckoutState::Paid(settled())))
        .then_expect_events(vec![]);
}

#[test]
fn asking_again_is_asking_once_whenever_it_is_done() {
    let later = Requested {
        at: minute(9),
        ..requested()
    };
    given(&paid())
        .when(PaymentCommand::Request(later))
        .then_expect_events(vec![]);
    let other = Requested {
        amount: usd("101"),
        ..requested()
    };
    given(&begun())
        .when(PaymentCommand::Request(other))
        .then_expect_error(PaymentError::RequestedOtherwise);
}

#[test]
fn what_no_card_can_pay_is_refused() {
    for (amount, refusal) in [
        (usd("0"), PaymentError::NotPositive),
        (usd("-1"), PaymentError::NotPositive),
        (usd("0.001"), PaymentError::NotWholeCents),
        (
            Money::parse("1", Currency::Rub).unwrap(),
            PaymentError::NotDollars,
        ),
    ] {
        let asked = Requested {
            amount,
            ..requested()
        };
        given(&[])
            .when(PaymentCommand::Request(asked))
            .then_expect_error(refusal);
    }
}

#[test]
fn nothing_is_credited_before_the_money_is_there() {
    let (_, events) = after(&open(), &[seen(CheckoutState::Processing)]);
    assert_eq!(balance(&events, &wallet_of("available")), usd("0"));
    let (_, events) = after(&events, &[seen(CheckoutState::Paid(settled()))]);
    assert_eq!(balance(&events, &wallet_of("available")), usd("100"));
    assert_eq!(balance(&events, "outside/stripe/pending"), usd("-96.80"));
    assert_eq!(balance(&events, "platform/fees"), usd("-3.20"));
}

#[test]
fn observations_in_any_order_lead_to_the_same_end() {
    let states = [
        CheckoutState::Open,
        CheckoutState::Processing,
        CheckoutState::Paid(settled()),
        CheckoutState::Expired,
        CheckoutState::Failed,
    ];
    for first in &states {
        for second in &states {
            let commands = [first, second].map(|state| seen(state.clone()));
            let paid = [first, second]
                .iter()
                .any(|it| matches!(it, CheckoutState::Paid(_)));
            let (state, events) = after(&open(), &commands);
            let is_paid = matches!(state.stage(), Some(Stage::Paid { .. }));
            assert_eq!(is_paid, paid, "{first:?}, {second:?}");
            let credited = balance(&events, &wallet_of("available"));
            assert_eq!(credited.is_positive(), paid, "{first:?}, {second:?}");
        }
    }
}

#[test]
fn what_was_paid_must_be_what_was_asked_for() {
    let other = Settled {
        amount: usd("99"),
        ..settled()
    };
    given(&open())
        .when(seen(CheckoutState::Paid(other)))
        .then_expect_error(PaymentError::OtherAmount);
    let greedy = Settled {
        fee: usd("100"),
        ..settled()
    };
    given(&open())
        .when(seen(CheckoutState::Paid(greedy)))
        .then_expect_error(PaymentError::ImpossibleFee);
    let second = Settled {
        charge: named("ch_2"),
        ..settled()
    };
    given(&paid())
        .when(seen(CheckoutState::Paid(second)))
        .then_expect_error(PaymentError::PaidOtherwise);
    given(&open())
        .when(PaymentCommand::ObserveCheckout {
            session: named("cs_2"),
            state: CheckoutState::Open,
            at: minute(2),
        })
        .then_expect_error(PaymentError::OtherCheckout);
}

#[test]
fn what_was_given_up_and_is_paid_after_all_is_credited() {
    let because = FailedBecause::NotOpened;
    let give_up = PaymentCommand::GiveUp {
        because,
        at: minute(3),
    };
    let (_, events) = after(
        &begun(),
        &[
            give_up,
            PaymentCommand::RecordCheckout(opened()),
            seen(CheckoutState::Paid(settled())),
        ],
    );
    assert_eq!(balance(&events, &wallet_of("available")), usd("100"));
}
