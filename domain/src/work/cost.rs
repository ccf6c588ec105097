//! What trained seconds cost: rounded down once a lease, and never more than what is left.

use ledger::{Money, MoneyError, Rate, Rounding};

/// However cheap a machine is, no lease is made for longer than 30 days of training.
pub const SECONDS_LONGEST: u64 = 30 * 24 * 3600;

/// What a lease has cost after so many trained seconds, where `left` was left when it began.
pub fn cost_of_lease(rate: &Rate, seconds: u64, left: Money) -> Result<Money, MoneyError> {
    let cost = match rate.times_seconds_per_hour(seconds, Rounding::Down) {
        Ok(cost) => cost,
        // More than any budget can hold.
        Err(MoneyError::OutOfRange) if !rate.price().is_sign_negative() => left,
        Err(refusal) => return Err(refusal),
    };
    if left.checked_sub(cost)?.is_negative() {
        Ok(left)
    } else {
        Ok(cost)
    }
}

/// How many trained seconds can be paid for in full with what is left.
pub fn seconds_affordable(rate: &Rate, left: Money) -> u64 {
    let affordable = |seconds: u64| {
        rate.times_seconds_per_hour(seconds, Rounding::Down)
            .and_then(|cost| left.checked_sub(cost))
            .is_ok_and(|rest| !rest.is_negative())
    };
    if left.is_negative() || !affordable(0) {
        return 0;
    }
    // By the arithmetic of the charge itself, so that the two can never disagree.
    let (mut paid, mut unpaid) = (0, SECONDS_LONGEST + 1);
    while paid + 1 < unpaid {
        let middle = u64::midpoint(paid, unpaid);
        if affordable(middle) {
            paid = middle;
        } else {
            unpaid = middle;
        }
    }
    // A second whose price rounds down to nothing would otherwise be had on an empty budget.
    if left.is_zero() && rate.price().is_sign_positive() && !rate.price().is_zero() {
        return 0;
    }
    paid
}

#[cfg(test)]
mod tests {
    use ledger::Currency;
    use serde_json::json;

    use super::*;

    fn rate(price: &str) -> Rate {
        serde_json::from_value(json!({ "price": price, "currency": "USD" })).unwrap()
    }

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::Usd)
    }

    #[test]
    fn a_lease_costs_its_seconds_rounded_down_and_never_more_than_is_left() {
        assert_eq!(cost_of_lease(&rate("0.35"), 1, usd(1_000)), Ok(usd(97)));
        assert_eq!(cost_of_lease(&rate("0.35"), 11, usd(1_000)), Ok(usd(1_000)));
        assert_eq!(cost_of_lease(&rate("0.35"), u64::MAX, usd(5)), Ok(usd(5)));
        let rubles = Money::zero(Currency::Rub);
        assert!(cost_of_lease(&rate("1"), 1, rubles).is_err());
    }

    #[test]
    fn the_seconds_that_can_be_paid_for_cost_no_more_than_is_left_and_one_more_would() {
        for (price, left) in [
            ("0.35", 1_000),
            ("1.2", 7),
            ("99.9", 1_000_000),
            ("0.01", 2),
        ] {
            let seconds = seconds_affordable(&rate(price), usd(left));
            let cost = |seconds| {
                let cost = rate(price).times_seconds_per_hour(seconds, Rounding::Down);
                cost.unwrap().minor()
            };
            assert!(cost(seconds) <= left, "{price} {left}");
            assert!(cost(seconds + 1) > left, "{price} {left}");
        }
        assert_eq!(seconds_affordable(&rate("0"), usd(1)), SECONDS_LONGEST);
        assert_eq!(seconds_affordable(&rate("0.001"), usd(0)), 0);
    }
}
