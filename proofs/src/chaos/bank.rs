//! The bank of Jepsen's test: a few accounts, a fixed total, transfers of a few units.

use ledger::{Account, AccountError, Currency, Money, WalletLeaf};

use crate::dice::Dice;
use crate::transfer::TransferEvent;

pub const ACCOUNTS: usize = 8;
pub const TOTAL_MINOR: i64 = 100;
const AMOUNT_MINOR_MAX: usize = 5;

/// What each account holds, in its order.
pub type Balances = [i64; ACCOUNTS];

#[derive(Clone, Debug)]
pub struct Bank {
    accounts: Vec<Account>,
    outside: Account,
}

/// From one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub from: usize,
    pub to: usize,
    pub minor: i64,
}

impl Bank {
    pub fn try_new() -> Result<Self, AccountError> {
        let wallet = |number| Account::wallet(&format!("bank_{number}"), WalletLeaf::Available);
        let accounts = (0..ACCOUNTS).map(wallet).collect::<Result<_, _>>()?;
        Ok(Self {
            accounts,
            outside: Account::outside("bank")?,
        })
    }

    pub fn number(&self, account: &str) -> Option<usize> {
        self.accounts
            .iter()
            .position(|other| other.as_str() == account)
    }

    pub fn throw(dice: &mut Dice) -> Order {
        let (from, to) = dice.pair_below(ACCOUNTS);
        let minor = i64::try_from(dice.below(AMOUNT_MINOR_MAX) + 1).unwrap_or(1);
        Order { from, to, minor }
    }

    pub fn event(&self, order: Order) -> TransferEvent {
        TransferEvent::Made {
            from: self.accounts[order.from].clone(),
            to: self.accounts[order.to].clone(),
            amount: Money::from_minor(order.minor, Currency::Usd),
        }
    }

    /// What the bank begins with, as evenly as whole units go.
    pub fn funding(&self) -> Vec<TransferEvent> {
        let fund = |(to, number): (&Account, usize)| TransferEvent::Made {
            from: self.outside.clone(),
            to: to.clone(),
            amount: Money::from_minor(share(number), Currency::Usd),
        };
        self.accounts.iter().zip(0..).map(fund).collect()
    }

    /// The order that an event of ours was made from; none for the funding.
    pub fn order(&self, event: &TransferEvent) -> Option<Order> {
        let TransferEvent::Made { from, to, amount } = event;
        let (from, to) = (self.number(from.as_str())?, self.number(to.as_str())?);
        Some(Order {
            from,
            to,
            minor: amount.minor(),
        })
    }

    /// Takes an event in.
    pub fn apply(&self, balances: &mut Balances, event: &TransferEvent) {
        let TransferEvent::Made { from, to, amount } = event;
        if let Some(number) = self.number(from.as_str()) {
            balances[number] -= amount.minor();
        }
        if let Some(number) = self.number(to.as_str()) {
            balances[number] += amount.minor();
        }
    }
}

fn share(number: usize) -> i64 {
    let accounts = i64::try_from(ACCOUNTS).unwrap_or(1);
    let rest = i64::try_from(number).is_ok_and(|number| number < TOTAL_MINOR % accounts);
    TOTAL_MINOR / accounts + i64::from(rest)
}

/// What is wrong with balances that were seen together.
pub fn complaint(balances: &Balances) -> Option<String> {
    let total: i64 = balances.iter().sum();
    if balances.iter().any(|minor| *minor < 0) {
        return Some(format!("a balance is negative: {balances:?}"));
    }
    (total != TOTAL_MINOR).then(|| format!("the total is {total}: {balances:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn funded(bank: &Bank) -> Balances {
        let mut balances = [0; ACCOUNTS];
        bank.funding()
            .iter()
            .for_each(|event| bank.apply(&mut balances, event));
        balances
    }

    #[test]
    fn the_bank_begins_with_its_total_and_keeps_it() {
        let bank = Bank::try_new().unwrap();
        let mut balances = funded(&bank);
        assert_eq!(complaint(&balances), None);
        bank.apply(
            &mut balances,
            &bank.event(Order {
                from: 0,
                to: 7,
                minor: 5,
            }),
        );
        assert_eq!(complaint(&balances), None);
    }

    #[test]
    fn what_is_missing_and_what_is_overdrawn_is_complained_about() {
        let bank = Bank::try_new().unwrap();
        let mut balances = funded(&bank);
        balances[3] -= 1;
        assert!(complaint(&balances).unwrap().contains("total is 99"));
        balances[3] = -20;
        balances[4] += 33;
        assert!(complaint(&balances).unwrap().contains("negative"));
    }

    #[test]
    fn an_order_is_found_again_in_its_event() {
        let bank = Bank::try_new().unwrap();
        let order = Bank::throw(&mut Dice::seeded(3));
        assert!((1..=5).contains(&order.minor));
        assert_eq!(bank.order(&bank.event(order)), Some(order));
        assert_eq!(bank.order(&bank.funding()[0]), None);
    }
}
