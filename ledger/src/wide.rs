//! A 256-bit product that is divided with a single rounding, however many its digits.

use crate::rounding::{Rest, Rounding};

/// The largest power of ten in 64 bits is the nineteenth.
const TENS_MAX: u32 = 19;

/// Limbs of 64 bits, the least significant first.
pub(crate) struct Wide {
    limbs: [u64; 4],
}

impl Wide {
    pub(crate) fn product(left: u128, right: u128) -> Self {
        let mut product = Self::from(left);
        let (low, high) = halves(right);
        let mut shifted = Self::from(left);
        product.multiply(low);
        shifted.multiply(high);
        let mut carry = false;
        for place in 1..4 {
            let (sum, over) = product.limbs[place].carrying_add(shifted.limbs[place - 1], carry);
            product.limbs[place] = sum;
            carry = over;
        }
        assert!(
            !carry && shifted.limbs[3] == 0,
            "two 128-bit factors make at most 256 bits"
        );
        product
    }

    /// `self × 10^tens ÷ divisor`, rounded once; `None` where 64 bits do not hold the result.
    ///
    /// The divisor is even, or one.
    pub(crate) fn scaled(mut self, tens: i64, divisor: u64, rounding: Rounding) -> Option<u64> {
        let mut rest = Rest::Nothing;
        let mut digits = u32::try_from(tens.unsigned_abs()).ok()?;
        if tens > 0 {
            assert!(digits <= TENS_MAX, "no currency has a scale that large");
            self.multiply(10_u64.pow(digits));
            digits = 0;
        }
        while digits > 0 {
            let step = digits.min(TENS_MAX);
            rest = self.divide(10_u64.pow(step), rest);
            digits -= step;
        }
        if divisor > 1 {
            rest = self.divide(divisor, rest);
        }
        let [quotient, above @ ..] = self.limbs;
        if above != [0; 3] {
            return None;
        }
        let one_up = rounding.goes_up(quotient % 2 == 1, rest);
        quotient.checked_add(u64::from(one_up))
    }

    fn multiply(&mut self, factor: u64) {
        let mut carry = 0;
        for limb in &mut self.limbs {
            (*limb, carry) = limb.carrying_mul(factor, carry);
        }
        assert_eq!(carry, 0, "the caller's factors fit in 256 bits");
    }

    /// Divides in place and says what is left of this and the earlier divisions together.
    fn divide(&mut self, divisor: u64, rest: Rest) -> Rest {
        let mut remainder = 0;
        for limb in self.limbs.iter_mut().rev() {
            let dividend = (u128::from(remainder) << 64) | u128::from(*limb);
            let (quotient, none) = halves(dividend / u128::from(divisor));
            assert_eq!(none, 0, "a remainder below the divisor leaves one limb");
            *limb = quotient;
            (remainder, _) = halves(dividend % u128::from(divisor));
        }
        rest.then(remainder, divisor)
    }
}

impl From<u128> for Wide {
    fn from(value: u128) -> Self {
        let (low, high) = halves(value);
        Self {
            limbs: [low, high, 0, 0],
        }
    }
}

/// The low and the high 64 bits.
fn halves(value: u128) -> (u64, u64) {
    let [bytes_low, bytes_high] = [value & u128::from(u64::MAX), value >> 64];
    let half = |bits| u64::try_from(bits).expect("a masked or shifted half is 64 bits");
    (half(bytes_low), half(bytes_high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_product_is_exact() {
        let product = Wide::product(u128::MAX, u128::MAX);
        assert_eq!(product.limbs, [1, 0, u64::MAX - 1, u64::MAX]);
    }

    #[test]
    fn dividing_in_steps_rounds_once() {
        let just_above_half = 5 * 10_u128.pow(28) + 1;
        let half = 5 * 10_u128.pow(28);
        let round = |value: u128, rounding| Wide::from(value).scaled(-29, 1, rounding);
        assert_eq!(round(just_above_half, Rounding::HalfEven), Some(1));
        assert_eq!(round(half, Rounding::HalfEven), Some(0));
        assert_eq!(round(half * 3, Rounding::HalfEven), Some(2));
        assert_eq!(round(1, Rounding::Up), Some(1));
        assert_eq!(round(10_u128.pow(29) - 1, Rounding::Down), Some(0));
    }

    #[test]
    fn a_result_beyond_64_bits_is_none() {
        assert_eq!(Wide::from(1 << 64).scaled(0, 1, Rounding::Down), None);
        let just_too_large = u128::from(u64::MAX) * 10 + 5;
        assert_eq!(
            Wide::from(just_too_large).scaled(-1, 1, Rounding::HalfEven),
            None
        );
        assert_eq!(
            Wide::from(just_too_large).scaled(-1, 1, Rounding::Down),
            Some(u64::MAX)
        );
    }
}
