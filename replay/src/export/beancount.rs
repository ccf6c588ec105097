//! The ledger that beancount reads; it ends by asserting every balance, without tolerance.

use std::io::{self, Write};

use chrono::NaiveDate;
use ledger::{Account, Currency};

use super::Range;
use super::journal::{Balances, Journal, Transaction};
use super::names;
use super::text::{plain, turned};

#[derive(Default)]
pub(super) struct Beancount {
    begun: bool,
}

impl Beancount {
    /// Directives need a date; that of the first account is the first of all.
    fn commodities(&mut self, out: &mut dyn Write, date: NaiveDate) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            writeln!(out)?;
            for currency in Currency::ALL {
                writeln!(out, "{date} commodity {currency}")?;
            }
        }
        Ok(())
    }
}

impl Journal for Beancount {
    fn begin(&mut self, out: &mut dyn Write, range: Range) -> io::Result<()> {
        writeln!(out, "; TrainNet, {range}; what we owe is negative here")?;
        writeln!(out, "option \"title\" \"TrainNet\"")
    }

    fn open(&mut self, out: &mut dyn Write, account: &Account, date: NaiveDate) -> io::Result<()> {
        self.commodities(out, date)?;
        writeln!(out, "\n{date} open {}", names::to_beancount(account))?;
        writeln!(out, "  path: \"{account}\"")
    }

    fn carry(&mut self, out: &mut dyn Write, date: NaiveDate, from: &Balances) -> io::Result<()> {
        writeln!(out, "\n{date} * \"carried over\"")?;
        for ((account, currency), minor) in from.iter().filter(|(_, minor)| **minor != 0) {
            line(out, account, *minor, *currency)?;
        }
        Ok(())
    }

    fn transaction(&mut self, out: &mut dyn Write, it: &Transaction<'_>) -> io::Result<()> {
        let event = it.event;
        writeln!(out, "\n{} * \"{}\"", it.date, plain(event.event_type))?;
        writeln!(out, "  position: {}", event.position)?;
        writeln!(out, "  posting: {}", it.posting)?;
        writeln!(out, "  event: \"{}\"", event.event_id)?;
        let stream = [plain(event.aggregate_type), plain(event.aggregate_id)].join("/");
        writeln!(out, "  stream: \"{stream}\"")?;
        for leg in it.lines {
            line(out, leg.account, leg.minor, leg.currency)?;
        }
        Ok(())
    }

    fn end(
        &mut self,
        out: &mut dyn Write,
        last: Option<NaiveDate>,
        balances: &Balances,
    ) -> io::Result<()> {
        writeln!(out)?;
        // A balance is asserted as the day begins.
        if let Some(date) = last.and_then(|last| last.succ_opt()) {
            for ((account, currency), minor) in balances {
                let (name, amount) = (names::to_beancount(account), turned(*minor, *currency));
                writeln!(out, "{date} balance {name}  {amount} ~ 0 {currency}")?;
            }
        }
        writeln!(out, "; end: {} balances", balances.len())
    }
}

fn line(out: &mut dyn Write, account: &Account, minor: i64, currency: Currency) -> io::Result<()> {
    writeln!(
        out,
        "  {}  {} {currency}",
        names::to_beancount(account),
        turned(minor, currency)
    )
}
