//! The balances of accounts, folded from the first event to the moment that was asked about.

use std::collections::BTreeMap;
use std::io::Write;

use ledger::{Account, Currency, Money, Posting};
use serde::Serialize;
use store::{Catalogue, Head, Log};

use super::{Asked, Cut};
use crate::failure::Failure;
use crate::paper::{self, Answer, Table};
use crate::walk;

#[derive(Serialize)]
pub(super) struct Balances {
    #[serde(flatten)]
    asked: Asked,
    balances: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    account: String,
    balance: Money,
    lines: u64,
    last_position: i64,
}

#[derive(Default)]
struct Sum {
    minor: i64,
    lines: u64,
    last_position: i64,
}

pub(super) async fn as_of(
    log: &Log,
    catalogue: &Catalogue,
    head: &Head,
    cut: &Cut,
    wanted: impl Fn(&str) -> bool,
) -> Result<Balances, Failure> {
    let mut sums: BTreeMap<(Account, Currency), Sum> = BTreeMap::new();
    walk::walk(log, head, cut.until, |event| {
        if !cut.counts(event.effective_at) {
            return Ok(());
        }
        let moved = walk::moved(catalogue, &event)?;
        for leg in moved.postings.iter().flat_map(Posting::legs) {
            let (account, amount) = (leg.account(), leg.amount());
            if !wanted(account.as_str()) {
                continue;
            }
            let sum = sums
                .entry((account.clone(), amount.currency()))
                .or_default();
            let minor = sum.minor.checked_add(amount.minor());
            sum.minor = minor.ok_or_else(|| Failure::Overflow {
                position: event.position,
                account: account.to_string(),
            })?;
            sum.lines += 1;
            sum.last_position = event.position;
        }
        Ok(())
    })
    .await?;
    let balance = |((account, currency), sum): ((Account, Currency), Sum)| Line {
        account: account.to_string(),
        balance: Money::from_minor(sum.minor, currency),
        lines: sum.lines,
        last_position: sum.last_position,
    };
    Ok(Balances {
        asked: cut.asked(),
        balances: sums.into_iter().map(balance).collect(),
    })
}

impl Answer for Balances {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{}", self.asked.headline())?;
        if self.balances.is_empty() {
            return writeln!(out, "nothing had moved there");
        }
        let mut table = Table::with_columns(&["account", ">balance", ">lines", ">last position"]);
        for line in &self.balances {
            table.row([
                line.account.clone(),
                paper::plain(line.balance),
                line.lines.to_string(),
                line.last_position.to_string(),
            ]);
        }
        table.write(out)
    }
}
