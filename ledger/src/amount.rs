//! Reads and writes the decimal text of an amount exactly, without allocating.

use crate::currency::Currency;
use crate::money::MoneyError;

/// No currency has more decimals; digits beyond them only count towards a refusal.
const DECIMALS_MAX: usize = 8;

/// A decimal number as written, before its currency says how fine it may be.
///
/// Two steps, because in stored JSON the amount stands before the currency.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    negative: bool,
    magnitude: u64,
    decimals: usize,
}

impl Written {
    /// Reads `-12.34`: digits, at most one point with digits on both sides, at most one minus.
    pub(crate) fn read(text: &str) -> Result<Self, MoneyError> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, bytes),
        };
        let mut magnitude = 0_u64;
        let mut point = None;
        for (place, byte) in digits.iter().enumerate() {
            match byte {
                b'0'..=b'9' if point.is_some_and(|point| place - point > DECIMALS_MAX) => {}
                b'0'..=b'9' => {
                    magnitude = magnitude
                        .checked_mul(10)
                        .and_then(|shifted| shifted.checked_add(u64::from(byte - b'0')))
                        .ok_or(MoneyError::OutOfRange)?;
                }
                b'.' if point.is_none() && place > 0 => point = Some(place),
                _ => return Err(MoneyError::NotDecimal),
            }
        }
        let decimals = point.map_or(0, |point| digits.len() - point - 1);
        if digits.is_empty() || (point.is_some() && decimals == 0) {
            return Err(MoneyError::NotDecimal);
        }
        Ok(Self {
            negative,
            magnitude,
            decimals,
        })
    }

    /// The number in minor units of `currency`; more decimals than its scale are refused.
    pub(crate) fn minor(self, currency: Currency) -> Result<i64, MoneyError> {
        let missing = u32::try_from(self.decimals)
            .ok()
            .and_then(|decimals| currency.scale().checked_sub(decimals))
            .ok_or(MoneyError::TooManyDecimals { currency })?;
        let magnitude = self
            .magnitude
            .checked_mul(10_u64.pow(missing))
            .ok_or(MoneyError::OutOfRange)?;
        signed(self.negative, magnitude)
    }
}

/// Puts the sign back on a magnitude; `i64::MIN` has one that `i64` itself cannot hold.
pub(crate) fn signed(negative: bool, magnitude: u64) -> Result<i64, MoneyError> {
    let value = if negative {
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        0_i64.checked_add_unsigned(magnitude)
    };
    value.ok_or(MoneyError::OutOfRange)
}

/// The longest text is a minus, 19 digits and a point.
const TEXT_BYTES_MAX: usize = 21;

/// Decimal text in place: at least 2 decimals, no zeros beyond them.
pub(crate) struct AmountText {
    bytes: [u8; TEXT_BYTES_MAX],
    start: usize,
}

impl AmountText {
    pub(crate) fn write(minor: i64, currency: Currency) -> Self {
        let magnitude = minor.unsigned_abs();
        let mut whole = magnitude / currency.minor_per_unit();
        let mut fraction = magnitude % currency.minor_per_unit();
        let mut decimals = currency.scale();
        while decimals > 2 && fraction.is_multiple_of(10) {
            fraction /= 10;
            decimals -= 1;
        }
        let mut text = Self {
            bytes: [0; TEXT_BYTES_MAX],
            start: TEXT_BYTES_MAX,
        };
        for _ in 0..decimals {
            text.push_digit(fraction % 10);
            fraction /= 10;
        }
        text.push(b'.');
        text.push_digit(whole % 10);
        whole /= 10;
        while whole > 0 {
            text.push_digit(whole % 10);
            whole /= 10;
        }
        if minor < 0 {
            text.push(b'-');
        }
        text
    }

    /// Text grows towards its front, as digits come out of a number last first.
    fn push(&mut self, byte: u8) {
        self.start -= 1;
        self.bytes[self.start] = byte;
    }

    fn push_digit(&mut self, digit: u64) {
        let digit = u8::try_from(digit).expect("a digit is below ten");
        self.push(b'0' + digit);
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.start..]).expect("digits are ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, currency: Currency) -> Result<i64, MoneyError> {
        Written::read(text)?.minor(currency)
    }

    #[test]
    fn text_is_read_to_the_minor_unit() {
        assert_eq!(read("12.34", Currency::Usd), Ok(12_340_000));
        assert_eq!(read("0.000001", Currency::Usd), Ok(1));
        assert_eq!(read("-5", Currency::Rub), Ok(-5_000_000));
        assert_eq!(read("0.00000001", Currency::Btc), Ok(1));
        assert_eq!(read("-0.00", Currency::Usdt), Ok(0));
        assert_eq!(read("007.5", Currency::Usd), Ok(7_500_000));
    }

    #[test]
    fn the_ends_of_the_range_are_read() {
        assert_eq!(read("-9223372036854.775808", Currency::Usd), Ok(i64::MIN));
        assert_eq!(read("9223372036854.775807", Currency::Usd), Ok(i64::MAX));
        assert_eq!(read("-92233720368.54775808", Currency::Btc), Ok(i64::MIN));
        for text in [
            "9223372036854.775808",
            "-9223372036854.775809",
            "9223372036855",
        ] {
            assert_eq!(
                read(text, Currency::Usd),
                Err(MoneyError::OutOfRange),
                "{text}"
            );
        }
        assert_eq!(
            read("99999999999999999999999", Currency::Usd),
            Err(MoneyError::OutOfRange)
        );
    }

    #[test]
    fn more_decimals_than_the_scale_are_refused_even_as_zeros() {
        for text in [
            "0.0000001",
            "1.0000000",
            "1.00000000000000000000000000000000",
        ] {
            let refusal = Err(MoneyError::TooManyDecimals {
                currency: Currency::Usd,
            });
            assert_eq!(read(text, Currency::Usd), refusal, "{text}");
        }
        assert_eq!(read("0.0000001", Currency::Btc), Ok(10));
    }

    #[test]
    fn anything_but_plain_decimal_text_is_refused() {
        let not_decimal = [
            "", "-", "+1", "1e3", "1E3", ".5", "5.", "-.5", "1.2.3", "1,5", " 1", "1 ", "--1",
            "1-", "0x1", "NaN", "inf", "1_000", "١", ".", "-.", "1.-5",
        ];
        for text in not_decimal {
            assert_eq!(
                read(text, Currency::Usd),
                Err(MoneyError::NotDecimal),
                "{text:?}"
            );
        }
    }

    #[test]
    fn text_keeps_two_decimals_with_no_zeros_beyond_them() {
        let cases = [
            (12_340_000, "12.34"),
            (1, "0.000001"),
            (-5_000_000, "-5.00"),
            (0, "0.00"),
            (100_000, "0.10"),
            (-1_234_500, "-1.2345"),
            (i64::MIN, "-9223372036854.775808"),
            (i64::MAX, "9223372036854.775807"),
        ];
        for (minor, text) in cases {
            assert_eq!(AmountText::write(minor, Currency::Usd).as_str(), text);
        }
        assert_eq!(
            AmountText::write(i64::MIN, Currency::Btc).as_str(),
            "-92233720368.54775808"
        );
    }
}
