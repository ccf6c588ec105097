//! A movement of money that balances in every currency, or does not exist.

use serde::ser::{Serialize, Serializer};
use serde::{Deserialize, Serialize as DeriveSerialize};
use thiserror::Error;

use crate::account::{Account, AccountError};
use crate::currency::Currency;
use crate::money::{Money, MoneyError};

const LEGS_MIN: usize = 2;
const LEGS_MAX: usize = 64;

/// One side of a posting: what an account gains, or loses where the amount is negative.
///
/// A credit is positive, as an account counts what we owe or earn.
#[derive(Debug, Clone, PartialEq, Eq, Hash, DeriveSerialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    account: Account,
    amount: Money,
}

impl Leg {
    /// A leg of zero can be made but not posted.
    pub const fn new(account: Account, amount: Money) -> Self {
        Self { account, amount }
    }

    pub const fn account(&self) -> &Account {
        &self.account
    }

    pub const fn amount(&self) -> Money {
        self.amount
    }
}

/// Legs that sum to zero in each currency; `new` is the only door, also for stored JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Vec<Leg>")]
pub struct Posting {
    legs: Vec<Leg>,
}

/// Why legs do not make a posting, or a posting rule could not make its legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unbalanced {
    #[error("a posting has at least 2 legs, not {legs}")]
    TooFewLegs { legs: usize },
    #[error("a posting has at most 64 legs, not {legs}")]
    TooManyLegs { legs: usize },
    #[error("leg {index} moves nothing")]
    ZeroLeg { index: usize },
    #[error("the legs in {currency} sum to {minor_sum} minor units, not to zero")]
    OffBalance { currency: Currency, minor_sum: i128 },
    #[error("a transfer moves more than zero")]
    NotPositive,
    #[error("a transfer goes from one account to another")]
    SameAccount,
    #[error(transparent)]
    Money(#[from] MoneyError),
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl Posting {
    pub fn new(legs: Vec<Leg>) -> Result<Self, Unbalanced> {
        if legs.len() < LEGS_MIN {
            return Err(Unbalanced::TooFewLegs { legs: legs.len() });
        }
        if legs.len() > LEGS_MAX {
            return Err(Unbalanced::TooManyLegs { legs: legs.len() });
        }
        // 64 legs of 64 bits cannot overflow 128.
        let mut sums = [0_i128; Currency::ALL.len()];
        for (index, leg) in legs.iter().enumerate() {
            if leg.amount.is_zero() {
                return Err(Unbalanced::ZeroLeg { index });
            }
            sums[leg.amount.currency().index()] += i128::from(leg.amount.minor());
        }
        for (currency, minor_sum) in Currency::ALL.into_iter().zip(sums) {
            if minor_sum != 0 {
                return Err(Unbalanced::OffBalance {
                    currency,
                    minor_sum,
                });
            }
        }
        Ok(Self { legs })
    }

    /// Moves a positive amount between two accounts.
    pub fn transfer(from: Account, to: Account, amount: Money) -> Result<Self, Unbalanced> {
        if !amount.is_positive() {
            return Err(Unbalanced::NotPositive);
        }
        if from == to {
            return Err(Unbalanced::SameAccount);
        }
        Self::new(vec![
            Leg::new(from, amount.checked_neg()?),
            Leg::new(to, amount),
        ])
    }

    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }

    pub fn into_legs(self) -> Vec<Leg> {
        self.legs
    }
}

impl TryFrom<Vec<Leg>> for Posting {
    type Error = Unbalanced;

    fn try_from(legs: Vec<Leg>) -> Result<Self, Unbalanced> {
        Self::new(legs)
    }
}

/// A posting is written as the list of its legs.
impl Serialize for Posting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.legs.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(account: &str, minor: i64, currency: Currency) -> Leg {
        Leg::new(
            Account::parse(account).unwrap(),
            Money::from_minor(minor, currency),
        )
    }

    fn usd(account: &str, minor: i64) -> Leg {
        leg(account, minor, Currency::Usd)
    }

    #[test]
    fn a_deposit_with_its_fee_balances() {
        let legs = vec![
            usd("outside/stripe/pending", -96_800_000),
            usd("platform/fees", -3_200_000),
            usd("wallet/c/available", 100_000_000),
        ];
        let posting = Posting::new(legs.clone()).unwrap();
        assert_eq!(posting.legs(), legs);
        assert_eq!(posting.into_legs(), legs);
    }

    #[test]
    fn each_currency_balances_by_itself() {
        let exchange = [
            leg("wallet/c/available", -10_000, Currency::Rub),
            leg("platform/fx", 10_000, Currency::Rub),
            usd("platform/fx", -108),
            usd("wallet/c/available", 108),
        ];
        assert!(Posting::new(exchange.to_vec()).is_ok());
        let across = vec![
            leg("wallet/c/available", -108, Currency::Rub),
            usd("wallet/c/available", 108),
        ];
        let refusal = Unbalanced::OffBalance {
            currency: Currency::Usd,
            minor_sum: 108,
        };
        assert_eq!(Posting::new(across), Err(refusal));
    }

    #[test]
    fn legs_that_do_not_sum_to_zero_are_refused_with_the_sum() {
        let refusal = Posting::new(vec![usd("platform/fees", 5), usd("outside/bank", -4)]);
        let refusal = refusal.unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "the legs in USD sum to 1 minor units, not to zero"
        );
    }

    #[test]
    fn a_sum_that_would_wrap_around_is_still_off_balance() {
        let legs = vec![
            usd("platform/fees", i64::MIN),
            usd("platform/fees", i64::MIN),
        ];
        let minor_sum = i128::from(i64::MIN) * 2;
        let refusal = Unbalanced::OffBalance {
            currency: Currency::Usd,
            minor_sum,
        };
        assert_eq!(Posting::new(legs), Err(refusal));
    }

    #[test]
    fn too_few_too_many_and_empty_legs_are_refused() {
        assert_eq!(
            Posting::new(vec![]),
            Err(Unbalanced::TooFewLegs { legs: 0 })
        );
        let pair = [usd("platform/fees", 1), usd("outside/bank", -1)];
        assert_eq!(
            Posting::new(pair[..1].to_vec()),
            Err(Unbalanced::TooFewLegs { legs: 1 })
        );
        assert!(Posting::new(vec![pair.clone(); 32].concat()).is_ok());
        assert_eq!(
            Posting::new(vec![pair.clone(); 33].concat()),
            Err(Unbalanced::TooManyLegs { legs: 66 })
        );
        let mut legs = pair.to_vec();
        legs.push(usd("platform/fx", 0));
        assert_eq!(Posting::new(legs), Err(Unbalanced::ZeroLeg { index: 2 }));
    }

    #[test]
    fn a_transfer_takes_from_the_first_account_and_gives_to_the_second() {
        let account = |text| Account::parse(text).unwrap();
        let money = Money::from_minor(40, Currency::Usd);
        let (from, to) = (account("wallet/c/available"), account("wallet/c/held"));
        let posting = Posting::transfer(from.clone(), to.clone(), money).unwrap();
        assert_eq!(
            posting.legs(),
            [usd("wallet/c/available", -40), usd("wallet/c/held", 40)]
        );
        for minor in [0, -1, i64::MIN] {
            let money = Money::from_minor(minor, Currency::Usd);
            let refusal = Posting::transfer(from.clone(), to.clone(), money);
            assert_eq!(refusal, Err(Unbalanced::NotPositive));
        }
        assert_eq!(
            Posting::transfer(from.clone(), from, money),
            Err(Unbalanced::SameAccount)
        );
    }

    #[test]
    fn stored_json_passes_through_the_same_door() {
        let json = r#"[
            {"account":"wallet/c/available","amount":{"amount":"-1.00","currency":"USD"}},
            {"account":"wallet/c/held","amount":{"amount":"1.00","currency":"USD"}}
        ]"#;
        let posting = serde_json::from_str::<Posting>(json).unwrap();
        let written = serde_json::to_string(&posting).unwrap();
        assert_eq!(serde_json::from_str::<Posting>(&written).unwrap(), posting);
        let off = serde_json::from_str::<Posting>(&json.replace("-1.00", "-1.01"));
        assert!(
            off.unwrap_err()
                .to_string()
                .contains("sum to -10000 minor units")
        );
        assert!(serde_json::from_str::<Posting>("[]").is_err());
        let unknown = json.replacen("\"account\"", "\"memo\":\"\",\"account\"", 1);
        assert!(serde_json::from_str::<Posting>(&unknown).is_err());
    }
}
