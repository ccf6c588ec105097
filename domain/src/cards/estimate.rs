//! What a run should take and cost, before anybody pays: a range, corrected by what jobs took.

use ledger::{Money, MoneyError, Rate, Rounding};
use serde::{Deserialize, Serialize};

use super::work::Work;

/// The least and the most; the real figures should lie between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    pub seconds_min: u64,
    pub seconds_max: u64,
    pub price_min: Money,
    pub price_max: Money,
}

/// What the hour costs on the machines that would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    pub cheapest: Rate,
    pub dearest: Rate,
}

/// Finished jobs of the same model: what was expected of them, and what they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub jobs: u64,
    pub seconds_expected: u64,
    pub seconds_taken: u64,
}

/// From so many jobs on, the range narrows.
const JOBS_THAT_TELL: u64 = 5;

/// Half to double what the figures say; with history, a fifth less to two fifths more.
pub fn estimate(work: &Work, prices: &Prices, history: History) -> Result<Estimate, MoneyError> {
    let expected = corrected(work.seconds, history);
    let (least, most) = if history.jobs >= JOBS_THAT_TELL {
        (80, 140)
    } else {
        (50, 200)
    };
    let seconds_min = percent(expected, least).max(1);
    let seconds_max = percent(expected, most).max(seconds_min);
    let (least, most) = (&prices.cheapest, &prices.dearest);
    Ok(Estimate {
        seconds_min,
        seconds_max,
        price_min: least.times_seconds_per_hour(seconds_min, Rounding::Up)?,
        price_max: most.times_seconds_per_hour(seconds_max, Rounding::Up)?,
    })
}

/// Jobs that took a tenth longer than expected make the next one a tenth longer; a single freak
/// moves it by a factor of ten at most.
fn corrected(seconds: u64, history: History) -> u64 {
    if history.jobs < JOBS_THAT_TELL || history.seconds_expected == 0 {
        return seconds;
    }
    let taken = history.seconds_taken.clamp(
        history.seconds_expected / 10,
        history.seconds_expected.saturating_mul(10),
    );
    let scaled = u128::from(seconds) * u128::from(taken) / u128::from(history.seconds_expected);
    u64::try_from(scaled).unwrap_or(u64::MAX).max(1)
}

fn percent(seconds: u64, percent: u64) -> u64 {
    let scaled = (u128::from(seconds) * u128::from(percent)).div_ceil(100);
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::Currency;
    use rust_decimal::Decimal;

    fn prices() -> Prices {
        let rate = |cents| Rate::new(Decimal::new(cents, 2), Currency::Usd);
        Prices {
            cheapest: rate(36),
            dearest: rate(72),
        }
    }

    fn an_hour() -> Work {
        Work {
            seconds: 3_600,
            memory_bytes: 0,
            gpu_memory_bytes: 0,
        }
    }

    fn history(jobs: u64, taken: u64) -> History {
        History {
            jobs,
            seconds_expected: 1_000,
            seconds_taken: taken,
        }
    }

    #[test]
    fn without_history_the_range_is_wide() {
        let range = estimate(&an_hour(), &prices(), history(4, 2_000)).unwrap();
        assert_eq!((range.seconds_min, range.seconds_max), (1_800, 7_200));
        assert_eq!(
            range.price_min,
            Money::parse("0.18", Currency::Usd).unwrap()
        );
        assert_eq!(
            range.price_max,
            Money::parse("1.44", Currency::Usd).unwrap()
        );
    }

    #[test]
    fn history_corrects_and_narrows_it() {
        let range = estimate(&an_hour(), &prices(), history(5, 2_000)).unwrap();
        assert_eq!((range.seconds_min, range.seconds_max), (5_760, 10_080));
        let freak = estimate(&an_hour(), &prices(), history(5, 1_000_000)).unwrap();
        assert_eq!(freak.seconds_min, 28_800);
    }
}
