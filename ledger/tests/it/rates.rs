//! A rate rounds as an exact rational would, once.

use ledger::{Currency, MoneyError, Rate, Rounding};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::{any_currency, cases};

const ROUNDINGS: [Rounding; 3] = [Rounding::HalfEven, Rounding::Down, Rounding::Up];

fn any_rounding() -> impl Strategy<Value = Rounding> {
    proptest::sample::select(ROUNDINGS.to_vec())
}

/// The oracle: a signed rational rounded by comparing twice its rest with its denominator.
fn rounded(numerator: i128, denominator: i128, rounding: Rounding) -> i128 {
    let quotient = numerator.abs() / denominator;
    let rest = numerator.abs() % denominator;
    let one_up = match rounding {
        Rounding::Down => false,
        Rounding::Up => rest > 0,
        Rounding::HalfEven => {
            rest * 2 > denominator || rest * 2 == denominator && quotient % 2 == 1
        }
    };
    (quotient + i128::from(one_up)) * numerator.signum()
}

/// The same number with up to `zeros` zeros behind it, as far as a decimal holds them.
fn padded(mantissa: i64, scale: u32, zeros: u32) -> Decimal {
    let mut wide = i128::from(mantissa);
    let mut scale = scale;
    for _ in 0..zeros {
        if scale == 28 || wide.abs() * 10 >= 1 << 96 {
            break;
        }
        wide *= 10;
        scale += 1;
    }
    Decimal::from_i128_with_scale(wide, scale)
}

fn expect_minor(minor: i128, currency: Currency) -> Result<ledger::Money, MoneyError> {
    let minor = i64::try_from(minor).map_err(|_| MoneyError::OutOfRange)?;
    Ok(ledger::Money::from_minor(minor, currency))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_price_times_a_quantity_rounds_as_an_exact_rational(
        price in prop_oneof![-(1_i64 << 55)..(1 << 55), -5_000_i64..5_000],
        quantity in prop_oneof![-(1_i64 << 30)..(1 << 30), -5_000_i64..5_000],
        price_scale in 0_u32..16,
        quantity_scale in 0_u32..10,
        zeros in 0_u32..28,
        currency in any_currency(),
        rounding in any_rounding(),
    ) {
        let numerator =
            i128::from(price) * i128::from(quantity) * 10_i128.pow(currency.scale());
        let denominator = 10_i128.pow(price_scale + quantity_scale);
        let rate = Rate::new(padded(price, price_scale, zeros), currency);
        let money = rate.times(padded(quantity, quantity_scale, zeros), rounding);
        prop_assert_eq!(money, expect_minor(rounded(numerator, denominator, rounding), currency));
    }

    #[test]
    fn a_draw_is_told_from_what_is_just_beside_it(
        half_units in -1_000_000_i64..1_000_000,
        beside in -1_i128..=1,
        currency in any_currency(),
        rounding in any_rounding(),
    ) {
        // A multiple of half a minor unit, give or take the finest step that a decimal has.
        let fine = 10_i128.pow(28 - currency.scale());
        let mantissa = i128::from(half_units) * (fine / 2) + beside;
        let rate = Rate::new(Decimal::from_i128_with_scale(mantissa, 28), currency);
        let money = rate.times(Decimal::ONE, rounding);
        prop_assert_eq!(money, expect_minor(rounded(mantissa, fine, rounding), currency));
    }

    #[test]
    fn seconds_of_an_hourly_price_round_as_an_exact_rational(
        price in prop_oneof![-(1_i64 << 50)..(1 << 50), -5_000_i64..5_000],
        price_scale in 0_u32..16,
        zeros in 0_u32..28,
        seconds in prop_oneof![0_u64..(1 << 36), 0_u64..10_000],
        currency in any_currency(),
        rounding in any_rounding(),
    ) {
        let numerator = i128::from(price) * i128::from(seconds) * 10_i128.pow(currency.scale());
        let denominator = 3_600 * 10_i128.pow(price_scale);
        let rate = Rate::new(padded(price, price_scale, zeros), currency);
        let money = rate.times_seconds_per_hour(seconds, rounding);
        prop_assert_eq!(money, expect_minor(rounded(numerator, denominator, rounding), currency));
    }

    #[test]
    fn any_decimals_and_seconds_are_priced_or_refused(
        price in any::<[u8; 12]>(),
        quantity in any::<[u8; 12]>(),
        price_scale in 0_u32..=28,
        quantity_scale in 0_u32..=28,
        seconds in any::<u64>(),
        currency in any_currency(),
    ) {
        let decimal = |bytes: [u8; 12], scale| {
            let mut wide = [0; 16];
            wide[..12].copy_from_slice(&bytes);
            Decimal::from_i128_with_scale(i128::from_le_bytes(wide), scale)
        };
        let rate = Rate::new(decimal(price, price_scale), currency);
        for rounding in ROUNDINGS {
            let quantity = decimal(quantity, quantity_scale);
            if let Ok(money) = rate.times(quantity, rounding) {
                prop_assert_eq!(money.currency(), currency);
            }
            if let Ok(money) = rate.times_seconds_per_hour(seconds, rounding) {
                prop_assert!(!money.is_negative());
            }
        }
    }

    #[test]
    fn a_rate_is_read_back_from_its_json(
        mantissa in any::<i64>(),
        scale in 0_u32..=28,
        currency in any_currency(),
    ) {
        let rate = Rate::new(Decimal::from_i128_with_scale(i128::from(mantissa), scale), currency);
        let json = serde_json::to_string(&rate).unwrap();
        prop_assert_eq!(serde_json::from_str::<Rate>(&json).unwrap(), rate);
    }
}
