//! Splits an amount by weights so that the parts always sum to the whole.

use std::cmp::Reverse;

use crate::amount::signed;
use crate::money::{Money, MoneyError};

impl Money {
    /// Parts in proportion to `weights`, in their order.
    ///
    /// What does not divide goes by minor units to the largest remainders, the lowest index
    /// first among equals; a weight of zero gets nothing. Weights that add up to zero are
    /// refused.
    pub fn split(&self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().copied().map(u128::from).sum();
        if total == 0 {
            return Err(MoneyError::NoWeight);
        }
        let whole = self.minor().unsigned_abs();
        // A product of two 64-bit numbers fits in 128 bits.
        let products: Vec<u128> = weights
            .iter()
            .map(|weight| u128::from(whole) * u128::from(*weight))
            .collect();
        let mut parts = Vec::with_capacity(weights.len());
        for product in &products {
            let part = u64::try_from(product / total).expect("no part is above the whole");
            parts.push(part);
        }
        let given: u64 = parts.iter().sum();
        let left = usize::try_from(whole - given).expect("each part leaves less than one unit");
        assert!(
            left < weights.len(),
            "the remainders add up to less than one unit a part"
        );

        let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
        by_remainder.sort_by_key(|index| Reverse(products[*index] % total));
        for index in by_remainder.into_iter().take(left) {
            assert!(weights[index] > 0, "a weight of zero leaves no remainder");
            parts[index] += 1;
        }
        let money = |part| {
            let minor = signed(self.is_negative(), part)?;
            Ok(Self::from_minor(minor, self.currency()))
        };
        parts.into_iter().map(money).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::currency::Currency;

    fn split(minor: i64, weights: &[u64]) -> Vec<i64> {
        let parts = Money::from_minor(minor, Currency::Usd)
            .split(weights)
            .unwrap();
        parts.iter().map(Money::minor).collect()
    }

    #[test]
    fn what_does_not_divide_goes_to_the_largest_remainder() {
        assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(split(101, &[1, 1, 1]), [34, 34, 33]);
        assert_eq!(split(10, &[1, 2, 4]), [1, 3, 6]);
        assert_eq!(split(5, &[1, 3]), [1, 4]);
    }

    #[test]
    fn a_negative_amount_is_the_mirror_of_a_positive_one() {
        assert_eq!(split(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(split(-10, &[1, 2, 4]), [-1, -3, -6]);
    }

    #[test]
    fn the_ends_of_the_range_are_split_exactly() {
        assert_eq!(split(i64::MIN, &[u64::MAX]), [i64::MIN]);
        assert_eq!(split(i64::MIN, &[0, u64::MAX, 0]), [0, i64::MIN, 0]);
        assert_eq!(
            split(i64::MAX, &[u64::MAX, u64::MAX]),
            [(1 << 62), (1 << 62) - 1]
        );
    }

    #[test]
    fn a_weight_of_zero_gets_nothing() {
        assert_eq!(split(100, &[0, 1, 0]), [0, 100, 0]);
        assert_eq!(split(0, &[3, 0]), [0, 0]);
    }

    #[test]
    fn weights_that_add_up_to_nothing_are_refused() {
        let money = Money::from_minor(1, Currency::Usd);
        assert_eq!(money.split(&[]), Err(MoneyError::NoWeight));
        assert_eq!(money.split(&[0, 0]), Err(MoneyError::NoWeight));
    }
}
