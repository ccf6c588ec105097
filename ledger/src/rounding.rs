//! How a division that leaves a rest becomes a whole number of minor units.

use std::cmp::Ordering;

/// Where a rest goes; signs do not matter, as magnitudes are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, and from the middle to the even neighbour, so that errors do not add up.
    HalfEven,
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

/// How large the rest of a division is, beside half the divisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    Nothing,
    BelowHalf,
    Half,
    AboveHalf,
}

impl Rounding {
    /// Whether a quotient with this rest goes one further from zero.
    pub(crate) const fn goes_up(self, quotient_is_odd: bool, rest: Rest) -> bool {
        match (self, rest) {
            (_, Rest::Nothing) | (Self::Down, _) | (Self::HalfEven, Rest::BelowHalf) => false,
            (Self::Up, _) | (Self::HalfEven, Rest::AboveHalf) => true,
            (Self::HalfEven, Rest::Half) => quotient_is_odd,
        }
    }
}

impl Rest {
    /// The rest after one more division by an even number, where `self` was left before it.
    ///
    /// An even divisor has a whole half, so what came before can only tip a draw or make
    /// nothing something: dividing in steps then rounds exactly as dividing at once.
    pub(crate) fn then(self, remainder: u64, divisor: u64) -> Self {
        assert!(
            divisor.is_multiple_of(2) && remainder < divisor,
            "a rest is of an even divisor"
        );
        match remainder.cmp(&(divisor / 2)) {
            Ordering::Less if remainder == 0 && self == Self::Nothing => Self::Nothing,
            Ordering::Less => Self::BelowHalf,
            Ordering::Equal if self == Self::Nothing => Self::Half,
            Ordering::Equal | Ordering::Greater => Self::AboveHalf,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_even_goes_to_the_even_neighbour_only_from_the_middle() {
        assert!(Rounding::HalfEven.goes_up(true, Rest::Half));
        assert!(!Rounding::HalfEven.goes_up(false, Rest::Half));
        assert!(Rounding::HalfEven.goes_up(false, Rest::AboveHalf));
        assert!(!Rounding::HalfEven.goes_up(true, Rest::BelowHalf));
    }

    #[test]
    fn nothing_left_never_moves_a_quotient() {
        for rounding in [Rounding::HalfEven, Rounding::Down, Rounding::Up] {
            assert!(!rounding.goes_up(true, Rest::Nothing));
        }
        assert!(Rounding::Up.goes_up(false, Rest::BelowHalf));
        assert!(!Rounding::Down.goes_up(true, Rest::AboveHalf));
    }

    #[test]
    fn an_earlier_rest_tips_a_draw() {
        assert_eq!(Rest::Nothing.then(5, 10), Rest::Half);
        assert_eq!(Rest::BelowHalf.then(5, 10), Rest::AboveHalf);
        assert_eq!(Rest::AboveHalf.then(4, 10), Rest::BelowHalf);
        assert_eq!(Rest::BelowHalf.then(0, 10), Rest::BelowHalf);
        assert_eq!(Rest::Nothing.then(0, 10), Rest::Nothing);
    }
}
