//! What an hour of a slot costs: an amount of money between bounds that a typing mistake crosses.

use ledger::{Currency, Money, Rate};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A tenth of a cent.
const MINOR_MIN: i64 = 1_000;
/// A thousand dollars.
const MINOR_MAX: i64 = 1_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Money", into = "Money")]
pub struct HourlyPrice(Money);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PriceError {
    #[error("an hour is priced in USD")]
    NotUsd,
    #[error("an hour costs 0.001 to 1000 USD")]
    OutOfRange,
}

impl HourlyPrice {
    pub fn try_new(price: Money) -> Result<Self, PriceError> {
        if price.currency() != Currency::Usd {
            return Err(PriceError::NotUsd);
        }
        if !(MINOR_MIN..=MINOR_MAX).contains(&price.minor()) {
            return Err(PriceError::OutOfRange);
        }
        Ok(Self(price))
    }

    pub const fn money(self) -> Money {
        self.0
    }

    /// By the hour, to be multiplied with seconds.
    pub fn rate(self) -> Rate {
        Rate::of(self.0)
    }
}

impl TryFrom<Money> for HourlyPrice {
    type Error = PriceError;

    fn try_from(price: Money) -> Result<Self, PriceError> {
        Self::try_new(price)
    }
}

impl From<HourlyPrice> for Money {
    fn from(price: HourlyPrice) -> Self {
        price.0
    }
}

#[cfg(test)]
mod tests {
    use ledger::Rounding;

    use super::*;

    fn priced(amount: &str) -> Result<HourlyPrice, PriceError> {
        HourlyPrice::try_new(Money::parse(amount, Currency::Usd).unwrap())
    }

    #[test]
    fn a_price_is_in_usd_and_within_reason() {
        assert!(priced("0.001").is_ok() && priced("1000").is_ok());
        for amount in ["0", "-1", "0.000999", "1000.000001"] {
            assert_eq!(priced(amount), Err(PriceError::OutOfRange), "{amount}");
        }
        let roubles = Money::from_minor(1_000_000, Currency::Rub);
        assert_eq!(HourlyPrice::try_new(roubles), Err(PriceError::NotUsd));
        assert!(serde_json::from_str::<HourlyPrice>(r#"{"amount":"0","currency":"USD"}"#).is_err());
    }

    #[test]
    fn an_hour_at_a_price_costs_that_price() {
        let price = priced("0.123456").unwrap();
        let hour = price.rate().times_seconds_per_hour(3600, Rounding::Down);
        assert_eq!(hour, Ok(price.money()));
    }
}
