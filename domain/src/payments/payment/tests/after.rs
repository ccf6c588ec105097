//! What becomes of a payment after it was paid: refunds and disputes.

use super::*;
use crate::payments::events::RefundFailedBecause;

#[test]
fn refunds_never_exceed_the_payment() {
    given(&paid())
        .when(refund(Some("100.01")))
        .then_expect_error(PaymentError::BeyondPayment);
    given(&paid())
        .when(refund(None))
        .then_expect_events(vec![refund_requested("100")]);
    let (state, _) = after(&paid(), &[refund(Some("60"))]);
    assert_eq!(state.refundable().unwrap(), usd("40"));
    let second = PaymentCommand::RequestRefund {
        refund: id(2),
        amount: Some(usd("40.01")),
        by: bob(),
        at: minute(4),
    };
    assert_eq!(
        state.decide(second).unwrap_err(),
        PaymentError::BeyondPayment
    );
    given(&open())
        .when(refund(None))
        .then_expect_error(PaymentError::NotPaid);
}

#[test]
fn a_refund_asked_for_twice_is_one() {
    let (state, _) = after(&paid(), &[refund(Some("60"))]);
    assert_eq!(state.decide(refund(Some("60"))).unwrap(), vec![]);
    assert_eq!(
        state.decide(refund(Some("61"))).unwrap_err(),
        PaymentError::RefundedOtherwise
    );
}

#[test]
fn a_refund_that_fails_gives_back_exactly_what_it_took() {
    let refused = PaymentCommand::RefuseRefund {
        refund: id(1),
        at: minute(4),
    };
    for end in [
        vec![refused.clone()],
        vec![refund_seen(RefundStatus::Failed)],
        vec![
            refund_seen(RefundStatus::Succeeded),
            refund_seen(RefundStatus::Failed),
        ],
    ] {
        let commands = [vec![refund(Some("60"))], end].concat();
        let (state, events) = after(&paid(), &commands);
        assert_eq!(balance(&events, &wallet_of("available")), usd("100"));
        assert_eq!(balance(&events, "outside/in-transit/stripe"), usd("0"));
        assert_eq!(balance(&events, "outside/stripe/available"), usd("0"));
        assert_eq!(state.refundable().unwrap(), usd("100"));
    }
    // What the processor has begun with is not to be refused any more.
    let begun = [
        refund(Some("60")),
        refund_seen(RefundStatus::Pending),
        refused,
    ];
    let (state, _) = after(&paid(), &begun);
    assert_eq!(state.refundable().unwrap(), usd("40"));
}

#[test]
fn a_refund_seen_in_any_order_ends_the_same() {
    use RefundStatus::{Failed, Pending, Succeeded};
    let asked = after(&paid(), &[refund(Some("60"))]).1;
    for order in [
        [Pending, Succeeded, Failed],
        [Succeeded, Pending, Failed],
        [Failed, Succeeded, Pending],
        [Failed, Pending, Succeeded],
    ] {
        let (_, events) = after(&asked, &order.map(refund_seen));
        assert_eq!(balance(&events, &wallet_of("available")), usd("100"));
        let failures = events.iter().filter(|event| {
            matches!(event, PaymentEvent::RefundFailed(failed)
                if failed.because == RefundFailedBecause::NotCredited)
        });
        assert_eq!(failures.count(), 1, "{order:?}");
    }
}

#[test]
fn a_dispute_freezes_what_is_there_and_a_loss_leaves_the_rest_owed() {
    let lost = DisputeSeen {
        is_lost: true,
        ..withdrawn()
    };
    let step_by_step = [dispute(), withdrawn(), lost.clone(), lost.clone()];
    let at_once = [lost.clone(), dispute(), withdrawn()];
    for seen in [step_by_step.to_vec(), at_once.to_vec()] {
        let commands: Vec<_> = seen
            .into_iter()
            .map(PaymentCommand::ObserveDispute)
            .collect();
        let (state, events) = after(&paid(), &commands);
        assert_eq!(balance(&events, &wallet_of("available")), usd("52.46"));
        assert_eq!(balance(&events, &wallet_of("disputed")), usd("0"));
        assert_eq!(
            balance(&events, &format!("receivable/{}", ann())),
            usd("-2.46")
        );
        assert_eq!(balance(&events, "outside/stripe/withheld"), usd("0"));
        assert_eq!(state.refundable().unwrap(), usd("50"));
    }
}

#[test]
fn a_dispute_that_is_won_gives_back_what_was_frozen() {
    let returned = Withdrawal {
        amount: usd("50"),
        fee: usd("15"),
    };
    let won = DisputeSeen {
        reinstated: Some(returned),
        is_won: true,
        ..withdrawn()
    };
    let commands = [withdrawn(), won.clone(), withdrawn(), won];
    let (state, events) = after(&paid(), &commands.map(PaymentCommand::ObserveDispute));
    assert_eq!(balance(&events, &wallet_of("available")), usd("100"));
    assert_eq!(balance(&events, &wallet_of("disputed")), usd("0"));
    assert_eq!(balance(&events, "outside/stripe/available"), usd("0"));
    assert_eq!(balance(&events, "platform/fees"), usd("-3.20"));
    assert_eq!(state.refundable().unwrap(), usd("100"));
}

#[test]
fn an_inquiry_moves_nothing() {
    let dropped = DisputeSeen {
        is_dropped: true,
        ..dispute()
    };
    let commands = [dispute(), dropped.clone(), dropped];
    let (state, events) = after(&paid(), &commands.map(PaymentCommand::ObserveDispute));
    assert_eq!(events.len(), paid().len() + 2);
    assert_eq!(balance(&events, &wallet_of("available")), usd("100"));
    assert_eq!(state.refundable().unwrap(), usd("100"));
}

#[test]
fn what_is_gone_for_good_does_not_come_back_unnoticed() {
    let lost = DisputeSeen {
        is_lost: true,
        ..withdrawn()
    };
    let (state, _) = after(&paid(), &[PaymentCommand::ObserveDispute(lost)]);
    let returned = DisputeSeen {
        reinstated: withdrawn().withdrawn,
        ..withdrawn()
    };
    assert_eq!(
        state
            .decide(PaymentCommand::ObserveDispute(returned))
            .unwrap_err(),
        PaymentError::LostBefore
    );
}

#[test]
fn every_event_that_moves_money_balances() {
    let returned = DisputeSeen {
        reinstated: withdrawn().withdrawn,
        is_won: true,
        ..withdrawn()
    };
    let (_, events) = after(
        &paid(),
        &[
            refund(Some("60")),
            refund_seen(RefundStatus::Succeeded),
            refund_seen(RefundStatus::Failed),
            PaymentCommand::ObserveDispute(withdrawn()),
            PaymentCommand::ObserveDispute(returned),
        ],
    );
    assert!(events.iter().all(|event| event.postings().is_ok()));
}
