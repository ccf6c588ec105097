//! Our share of what is captured, counted on the cumulative amount.

use serde::{Deserialize, Serialize};

use crate::amount::signed;
use crate::money::{Money, MoneyError};
use crate::rounding::{Rest, Rounding};

/// Hundredths of a percent, from 0 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct BasisPoints(u16);

/// What becomes of one capture; the two parts sum to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    pub provider: Money,
    pub commission: Money,
}

impl BasisPoints {
    pub const ZERO: Self = Self(0);
    pub const WHOLE: Self = Self(10_000);

    pub const fn try_new(points: u16) -> Result<Self, MoneyError> {
        if points <= Self::WHOLE.0 {
            Ok(Self(points))
        } else {
            Err(MoneyError::NotBasisPoints { given: points })
        }
    }

    pub const fn get(self) -> u16 {
        self.0
    }

    /// This share of an amount, rounded half to even.
    pub fn of(self, amount: Money) -> Money {
        let whole = u64::from(Self::WHOLE.0);
        let magnitude = amount.minor().unsigned_abs();
        let product = u128::from(magnitude) * u128::from(self.0);
        let narrow = |value| u64::try_from(value).expect("a share is at most the whole");
        let quotient = narrow(product / u128::from(whole));
        let rest = Rest::Nothing.then(narrow(product % u128::from(whole)), whole);
        let share = quotient + u64::from(Rounding::HalfEven.goes_up(quotient % 2 == 1, rest));
        assert!(share <= magnitude, "a share is at most the whole");
        let minor = signed(amount.is_negative(), share).expect("a share is at most the whole");
        Money::from_minor(minor, amount.currency())
    }

    /// Splits `capture`, when `captured_before` has already been captured of the same order.
    ///
    /// The commission is what the cumulative commission grows by, so however many captures an
    /// order is cut into, their commissions sum to this share of their total rounded once.
    pub fn deduct(self, captured_before: Money, capture: Money) -> Result<Split, MoneyError> {
        let captured = captured_before.checked_add(capture)?;
        let commission = self.of(captured).checked_sub(self.of(captured_before))?;
        let provider = capture.checked_sub(commission)?;
        if !captured_before.is_negative() && !capture.is_negative() {
            assert!(
                !commission.is_negative(),
                "a commission only grows with what is captured"
            );
            assert!(
                !provider.is_negative(),
                "a commission is at most what is captured"
            );
        }
        Ok(Split {
            provider,
            commission,
        })
    }
}

impl TryFrom<u16> for BasisPoints {
    type Error = MoneyError;

    fn try_from(points: u16) -> Result<Self, MoneyError> {
        Self::try_new(points)
    }
}

impl From<BasisPoints> for u16 {
    fn from(points: BasisPoints) -> Self {
        points.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::currency::Currency;

    const TEN_PERCENT: BasisPoints = BasisPoints(1_000);

    const fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::Usd)
    }

    #[test]
    fn a_share_is_rounded_half_to_even_on_both_sides_of_zero() {
        let shares = [
            (5, 0),
            (15, 2),
            (25, 2),
            (26, 3),
            (24, 2),
            (-15, -2),
            (-25, -2),
            (-26, -3),
        ];
        for (amount, share) in shares {
            assert_eq!(TEN_PERCENT.of(usd(amount)), usd(share), "{amount}");
        }
    }

    #[test]
    fn the_whole_and_nothing_of_any_amount_are_exact() {
        for minor in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert_eq!(BasisPoints::WHOLE.of(usd(minor)), usd(minor));
            assert_eq!(BasisPoints::ZERO.of(usd(minor)), usd(0));
        }
    }

    #[test]
    fn thirty_dollars_at_ten_percent_are_twenty_seven_and_three() {
        let split = TEN_PERCENT.deduct(usd(0), usd(30_000_000)).unwrap();
        assert_eq!(
            split,
            Split {
                provider: usd(27_000_000),
                commission: usd(3_000_000)
            }
        );
    }

    #[test]
    fn ticks_share_one_rounding() {
        let mut captured = usd(0);
        let mut commissions = Vec::new();
        for tick in [15, 15, 15, 15] {
            let split = TEN_PERCENT.deduct(captured, usd(tick)).unwrap();
            commissions.push(split.commission.minor());
            captured = captured.checked_add(usd(tick)).unwrap();
        }
        assert_eq!(commissions, [2, 1, 1, 2]);
        assert_eq!(TEN_PERCENT.of(captured), usd(6));
        assert_eq!(
            TEN_PERCENT.of(usd(15)),
            usd(2),
            "each by itself would add up to 8"
        );
    }

    #[test]
    fn a_capture_given_back_takes_its_commission_with_it() {
        let there = TEN_PERCENT.deduct(usd(15), usd(10)).unwrap();
        let back = TEN_PERCENT.deduct(usd(25), usd(-10)).unwrap();
        assert_eq!(back.commission.checked_neg(), Ok(there.commission));
        assert_eq!(back.provider.checked_neg(), Ok(there.provider));
    }

    #[test]
    fn two_currencies_and_an_overflow_are_refused() {
        let rub = Money::zero(Currency::Rub);
        assert!(matches!(
            TEN_PERCENT.deduct(rub, usd(1)),
            Err(MoneyError::CurrencyMismatch { .. })
        ));
        assert_eq!(
            TEN_PERCENT.deduct(usd(i64::MAX), usd(1)),
            Err(MoneyError::OutOfRange)
        );
    }

    #[test]
    fn points_beyond_the_whole_are_refused_also_in_json() {
        assert_eq!(BasisPoints::try_new(10_000), Ok(BasisPoints::WHOLE));
        assert_eq!(
            BasisPoints::try_new(10_001),
            Err(MoneyError::NotBasisPoints { given: 10_001 })
        );
        assert_eq!(
            serde_json::from_str::<BasisPoints>("1000").unwrap(),
            TEN_PERCENT
        );
        assert_eq!(serde_json::to_string(&TEN_PERCENT).unwrap(), "1000");
        assert!(serde_json::from_str::<BasisPoints>("10001").is_err());
    }
}
