//! Nothing unbalanced is ever a posting, by whichever door it comes.

use ledger::{Account, Currency, Leg, Money, Posting};
use proptest::prelude::*;

use crate::{any_currency, any_minor, cases};

fn any_account() -> impl Strategy<Value = Account> {
    let names = [
        "wallet/c/available",
        "wallet/c/held",
        "wallet/p/pending",
        "platform/fees",
    ];
    proptest::sample::select(names.map(|name| Account::parse(name).unwrap()).to_vec())
}

fn any_leg() -> impl Strategy<Value = Leg> {
    let minor = prop_oneof![1 => any_minor(), 3 => -3_i64..=3];
    (any_account(), minor, any_currency()).prop_map(|(account, minor, currency)| {
        Leg::new(account, Money::from_minor(minor, currency))
    })
}

/// The sum of each currency's legs, in the order of `Currency::ALL`.
fn sums(legs: &[Leg]) -> [i128; 4] {
    Currency::ALL.map(|currency| {
        let in_currency = legs
            .iter()
            .filter(|leg| leg.amount().currency() == currency);
        in_currency
            .map(|leg| i128::from(leg.amount().minor()))
            .sum()
    })
}

/// Random legs with one more for each currency, so that each sums to zero.
fn balanced_legs() -> impl Strategy<Value = Vec<Leg>> {
    let nonzero = (any_account(), -1_000_000_i64..1_000_000, any_currency())
        .prop_filter("a leg moves something", |(_, minor, _)| *minor != 0)
        .prop_map(|(account, minor, currency)| {
            Leg::new(account, Money::from_minor(minor, currency))
        });
    proptest::collection::vec(nonzero, 1..32).prop_map(|mut legs| {
        for (currency, sum) in Currency::ALL.into_iter().zip(sums(&legs)) {
            if sum != 0 {
                let minor = i64::try_from(-sum).unwrap();
                let account = Account::outside("bank").unwrap();
                legs.push(Leg::new(account, Money::from_minor(minor, currency)));
            }
        }
        legs
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn legs_are_a_posting_exactly_when_they_balance(
        legs in proptest::collection::vec(any_leg(), 0..6),
    ) {
        let sound = legs.len() >= 2
            && legs.iter().all(|leg| !leg.amount().is_zero())
            && sums(&legs) == [0; 4];
        prop_assert_eq!(Posting::new(legs.clone()).is_ok(), sound);
        let json = serde_json::to_string(&legs).unwrap();
        prop_assert_eq!(serde_json::from_str::<Posting>(&json).is_ok(), sound);
    }

    #[test]
    fn balanced_json_is_read_and_any_change_of_an_amount_is_refused(
        legs in balanced_legs(),
        place in any::<proptest::sample::Index>(),
        change in prop_oneof![1_i64..1_000_000, -1_000_000_i64..0],
    ) {
        let posting = Posting::new(legs.clone()).unwrap();
        let json = serde_json::to_string(&posting).unwrap();
        prop_assert_eq!(serde_json::from_str::<Posting>(&json).unwrap(), posting);

        let mut changed = legs;
        let leg = place.get(&changed).clone();
        let change = Money::from_minor(change, leg.amount().currency());
        let amount = leg.amount().checked_add(change).unwrap();
        let index = place.index(changed.len());
        changed[index] = Leg::new(leg.account().clone(), amount);
        let json = serde_json::to_string(&changed).unwrap();
        prop_assert!(serde_json::from_str::<Posting>(&json).is_err());
    }

    #[test]
    fn a_leg_moved_to_another_currency_is_refused(
        legs in balanced_legs(),
        place in any::<proptest::sample::Index>(),
        steps in 1_usize..4,
    ) {
        let index = place.index(legs.len());
        let mut changed = legs;
        let leg = changed[index].clone();
        let before = Currency::ALL.iter().position(|all| *all == leg.amount().currency());
        let currency = Currency::ALL[(before.unwrap() + steps) % Currency::ALL.len()];
        let amount = Money::from_minor(leg.amount().minor(), currency);
        changed[index] = Leg::new(leg.account().clone(), amount);
        prop_assert!(Posting::new(changed).is_err());
    }

    #[test]
    fn a_transfer_moves_exactly_its_amount(
        from in any_account(),
        to in any_account(),
        minor in any_minor(),
        currency in any_currency(),
    ) {
        let amount = Money::from_minor(minor, currency);
        let sound = minor > 0 && from != to;
        let posting = Posting::transfer(from.clone(), to.clone(), amount);
        prop_assert_eq!(posting.is_ok(), sound);
        if let Ok(posting) = posting {
            let back = Leg::new(from, amount.checked_neg().unwrap());
            prop_assert_eq!(posting.into_legs(), vec![back, Leg::new(to, amount)]);
        }
    }

    #[test]
    fn reading_any_json_never_panics(text in any::<String>()) {
        let json = format!("[{{\"account\":{text:?},\"amount\":{{\"amount\":{text:?}}}}}]");
        prop_assert!(serde_json::from_str::<Posting>(&json).is_err());
        prop_assert!(serde_json::from_str::<Posting>(&text).is_err());
    }
}
