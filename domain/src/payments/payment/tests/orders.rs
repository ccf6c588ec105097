//! However the observations of a payment come, in each of 5,040 orders, its books are the same.

use std::collections::BTreeMap;

use super::*;

/// Calls with each order of these, without keeping them all.
fn each_order(
    commands: &mut [PaymentCommand],
    from: usize,
    look: &mut dyn FnMut(&[PaymentCommand]),
) {
    if from == commands.len() {
        look(commands);
        return;
    }
    for at in from..commands.len() {
        commands.swap(from, at);
        each_order(commands, from + 1, look);
        commands.swap(from, at);
    }
}

/// What every account holds after these observations; one that is refused is made again when the
/// others have been made, as whoever makes them does.
fn books(history: &[PaymentEvent], observations: &[PaymentCommand]) -> BTreeMap<String, Money> {
    let mut state = Payment::default();
    let mut events = history.to_vec();
    history.iter().cloned().for_each(|event| state.apply(event));
    let mut waiting: Vec<PaymentCommand> = observations.to_vec();
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|command| match state.decide(command.clone()) {
            Ok(decided) => {
                decided.iter().cloned().for_each(|event| state.apply(event));
                events.extend(decided);
                false
            }
            Err(_) => true,
        });
        assert!(waiting.len() < before, "{waiting:?} are refused for ever");
    }
    let mut books = BTreeMap::new();
    for posting in events.iter().flat_map(|event| event.postings().unwrap()) {
        for leg in posting.legs() {
            let held = books.entry(leg.account().to_string()).or_insert(usd("0"));
            *held = held.checked_add(leg.amount()).unwrap();
        }
    }
    books.retain(|_, held| !held.is_zero());
    books
}

fn count_orders(history: &[PaymentEvent], mut observations: Vec<PaymentCommand>) -> usize {
    let expected = books(history, &observations);
    assert!(!expected.is_empty());
    let mut orders = 0;
    each_order(&mut observations, 0, &mut |order| {
        assert_eq!(books(history, order), expected, "{order:?}");
        orders += 1;
    });
    orders
}

#[test]
fn every_order_of_what_is_seen_of_a_checkout_gives_the_same_books() {
    let observations = [
        CheckoutState::Open,
        CheckoutState::Processing,
        CheckoutState::Processing,
        CheckoutState::Paid(settled()),
        CheckoutState::Paid(settled()),
        CheckoutState::Failed,
        CheckoutState::Expired,
    ];
    let observations = observations.map(seen).to_vec();
    assert_eq!(count_orders(&paid()[..2], observations), 5_040);
}

#[test]
fn every_order_of_what_is_seen_after_a_payment_gives_the_same_books() {
    let mut state = Payment::default();
    let mut history = paid();
    history.iter().cloned().for_each(|event| state.apply(event));
    history.extend(state.decide(refund(Some("30"))).unwrap());
    let returned = DisputeSeen {
        reinstated: withdrawn().withdrawn,
        is_won: true,
        ..withdrawn()
    };
    let observations = vec![
        seen(CheckoutState::Paid(settled())),
        refund_seen(RefundStatus::Pending),
        refund_seen(RefundStatus::Succeeded),
        refund_seen(RefundStatus::Failed),
        PaymentCommand::ObserveDispute(dispute()),
        PaymentCommand::ObserveDispute(withdrawn()),
        PaymentCommand::ObserveDispute(returned),
    ];
    assert_eq!(count_orders(&history, observations), 5_040);
}

/// The checker is checked: a payment that is credited twice has other books.
#[test]
fn a_second_credit_would_be_noticed() {
    let twice = [paid(), paid()[2..].to_vec()].concat();
    assert_ne!(books(&twice, &[]), books(&paid(), &[]));
}
