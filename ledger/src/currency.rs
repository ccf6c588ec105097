//! The currencies that the books are kept in, each at its one scale.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use thiserror::Error;

/// A currency; everything outside this list is refused at the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Currency {
    Usd,
    Rub,
    Usdt,
    Btc,
}

/// A code that names none of our currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the currency must be one of USD, RUB, USDT or BTC")]
pub struct UnknownCurrency;

impl Currency {
    pub const ALL: [Self; 4] = [Self::Usd, Self::Rub, Self::Usdt, Self::Btc];

    /// The stored and shown name; history depends on it, so it never changes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Rub => "RUB",
            Self::Usdt => "USDT",
            Self::Btc => "BTC",
        }
    }

    /// How many decimals one minor unit lies behind the point.
    pub const fn scale(self) -> u32 {
        match self {
            Self::Usd | Self::Rub | Self::Usdt => 6,
            Self::Btc => 8,
        }
    }

    /// How many minor units make one whole unit.
    pub(crate) const fn minor_per_unit(self) -> u64 {
        10_u64.pow(self.scale())
    }

    /// The place of this currency in `ALL`, for sums kept in a small array.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Usd => 0,
            Self::Rub => 1,
            Self::Usdt => 2,
            Self::Btc => 3,
        }
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        match code {
            "USD" => Ok(Self::Usd),
            "RUB" => Ok(Self::Rub),
            "USDT" => Ok(Self::Usdt),
            "BTC" => Ok(Self::Btc),
            _ => Err(UnknownCurrency),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CodeVisitor;

        impl Visitor<'_> for CodeVisitor {
            type Value = Currency;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("one of USD, RUB, USDT or BTC")
            }

            fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<Currency, E> {
                code.parse()
                    .map_err(|UnknownCurrency| E::invalid_value(Unexpected::Str(code), &self))
            }
        }

        deserializer.deserialize_str(CodeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_currency_is_read_back_from_its_code() {
        for currency in Currency::ALL {
            assert_eq!(currency.code().parse(), Ok(currency));
            assert_eq!(currency.to_string(), currency.code());
            let json = serde_json::to_string(&currency).unwrap();
            assert_eq!(json, format!("\"{}\"", currency.code()));
            assert_eq!(serde_json::from_str::<Currency>(&json).unwrap(), currency);
        }
    }

    #[test]
    fn the_index_is_the_place_in_the_list_of_all() {
        for (place, currency) in Currency::ALL.into_iter().enumerate() {
            assert_eq!(currency.index(), place);
        }
    }

    #[test]
    fn scales_are_those_of_the_ledger() {
        assert_eq!(Currency::ALL.map(Currency::scale), [6, 6, 6, 8]);
        assert_eq!(Currency::Btc.minor_per_unit(), 100_000_000);
    }

    #[test]
    fn an_unknown_code_is_told_what_is_accepted() {
        for code in ["EUR", "usd", "", "USD "] {
            let error = code.parse::<Currency>().unwrap_err();
            assert_eq!(
                error.to_string(),
                "the currency must be one of USD, RUB, USDT or BTC"
            );
        }
        let error = serde_json::from_str::<Currency>("\"EUR\"")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("EUR") && error.contains("USD, RUB, USDT or BTC"),
            "{error}"
        );
    }
}
