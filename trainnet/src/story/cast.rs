//! Who takes part in the story, and what they are asked through.

use domain::demonstration::{Deposit, Earning, Order, Payout, User};
use ledger::{Currency, Money, MoneyError};
use store::{Commands, Log};

pub struct Cast {
    pub log: Log,
    pub deposits: Commands<Deposit>,
    pub orders: Commands<Order>,
    pub earnings: Commands<Earning>,
    pub payouts: Commands<Payout>,
    pub first_customer: User,
    pub second_customer: User,
    pub provider: User,
}

impl Cast {
    pub fn of(log: &Log) -> anyhow::Result<Self> {
        Ok(Self {
            log: log.clone(),
            deposits: Commands::new(log.clone()),
            orders: Commands::new(log.clone()),
            earnings: Commands::new(log.clone()),
            payouts: Commands::new(log.clone()),
            first_customer: User::try_new("customer_1")?,
            second_customer: User::try_new("customer_2")?,
            provider: User::try_new("provider_1")?,
        })
    }
}

pub fn usd(amount: &str) -> Result<Money, MoneyError> {
    Money::parse(amount, Currency::Usd)
}
