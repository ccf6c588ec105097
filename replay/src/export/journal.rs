//! The books as a journal: one transaction for each posting, in the order of the log.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use chrono::NaiveDate;
use ledger::{Account, Currency, Leg};
use store::{Catalogue, EventRef, Head, Log};

use super::Range;
use crate::failure::Failure;
use crate::walk;

/// A leg with the balance that it leaves.
pub(super) struct Line<'a> {
    pub account: &'a Account,
    pub currency: Currency,
    pub minor: i64,
    pub balance_minor: i64,
}

pub(super) struct Transaction<'a> {
    pub date: NaiveDate,
    pub event: &'a EventRef<'a>,
    /// Which of the event's postings it is, from one.
    pub posting: usize,
    pub lines: &'a [Line<'a>],
}

pub(super) type Balances = BTreeMap<(Account, Currency), i64>;

/// How a tool wants its journal written.
pub(super) trait Journal {
    fn begin(&mut self, out: &mut dyn Write, range: Range) -> io::Result<()>;
    /// Comes before the first line of each account.
    fn open(&mut self, out: &mut dyn Write, account: &Account, date: NaiveDate) -> io::Result<()>;
    /// What had happened before the first event of this journal.
    fn carry(&mut self, out: &mut dyn Write, date: NaiveDate, from: &Balances) -> io::Result<()>;
    fn transaction(&mut self, out: &mut dyn Write, it: &Transaction<'_>) -> io::Result<()>;
    fn end(
        &mut self,
        out: &mut dyn Write,
        last: Option<NaiveDate>,
        balances: &Balances,
    ) -> io::Result<()>;
}

pub(super) async fn write(
    log: &Log,
    catalogue: &Catalogue,
    head: &Head,
    range: Range,
    journal: &mut dyn Journal,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    journal.begin(out, range)?;
    let mut writing = Writing {
        journal,
        out,
        range,
        balances: Balances::new(),
        opened: HashSet::new(),
        last: None,
    };
    walk::walk(log, head, range.until, |event| {
        let moved = walk::moved(catalogue, &event)?;
        if event.position > range.after {
            writing.date(&event)?;
        }
        for (posting, number) in moved.postings.iter().zip(1..) {
            writing.posting(&event, number, posting.legs())?;
        }
        Ok(())
    })
    .await?;
    let Writing {
        journal,
        out,
        balances,
        last,
        ..
    } = writing;
    Ok(journal.end(out, last, &balances)?)
}

struct Writing<'a> {
    journal: &'a mut dyn Journal,
    out: &'a mut dyn Write,
    range: Range,
    balances: Balances,
    opened: HashSet<Account>,
    /// The day of the last event that was written.
    last: Option<NaiveDate>,
}

impl Writing<'_> {
    /// Carries the balances over on the day of the first event.
    fn date(&mut self, event: &EventRef<'_>) -> io::Result<()> {
        let date = event.recorded_at.date_naive();
        let carried = self.last.is_none() && self.balances.values().any(|minor| *minor != 0);
        self.last = Some(date);
        if !carried {
            return Ok(());
        }
        for (account, _) in self.balances.keys() {
            if self.opened.insert(account.clone()) {
                self.journal.open(self.out, account, date)?;
            }
        }
        self.journal.carry(self.out, date, &self.balances)
    }

    fn posting(
        &mut self,
        event: &EventRef<'_>,
        posting: usize,
        legs: &[Leg],
    ) -> Result<(), Failure> {
        let mut lines = Vec::with_capacity(legs.len());
        for leg in legs {
            let (account, amount) = (leg.account(), leg.amount());
            let currency = amount.currency();
            let balance = self
                .balances
                .entry((account.clone(), currency))
                .or_insert(0);
            *balance = balance
                .checked_add(amount.minor())
                .ok_or_else(|| Failure::Overflow {
                    position: event.position,
                    account: account.to_string(),
                })?;
            let (minor, balance_minor) = (amount.minor(), *balance);
            lines.push(Line {
                account,
                currency,
                minor,
                balance_minor,
            });
        }
        if event.position <= self.range.after {
            return Ok(());
        }
        let date = event.recorded_at.date_naive();
        for line in &lines {
            if self.opened.insert(line.account.clone()) {
                self.journal.open(self.out, line.account, date)?;
            }
        }
        let transaction = Transaction {
            date,
            event,
            posting,
            lines: &lines,
        };
        Ok(self.journal.transaction(self.out, &transaction)?)
    }
}
