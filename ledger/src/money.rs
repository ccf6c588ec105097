//! An exact amount in one currency, with arithmetic that refuses rather than wraps.

use std::fmt;

use thiserror::Error;

use crate::amount::{AmountText, Written};
use crate::currency::Currency;

/// An amount as a whole number of minor units.
///
/// It has no order and no operators: both would have to invent an answer for two currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why an amount could not be read or computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoneyError {
    #[error("the amount is outside what 64 bits of minor units can hold")]
    OutOfRange,
    #[error("{left} and {right} cannot be combined without an exchange")]
    CurrencyMismatch { left: Currency, right: Currency },
    #[error("the amount must be plain decimal text such as 12.34")]
    NotDecimal,
    #[error("an amount in {currency} has at most {} decimals", .currency.scale())]
    TooManyDecimals { currency: Currency },
    #[error("an amount can only be split by weights that add up to more than zero")]
    NoWeight,
    #[error("basis points run from 0 to 10000, not {given}")]
    NotBasisPoints { given: u16 },
}

impl Money {
    pub const fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }

    /// Reads decimal text exactly; nothing is ever rounded away.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        Written::read(text)?
            .minor(currency)
            .map(|minor| Self { minor, currency })
    }

    pub const fn minor(&self) -> i64 {
        self.minor
    }

    pub const fn currency(&self) -> Currency {
        self.currency
    }

    pub const fn is_zero(&self) -> bool {
        self.minor == 0
    }

    pub const fn is_positive(&self) -> bool {
        self.minor > 0
    }

    pub const fn is_negative(&self) -> bool {
        self.minor < 0
    }

    /// Whether a card rail could move this amount, which knows nothing finer than a cent.
    pub const fn whole_cents(&self) -> bool {
        self.minor % 10_i64.pow(self.currency.scale() - 2) == 0
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_add(self.same_currency(other)?);
        minor
            .map(|minor| Self { minor, ..self })
            .ok_or(MoneyError::OutOfRange)
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_sub(self.same_currency(other)?);
        minor
            .map(|minor| Self { minor, ..self })
            .ok_or(MoneyError::OutOfRange)
    }

    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg();
        minor
            .map(|minor| Self { minor, ..self })
            .ok_or(MoneyError::OutOfRange)
    }

    /// The minor units of `other`, if it is the same kind of money.
    fn same_currency(self, other: Self) -> Result<i64, MoneyError> {
        if self.currency == other.currency {
            Ok(other.minor)
        } else {
            Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            })
        }
    }

    /// Decimal text with at least 2 decimals and no zeros beyond them: `12.34`, `0.000001`.
    pub fn amount(&self) -> String {
        self.text().as_str().to_owned()
    }

    pub(crate) fn text(self) -> AmountText {
        AmountText::write(self.minor, self.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.text().as_str(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::Usd)
    }

    #[test]
    fn amounts_add_subtract_and_negate_exactly() {
        assert_eq!(usd(7).checked_add(usd(-9)), Ok(usd(-2)));
        assert_eq!(usd(7).checked_sub(usd(9)), Ok(usd(-2)));
        assert_eq!(usd(7).checked_neg(), Ok(usd(-7)));
    }

    #[test]
    fn an_overflow_is_refused() {
        assert_eq!(
            usd(i64::MAX).checked_add(usd(1)),
            Err(MoneyError::OutOfRange)
        );
        assert_eq!(
            usd(i64::MIN).checked_sub(usd(1)),
            Err(MoneyError::OutOfRange)
        );
        assert_eq!(usd(i64::MIN).checked_neg(), Err(MoneyError::OutOfRange));
    }

    #[test]
    fn two_currencies_are_never_combined() {
        let rub = Money::zero(Currency::Rub);
        let mismatch = Err(MoneyError::CurrencyMismatch {
            left: Currency::Usd,
            right: Currency::Rub,
        });
        assert_eq!(usd(1).checked_add(rub), mismatch);
        assert_eq!(usd(1).checked_sub(rub), mismatch);
    }

    #[test]
    fn signs_are_told_apart() {
        assert!(usd(0).is_zero() && !usd(0).is_positive() && !usd(0).is_negative());
        assert!(usd(1).is_positive() && usd(-1).is_negative());
    }

    #[test]
    fn whole_cents_are_told_from_finer_amounts() {
        assert!(usd(12_340_000).whole_cents() && usd(-10_000).whole_cents());
        assert!(!usd(12_340_001).whole_cents() && !usd(9_999).whole_cents());
        assert!(Money::from_minor(1_000_000, Currency::Btc).whole_cents());
        assert!(!Money::from_minor(100_000, Currency::Btc).whole_cents());
    }

    #[test]
    fn money_is_shown_with_its_currency() {
        assert_eq!(usd(12_340_000).to_string(), "12.34 USD");
        assert_eq!(usd(-5_000_000).amount(), "-5.00");
    }

    #[test]
    fn refusals_read_as_sentences() {
        let error = Money::parse("1.1234567", Currency::Usd).unwrap_err();
        assert_eq!(error.to_string(), "an amount in USD has at most 6 decimals");
    }
}
