//! Cents, which is what cards are charged in, and money as the books have it.

use ledger::{Currency, Money};

/// Minor units of the books in a cent.
const CENT: i64 = 10_000;

/// What cannot be money here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amount is not in dollars, or not in whole cents, or too large")]
pub struct NotCents;

pub fn cents(money: Money) -> Result<i64, NotCents> {
    if money.currency() == Currency::Usd && money.minor() % CENT == 0 {
        Ok(money.minor() / CENT)
    } else {
        Err(NotCents)
    }
}

/// `currency` as Stripe spells it.
pub fn money(cents: i64, currency: &str) -> Result<Money, NotCents> {
    if !currency.eq_ignore_ascii_case("usd") {
        return Err(NotCents);
    }
    let minor = cents.checked_mul(CENT).ok_or(NotCents)?;
    Ok(Money::from_minor(minor, Currency::Usd))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cent_is_a_cent_on_both_sides() {
        let money_of = |text| Money::parse(text, Currency::Usd).unwrap();
        assert_eq!(cents(money_of("12.34")), Ok(1_234));
        assert_eq!(money(1_234, "usd"), Ok(money_of("12.34")));
        assert_eq!(cents(money_of("0.001")), Err(NotCents));
        assert_eq!(money(1, "eur"), Err(NotCents));
        assert_eq!(money(i64::MAX, "usd"), Err(NotCents));
    }
}
