//! Cheap repeatable chance: the same seed throws the same numbers.

/// A linear congruential generator; good enough to pick accounts and moments.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub const fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x2545_F491_4F6C_DD1D)
    }

    /// A number from 0 up to, not including, `sides`.
    pub fn below(&mut self, sides: usize) -> usize {
        assert!(sides > 0, "a die has sides");
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }

    /// Two different numbers below `sides`.
    pub fn pair_below(&mut self, sides: usize) -> (usize, usize) {
        let first = self.below(sides);
        let second = (first + 1 + self.below(sides - 1)) % sides;
        (first, second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_never_twice_the_same_and_reaches_every_side() {
        let mut dice = Dice::seeded(7);
        let mut seen = [0; 8];
        for _ in 0..1000 {
            let (first, second) = dice.pair_below(8);
            assert_ne!(first, second);
            seen[first] += 1;
            seen[second] += 1;
        }
        assert!(seen.iter().all(|&times| times > 150), "{seen:?}");
    }

    #[test]
    fn the_same_seed_throws_the_same_numbers() {
        let throw = |seed| {
            let mut dice = Dice::seeded(seed);
            (0..20).map(|_| dice.below(100)).collect::<Vec<_>>()
        };
        assert_eq!(throw(1), throw(1));
        assert_ne!(throw(1), throw(2));
    }
}
