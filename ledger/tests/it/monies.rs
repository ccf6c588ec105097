//! Money and its text say the same, and nothing else is read as money.

use ledger::{Currency, Money};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::{any_currency, any_minor, cases};

/// What the text means, by the arithmetic of another library.
fn meaning(money: Money) -> Decimal {
    Decimal::new(money.minor(), money.currency().scale())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn text_is_read_back_to_the_same_money(minor in any_minor(), currency in any_currency()) {
        let money = Money::from_minor(minor, currency);
        let text = money.amount();
        prop_assert_eq!(Money::parse(&text, currency), Ok(money));
        prop_assert_eq!(Decimal::from_str_exact(&text).unwrap(), meaning(money));
        prop_assert_eq!(money.to_string(), format!("{text} {currency}"));
    }

    #[test]
    fn text_has_two_decimals_or_as_many_as_it_needs(
        minor in any_minor(),
        currency in any_currency(),
    ) {
        let text = Money::from_minor(minor, currency).amount();
        let (_, decimals) = text.split_once('.').unwrap();
        prop_assert!(decimals.len() >= 2);
        prop_assert!(decimals.len() == 2 || !decimals.ends_with('0'));
    }

    #[test]
    fn json_is_read_back_to_the_same_money(minor in any_minor(), currency in any_currency()) {
        let money = Money::from_minor(minor, currency);
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        let tree = serde_json::to_value(money).unwrap();
        prop_assert_eq!(serde_json::from_value::<Money>(tree).unwrap(), money);
    }

    #[test]
    fn text_that_is_read_means_what_a_decimal_library_says(
        text in "-?[0-9]{0,15}(\\.[0-9]{0,10})?",
        currency in any_currency(),
    ) {
        let exact = Decimal::from_str_exact(&text);
        match Money::parse(&text, currency) {
            Ok(money) => prop_assert_eq!(exact.unwrap(), meaning(money)),
            Err(_) => prop_assert!(!is_an_amount(&text, currency), "{}", text),
        }
    }

    #[test]
    fn reading_any_text_never_panics(text in any::<String>(), currency in any_currency()) {
        if let Ok(money) = Money::parse(&text, currency) {
            prop_assert!(text.bytes().all(|byte| b"-.0123456789".contains(&byte)));
            prop_assert_eq!(Money::parse(&money.amount(), currency), Ok(money));
        }
    }

    #[test]
    fn arithmetic_agrees_with_wider_integers(
        left in any_minor(),
        right in any_minor(),
        currency in any_currency(),
    ) {
        let [one, other] = [left, right].map(|minor| Money::from_minor(minor, currency));
        let narrow = |wide: i128| i64::try_from(wide).ok();
        let minor = |money: Money| money.minor();
        let [wide_left, wide_right] = [left, right].map(i128::from);
        prop_assert_eq!(one.checked_add(other).ok().map(minor), narrow(wide_left + wide_right));
        prop_assert_eq!(one.checked_sub(other).ok().map(minor), narrow(wide_left - wide_right));
        prop_assert_eq!(one.checked_neg().ok().map(minor), narrow(-wide_left));
    }
}

/// Whether `text` is an amount, told without our parser.
fn is_an_amount(text: &str, currency: Currency) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = match digits.split_once('.') {
        Some((_, "")) => return false,
        Some(parts) => parts,
        None => (digits, ""),
    };
    let scale = usize::try_from(currency.scale()).unwrap();
    if whole.is_empty() || decimals.len() > scale {
        return false;
    }
    let minor = format!("{whole}{decimals:0<scale$}")
        .parse::<i128>()
        .unwrap();
    let minor = if text.starts_with('-') { -minor } else { minor };
    i64::try_from(minor).is_ok()
}
