//! A price per unit, and the one place where prices become money.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::amount::signed;
use crate::currency::Currency;
use crate::money::{Money, MoneyError};
use crate::rounding::Rounding;
use crate::wide::Wide;

const SECONDS_PER_HOUR: u64 = 3600;

/// What one unit costs; finer than money, as a second of a GPU costs less than a minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    #[serde(serialize_with = "price_to_text", deserialize_with = "price_from_text")]
    price: Decimal,
    currency: Currency,
}

impl Rate {
    pub const fn new(price: Decimal, currency: Currency) -> Self {
        Self { price, currency }
    }

    /// This much money for each unit.
    pub fn of(money: Money) -> Self {
        let currency = money.currency();
        Self::new(Decimal::new(money.minor(), currency.scale()), currency)
    }

    pub const fn price(&self) -> Decimal {
        self.price
    }

    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// `price × quantity`, exact until it is rounded once.
    pub fn times(&self, quantity: Decimal, rounding: Rounding) -> Result<Money, MoneyError> {
        let product = Wide::product(
            self.price.mantissa().unsigned_abs(),
            quantity.mantissa().unsigned_abs(),
        );
        let negative = self.price.mantissa().is_negative() != quantity.mantissa().is_negative();
        let decimals = self.price.scale() + quantity.scale();
        self.rounded(product, negative, decimals, 1, rounding)
    }

    /// `price × seconds ÷ 3600` for a price by the hour, exact until it is rounded once.
    pub fn times_seconds_per_hour(
        &self,
        seconds: u64,
        rounding: Rounding,
    ) -> Result<Money, MoneyError> {
        let product = Wide::product(self.price.mantissa().unsigned_abs(), u128::from(seconds));
        let negative = self.price.mantissa().is_negative();
        self.rounded(
            product,
            negative,
            self.price.scale(),
            SECONDS_PER_HOUR,
            rounding,
        )
    }

    fn rounded(
        &self,
        product: Wide,
        negative: bool,
        decimals: u32,
        divisor: u64,
        rounding: Rounding,
    ) -> Result<Money, MoneyError> {
        let tens = i64::from(self.currency.scale()) - i64::from(decimals);
        let magnitude = product
            .scaled(tens, divisor, rounding)
            .ok_or(MoneyError::OutOfRange)?;
        let minor = signed(negative, magnitude)?;
        Ok(Money::from_minor(minor, self.currency))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.price, self.currency)
    }
}

fn price_to_text<S: Serializer>(price: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(price)
}

// The reader that comes with `Decimal` also takes floats and exponents, and rounds what is too
// fine; a price is stored text that means exactly what it says.
fn price_from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    struct PriceVisitor;

    impl Visitor<'_> for PriceVisitor {
        type Value = Decimal;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a price as plain decimal text such as \"0.35\"")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal, E> {
            let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b'-';
            let digits = text.strip_prefix('-').unwrap_or(text);
            let whole = digits.starts_with(|first: char| first.is_ascii_digit())
                && digits.ends_with(|last: char| last.is_ascii_digit());
            if !whole || !text.bytes().all(plain) {
                return Err(E::invalid_value(serde::de::Unexpected::Str(text), &self));
            }
            Decimal::from_str_exact(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(PriceVisitor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(price: &str) -> Rate {
        Rate::new(Decimal::from_str_exact(price).unwrap(), Currency::Usd)
    }

    fn minor(money: Result<Money, MoneyError>) -> i64 {
        money.unwrap().minor()
    }

    #[test]
    fn a_price_times_a_quantity_is_money() {
        let quantity = Decimal::from_str_exact("2.5").unwrap();
        assert_eq!(
            minor(usd("0.35").times(quantity, Rounding::HalfEven)),
            875_000
        );
        assert_eq!(
            minor(usd("-0.35").times(quantity, Rounding::HalfEven)),
            -875_000
        );
    }

    #[test]
    fn each_rounding_goes_its_own_way_on_both_sides_of_zero() {
        let one = Decimal::ONE;
        let cases = [
            ("0.0000025", 2, 2, 3),
            ("0.0000035", 4, 3, 4),
            ("0.0000021", 2, 2, 3),
        ];
        for (price, half_even, down, up) in cases {
            let negative = format!("-{price}");
            assert_eq!(minor(usd(price).times(one, Rounding::HalfEven)), half_even);
            assert_eq!(minor(usd(price).times(one, Rounding::Down)), down);
            assert_eq!(minor(usd(price).times(one, Rounding::Up)), up);
            assert_eq!(
                minor(usd(&negative).times(one, Rounding::HalfEven)),
                -half_even
            );
            assert_eq!(minor(usd(&negative).times(one, Rounding::Down)), -down);
            assert_eq!(minor(usd(&negative).times(one, Rounding::Up)), -up);
        }
    }

    #[test]
    fn money_for_each_unit_is_a_rate_that_gives_it_back() {
        for minor in [1, 123_456, i64::MAX] {
            let money = Money::from_minor(minor, Currency::Usd);
            let again = Rate::of(money).times(Decimal::ONE, Rounding::Down);
            assert_eq!(again, Ok(money));
        }
    }

    #[test]
    fn seconds_of_an_hourly_price_are_rounded_once() {
        assert_eq!(
            minor(usd("0.36").times_seconds_per_hour(3600, Rounding::Down)),
            360_000
        );
        assert_eq!(
            minor(usd("0.35").times_seconds_per_hour(1, Rounding::Down)),
            97
        );
        assert_eq!(
            minor(usd("0.35").times_seconds_per_hour(1, Rounding::Up)),
            98
        );
        assert_eq!(
            minor(usd("0.0018").times_seconds_per_hour(1, Rounding::HalfEven)),
            0
        );
        assert_eq!(
            minor(usd("0.0018").times_seconds_per_hour(3, Rounding::HalfEven)),
            2
        );
        let just_above = usd("0.0018000000000000000000000001");
        assert_eq!(
            minor(just_above.times_seconds_per_hour(1, Rounding::HalfEven)),
            1
        );
    }

    #[test]
    fn the_widest_numbers_are_refused_and_never_wrap() {
        let widest = Rate::new(Decimal::MAX, Currency::Btc);
        let refused = Err(MoneyError::OutOfRange);
        assert_eq!(widest.times(Decimal::MAX, Rounding::Up), refused);
        assert_eq!(widest.times(Decimal::MIN, Rounding::Up), refused);
        assert_eq!(
            widest.times_seconds_per_hour(u64::MAX, Rounding::Up),
            refused
        );
        assert_eq!(
            widest.times(Decimal::ZERO, Rounding::Up),
            Ok(Money::zero(Currency::Btc))
        );
    }

    #[test]
    fn the_ends_of_the_range_are_reached() {
        let lowest = usd("-9223372036854.775808");
        assert_eq!(minor(lowest.times(Decimal::ONE, Rounding::Down)), i64::MIN);
        assert_eq!(
            lowest.times(Decimal::NEGATIVE_ONE, Rounding::Down),
            Err(MoneyError::OutOfRange)
        );
    }

    #[test]
    fn a_rate_is_written_as_text_beside_its_currency() {
        let json = r#"{"price":"0.350","currency":"USD"}"#;
        let rate = serde_json::from_str::<Rate>(json).unwrap();
        assert_eq!(rate, usd("0.35"));
        assert_eq!(serde_json::to_string(&rate).unwrap(), json);
        assert_eq!(rate.to_string(), "0.350 USD");
    }

    #[test]
    fn a_price_that_is_not_plain_text_is_refused() {
        let wrong = [
            "0.35",
            "\"1e3\"",
            "\"\"",
            "\"+1\"",
            "\"1_0\"",
            "\".5\"",
            "\"5.\"",
            "\"1-2\"",
            "\"0.00000000000000000000000000000000001\"",
            "null",
        ];
        for price in wrong {
            let json = format!(r#"{{"price":{price},"currency":"USD"}}"#);
            assert!(serde_json::from_str::<Rate>(&json).is_err(), "{json}");
        }
        let unknown = r#"{"price":"1","currency":"USD","per":"hour"}"#;
        assert!(serde_json::from_str::<Rate>(unknown).is_err());
    }
}
