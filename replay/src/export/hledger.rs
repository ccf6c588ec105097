//! The journal that hledger reads; each line asserts the balance that it leaves.

use std::io::{self, Write};

use chrono::NaiveDate;
use ledger::{Account, Currency};

use super::Range;
use super::journal::{Balances, Journal, Transaction};
use super::names;
use super::text::{decimal, plain, turned};

pub(super) struct Hledger;

impl Journal for Hledger {
    fn begin(&mut self, out: &mut dyn Write, range: Range) -> io::Result<()> {
        writeln!(out, "; TrainNet, {range}; what we owe is negative here")?;
        writeln!(out, "decimal-mark .")?;
        for currency in Currency::ALL {
            let sample = 10_i128.pow(currency.scale() + 3);
            writeln!(
                out,
                "commodity {} {currency}",
                decimal(sample, currency.scale())
            )?;
        }
        Ok(())
    }

    fn open(&mut self, out: &mut dyn Write, account: &Account, _: NaiveDate) -> io::Result<()> {
        let kind = match names::kind(account) {
            "Liabilities" => 'L',
            "Assets" => 'A',
            "Expenses" => 'X',
            "Equity" => 'E',
            _ => 'R',
        };
        writeln!(
            out,
            "\naccount {}  ; type:{kind}",
            names::to_hledger(account)
        )
    }

    fn carry(&mut self, out: &mut dyn Write, date: NaiveDate, from: &Balances) -> io::Result<()> {
        writeln!(out, "\n{date} carried over")?;
        for ((account, currency), minor) in from.iter().filter(|(_, minor)| **minor != 0) {
            let amount = turned(*minor, *currency);
            line(out, account, &amount, &amount, *currency)?;
        }
        Ok(())
    }

    fn transaction(&mut self, out: &mut dyn Write, it: &Transaction<'_>) -> io::Result<()> {
        let event = it.event;
        writeln!(
            out,
            "\n{} ({}) {}",
            it.date,
            event.position,
            plain(event.event_type)
        )?;
        writeln!(
            out,
            "    ; event:{}, stream:{}/{}, posting:{}",
            event.event_id,
            plain(event.aggregate_type),
            plain(event.aggregate_id),
            it.posting
        )?;
        for leg in it.lines {
            let amount = turned(leg.minor, leg.currency);
            let balance = turned(leg.balance_minor, leg.currency);
            line(out, leg.account, &amount, &balance, leg.currency)?;
        }
        Ok(())
    }

    fn end(
        &mut self,
        out: &mut dyn Write,
        _: Option<NaiveDate>,
        balances: &Balances,
    ) -> io::Result<()> {
        writeln!(out, "\n; end: {} balances", balances.len())
    }
}

fn line(
    out: &mut dyn Write,
    account: &Account,
    amount: &str,
    balance: &str,
    currency: Currency,
) -> io::Result<()> {
    let name = names::to_hledger(account);
    writeln!(
        out,
        "    {name}  {amount} {currency} = {balance} {currency}"
    )
}
