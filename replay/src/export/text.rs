//! Figures and words in the form in which both journals read them.

use ledger::Currency;

/// The amount as those tools count: what we owe is negative, so the sign is turned.
pub(super) fn turned(minor: i64, currency: Currency) -> String {
    decimal(-i128::from(minor), currency.scale())
}

/// All decimals of the currency, so that nothing is ever inferred from how a figure is written.
pub(super) fn decimal(minor: i128, scale: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let unit = 10_u128.pow(scale);
    let magnitude = minor.unsigned_abs();
    let width = usize::try_from(scale).unwrap_or(0);
    format!("{sign}{}.{:0width$}", magnitude / unit, magnitude % unit)
}

/// A stored name with everything that means something in a journal percent-encoded.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"._/@+-".contains(&byte) {
            plain.push(char::from(byte));
        } else {
            plain.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    plain
}

fn digit(nibble: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(nibble)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_every_decimal_and_the_other_sign() {
        assert_eq!(turned(1, Currency::Usd), "-0.000001");
        assert_eq!(turned(-1, Currency::Btc), "0.00000001");
        assert_eq!(turned(-12_340_000, Currency::Rub), "12.340000");
        assert_eq!(turned(0, Currency::Usdt), "0.000000");
        assert_eq!(turned(i64::MIN, Currency::Usd), "9223372036854.775808");
        assert_eq!(turned(i64::MAX, Currency::Btc), "-92233720368.54775807");
    }

    #[test]
    fn nothing_that_a_journal_would_read_as_its_own_is_left() {
        assert_eq!(plain("rental.ended"), "rental.ended");
        assert_eq!(
            plain("a;b|c,d:e\"f é%"),
            "a%3Bb%7Cc%2Cd%3Ae%22f%20%C3%A9%25"
        );
    }
}
