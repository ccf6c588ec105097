//! A commission taken in ticks is the commission taken at once.

use ledger::{BasisPoints, Money};
use proptest::prelude::*;

use crate::{any_currency, any_minor, cases};

fn any_points() -> impl Strategy<Value = BasisPoints> {
    (0_u16..=10_000).prop_map(|points| BasisPoints::try_new(points).unwrap())
}

/// Many small ticks, as a rental makes, and a few large ones.
fn any_ticks() -> impl Strategy<Value = Vec<i64>> {
    let tick = prop_oneof![4 => 0_i64..40, 2 => 0_i64..10_000_000, 1 => 0_i64..(i64::MAX / 128)];
    proptest::collection::vec(tick, 1..64)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn ticks_lose_less_than_one_minor_unit_in_total(
        points in any_points(),
        ticks in any_ticks(),
        currency in any_currency(),
    ) {
        let mut captured = Money::zero(currency);
        let mut commission_sum = 0_i128;
        for tick in ticks {
            let capture = Money::from_minor(tick, currency);
            let split = points.deduct(captured, capture).unwrap();
            prop_assert_eq!(split.provider.checked_add(split.commission), Ok(capture));
            prop_assert!(!split.provider.is_negative() && !split.commission.is_negative());
            captured = captured.checked_add(capture).unwrap();
            commission_sum += i128::from(split.commission.minor());

            let exact_ten_thousandths = i128::from(captured.minor()) * i128::from(points.get());
            let error_ten_thousandths = (commission_sum * 10_000 - exact_ten_thousandths).abs();
            prop_assert!(error_ten_thousandths < 10_000);
            prop_assert_eq!(i128::from(points.of(captured).minor()), commission_sum);
        }
    }

    #[test]
    fn a_share_is_the_nearest_whole_unit_and_even_in_a_draw(
        points in any_points(),
        minor in any_minor(),
        currency in any_currency(),
    ) {
        let share = i128::from(points.of(Money::from_minor(minor, currency)).minor());
        let error = share * 10_000 - i128::from(minor) * i128::from(points.get());
        prop_assert!(error.abs() <= 5_000);
        prop_assert!(error.abs() < 5_000 || share % 2 == 0);
    }

    #[test]
    fn any_two_amounts_are_split_or_refused(
        points in any_points(),
        before in any_minor(),
        capture in any_minor(),
        currency in any_currency(),
    ) {
        let [before, capture] = [before, capture].map(|minor| Money::from_minor(minor, currency));
        if let Ok(split) = points.deduct(before, capture) {
            prop_assert_eq!(split.provider.checked_add(split.commission), Ok(capture));
        }
    }
}

/// The control: were each tick rounded by itself, the error would grow with their number.
#[test]
fn rounding_each_tick_by_itself_would_drift() {
    let ten_percent = BasisPoints::try_new(1_000).unwrap();
    let tick = Money::from_minor(4, ledger::Currency::Usd);
    let by_itself = ten_percent.of(tick).minor() * 1_000;
    let mut captured = Money::zero(ledger::Currency::Usd);
    let mut cumulative = 0;
    for _ in 0..1_000 {
        cumulative += ten_percent
            .deduct(captured, tick)
            .unwrap()
            .commission
            .minor();
        captured = captured.checked_add(tick).unwrap();
    }
    assert_eq!((by_itself, cumulative), (0, 400));
}
