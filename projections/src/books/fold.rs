//! The balances that a stretch of the log adds up to, in memory alone.

use std::ops::ControlFlow;
use std::sync::Arc;

use foldhash::HashMap;
use ledger::{Account, Currency, Posting};
use store::{Catalogue, Columns, Log, Moved};
use tokio::task::JoinSet;

use crate::replay::ReplayError;

/// What an account holds and has turned over in one currency.
///
/// Wide, because the middle of a history may go where its end never stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub minor: i128,
    /// The sum of what left the account, as a positive number.
    pub debits_minor: i128,
    /// The sum of what came to the account.
    pub credits_minor: i128,
    /// Where the account last moved.
    pub position: i64,
}

impl Balance {
    /// What this stretch and another one add up to.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            minor: self.minor + other.minor,
            debits_minor: self.debits_minor + other.debits_minor,
            credits_minor: self.credits_minor + other.credits_minor,
            position: self.position.max(other.position),
        }
    }
}

/// A balance for every account and currency that moved.
///
/// The folds of two stretches join into the fold of both, so a log can be folded by
/// several processors at once.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    places: HashMap<(Account, Currency), usize>,
    balances: Vec<(Account, Currency, Balance)>,
}

impl Fold {
    /// Folds the events after `after` up to and including `until`, so many stretches at once.
    ///
    /// All of them or an error: half a history never passes for a whole.
    pub async fn of(
        log: &Log,
        catalogue: &Arc<Catalogue>,
        after: i64,
        until: i64,
        readers: usize,
    ) -> Result<Self, ReplayError> {
        let readers = i64::try_from(readers).unwrap_or(i64::MAX).max(1);
        let stretch = (until - after + readers - 1) / readers;
        let mut tasks = JoinSet::new();
        let mut begin = after;
        while begin < until {
            let end = until.min(begin + stretch);
            let (log, catalogue) = (log.clone(), Arc::clone(catalogue));
            tasks.spawn(async move { Self::stretch(&log, &catalogue, begin, end).await });
            begin = end;
        }
        let mut whole = Self::default();
        while let Some(folded) = tasks.join_next().await {
            let reached = after;
            let wanted = until;
            whole.join(&folded.map_err(|_| ReplayError::EndedEarly { reached, wanted })??);
        }
        Ok(whole)
    }

    async fn stretch(
        log: &Log,
        catalogue: &Catalogue,
        after: i64,
        until: i64,
    ) -> Result<Self, ReplayError> {
        let mut fold = Self::default();
        log.scan::<ReplayError>(after, until, Columns::Effects, |event| {
            let position = event.position;
            let moved = catalogue
                .moved(&event)
                .map_err(|source| ReplayError::Unfoldable {
                    position,
                    source: source.into(),
                })?;
            fold.take_moved(position, &moved);
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        Ok(fold)
    }

    /// Takes in what one event moved.
    pub fn take_moved(&mut self, position: i64, moved: &Moved) {
        for leg in moved.postings.iter().flat_map(Posting::legs) {
            let amount = leg.amount();
            self.post(leg.account(), amount.currency(), amount.minor(), position);
        }
    }

    /// Takes in one leg; says which place its account has, and what it holds now.
    pub(super) fn post(
        &mut self,
        account: &Account,
        currency: Currency,
        minor: i64,
        position: i64,
    ) -> (usize, i128) {
        let place = self.place(account, currency);
        let balance = &mut self.balances[place].2;
        let minor = i128::from(minor);
        balance.minor += minor;
        if minor < 0 {
            balance.debits_minor -= minor;
        } else {
            balance.credits_minor += minor;
        }
        balance.position = position;
        (place, balance.minor)
    }

    fn place(&mut self, account: &Account, currency: Currency) -> usize {
        let next = self.balances.len();
        let place = *self
            .places
            .entry((account.clone(), currency))
            .or_insert(next);
        if place == next {
            self.balances
                .push((account.clone(), currency, Balance::default()));
        }
        place
    }

    pub(super) fn put(&mut self, account: &Account, currency: Currency, balance: Balance) {
        let place = self.place(account, currency);
        self.balances[place].2 = balance;
    }

    /// The account that has this place, as `post` gave it.
    pub(super) fn at(&self, place: usize) -> (&Account, Currency) {
        let (account, currency, _) = &self.balances[place];
        (account, *currency)
    }

    pub fn balance(&self, account: &Account, currency: Currency) -> Balance {
        let place = self.places.get(&(account.clone(), currency));
        place.map_or_else(Balance::default, |place| self.balances[*place].2)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Account, Currency, &Balance)> {
        self.balances
            .iter()
            .map(|(account, currency, balance)| (account, *currency, balance))
    }

    /// How many balances there are.
    pub const fn len(&self) -> usize {
        self.balances.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.balances.is_empty()
    }

    /// Takes in the fold of another stretch, whichever came first.
    pub fn join(&mut self, other: &Self) {
        for (account, currency, balance) in other.iter() {
            let place = self.place(account, currency);
            self.balances[place].2 = self.balances[place].2.and(balance);
        }
    }

    /// What all accounts hold together in a currency: zero, or the books are wrong.
    pub fn total_minor(&self, currency: Currency) -> i128 {
        self.iter()
            .filter(|(_, other, _)| *other == currency)
            .map(|(.., it)| it.minor)
            .sum()
    }
}
