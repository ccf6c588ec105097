//! The arithmetic of measuring: medians, percentiles and ratios, in whole numbers.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// The middle value; of an even number of values the mean of the middle two.
pub fn median(values: &[u64]) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(u64::midpoint(sorted[sorted.len() / 2 - 1], upper))
}

/// The smallest value that so many of a hundred values do not exceed.
pub fn percentile(values: &[u64], percent: usize) -> Option<u64> {
    assert!(
        (1..=100).contains(&percent),
        "a percentile lies between 1 and 100"
    );
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// How often a second something happened that happened so often in so long.
pub fn per_second(count: u64, in_time: Duration) -> u64 {
    let micros = in_time.as_micros().max(1);
    u64::try_from(u128::from(count) * 1_000_000 / micros).unwrap_or(u64::MAX)
}

/// One number over another, kept in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio {
    hundredths: u64,
}

impl Ratio {
    pub const fn from_hundredths(hundredths: u64) -> Self {
        Self { hundredths }
    }

    /// Rounded to the nearest hundredth; over nothing there is no ratio.
    pub fn of(numerator: u64, denominator: u64) -> Option<Self> {
        let half = u128::from(denominator / 2);
        let hundredths =
            (u128::from(numerator) * 100 + half).checked_div(u128::from(denominator))?;
        Some(Self {
            hundredths: u64::try_from(hundredths).unwrap_or(u64::MAX),
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.hundredths / 100, self.hundredths % 100);
        if whole < 10 {
            write!(f, "{whole}.{part:02}")
        } else {
            write!(f, "{whole}.{}", part / 10)
        }
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[7]), Some(7));
        assert_eq!(median(&[900, 1, 30]), Some(30));
        assert_eq!(median(&[4, 1, 3, 2]), Some(2));
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values: Vec<u64> = (1..=200).rev().collect();
        assert_eq!(percentile(&values, 50), Some(100));
        assert_eq!(percentile(&values, 99), Some(198));
        assert_eq!(percentile(&values, 100), Some(200));
        assert_eq!(percentile(&[5], 1), Some(5));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn a_rate_counts_the_fraction_of_a_second() {
        assert_eq!(per_second(300, Duration::from_millis(1500)), 200);
        assert_eq!(per_second(3, Duration::ZERO), 3_000_000);
    }

    #[test]
    fn a_ratio_is_rounded_once_and_printed_short() {
        assert_eq!(Ratio::of(613, 10).unwrap().to_string(), "61.3");
        assert_eq!(Ratio::of(1, 3).unwrap().to_string(), "0.33");
        assert_eq!(Ratio::of(2, 3).unwrap().to_string(), "0.67");
        assert_eq!(Ratio::of(5, 1).unwrap().to_string(), "5.00");
        assert_eq!(Ratio::of(1, 0), None);
    }
}
