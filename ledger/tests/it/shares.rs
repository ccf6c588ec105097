//! A split gives away exactly what there was, to each as near its due as whole units allow.

use ledger::Money;
use proptest::prelude::*;

use crate::{any_currency, any_minor, cases};

fn any_weight() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0_u64..10, 2 => any::<u64>(), 1 => Just(u64::MAX)]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn parts_always_sum_to_the_whole(
        minor in any_minor(),
        currency in any_currency(),
        weights in proptest::collection::vec(any_weight(), 0..24),
    ) {
        let money = Money::from_minor(minor, currency);
        let total: u128 = weights.iter().copied().map(u128::from).sum();
        match money.split(&weights) {
            Err(_) => prop_assert_eq!(total, 0),
            Ok(parts) => {
                prop_assert_eq!(parts.len(), weights.len());
                let sum: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
                prop_assert_eq!(sum, i128::from(minor));
                for (part, weight) in parts.iter().zip(&weights) {
                    prop_assert_eq!(part.currency(), currency);
                    let due = u128::from(minor.unsigned_abs()) * u128::from(*weight);
                    let given = u128::from(part.minor().unsigned_abs());
                    prop_assert!(given == due / total || given == due.div_ceil(total));
                    prop_assert!(part.is_zero() || part.is_negative() == (minor < 0));
                }
            }
        }
    }

    #[test]
    fn no_part_with_a_smaller_remainder_is_rounded_up_before_a_larger(
        minor in any_minor(),
        currency in any_currency(),
        weights in proptest::collection::vec(any_weight(), 1..12),
    ) {
        let total: u128 = weights.iter().copied().map(u128::from).sum();
        prop_assume!(total > 0);
        let parts = Money::from_minor(minor, currency).split(&weights).unwrap();
        let mut ranked = Vec::new();
        for (index, (part, weight)) in parts.iter().zip(&weights).enumerate() {
            let due = u128::from(minor.unsigned_abs()) * u128::from(*weight);
            let went_up = u128::from(part.minor().unsigned_abs()) > due / total;
            ranked.push((std::cmp::Reverse(due % total), index, went_up));
        }
        ranked.sort();
        let first_down = ranked.iter().position(|(_, _, went_up)| !went_up).unwrap_or(ranked.len());
        prop_assert!(ranked[first_down..].iter().all(|(_, _, went_up)| !went_up));
    }

    #[test]
    fn a_negative_split_mirrors_the_positive(
        minor in 0..=i64::MAX,
        currency in any_currency(),
        weights in proptest::collection::vec(1_u64..1_000, 1..12),
    ) {
        let there = Money::from_minor(minor, currency).split(&weights).unwrap();
        let back = Money::from_minor(-minor, currency).split(&weights).unwrap();
        for (one, other) in there.iter().zip(back) {
            prop_assert_eq!(one.checked_neg(), Ok(other));
        }
    }
}
