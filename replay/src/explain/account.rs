//! Explains a balance: every line that made it, summing to it.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use ledger::{Account, Currency, Money, Posting};
use serde::Serialize;
use store::{Catalogue, EventRef, Log};

use super::causes::{self, Cause, Causes};
use crate::failure::{Failure, Verdict};
use crate::paper::{self, Answer, Table};
use crate::told;
use crate::walk;

#[derive(Serialize)]
struct Explanation {
    account: String,
    until_position: i64,
    lines: Vec<Line>,
    balances: Vec<Total>,
    holds: bool,
}

/// One leg of one event.
#[derive(Serialize)]
struct Line {
    position: i64,
    leg: i16,
    recorded_at: String,
    effective_at: String,
    amount: Money,
    balance: Money,
    event_type: String,
    stream: String,
    actor: String,
    causes: Vec<Cause>,
    hash: String,
    #[serde(skip)]
    because_of: Option<String>,
}

/// What the lines in one currency sum to, beside what the books say after the last of them.
#[derive(Serialize)]
struct Total {
    lines: usize,
    sum: Money,
    books: Option<Money>,
    agrees: bool,
}

pub(super) async fn explain(
    log: &Log,
    catalogue: &Catalogue,
    account: &Account,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let head = log.head().await?;
    let mut lines = Vec::new();
    let mut running: HashMap<Currency, i64> = HashMap::new();
    walk::walk(log, &head, head.position, |event| {
        let moved = walk::moved(catalogue, &event)?;
        let legs = moved.postings.iter().flat_map(Posting::legs);
        for (leg, number) in legs
            .zip(1_i16..)
            .filter(|(leg, _)| leg.account() == account)
        {
            let amount = leg.amount();
            let balance = running.entry(amount.currency()).or_insert(0);
            *balance = balance
                .checked_add(amount.minor())
                .ok_or_else(|| Failure::Overflow {
                    position: event.position,
                    account: account.to_string(),
                })?;
            lines.push(Line::of(&event, number, amount, *balance));
        }
        Ok(())
    })
    .await?;
    if lines.is_empty() {
        return Err(Failure::Usage(format!(
            "nothing has ever moved in {account}"
        )));
    }
    let ids = lines.iter().filter_map(|line| line.because_of.clone());
    let causes = Causes::of(log, ids).await?;
    for line in &mut lines {
        line.causes = causes.chain(line.because_of.as_deref());
    }
    let balances = totals(log, &lines).await?;
    let holds = balances.iter().all(|total| total.agrees);
    let account = account.to_string();
    let until_position = head.position;
    paper::show(
        out,
        json,
        &Explanation {
            account,
            until_position,
            lines,
            balances,
            holds,
        },
    )?;
    Ok(Verdict::holds_if(holds))
}

/// The sums are taken from the log alone; the books must have come to the same.
async fn totals(log: &Log, lines: &[Line]) -> Result<Vec<Total>, Failure> {
    let mut last: BTreeMap<Currency, (usize, &Line)> = BTreeMap::new();
    for line in lines {
        let total = last.entry(line.amount.currency()).or_insert((0, line));
        *total = (total.0 + 1, line);
    }
    let mut totals = Vec::new();
    for (currency, (count, line)) in last {
        let entries = log.entries(line.position).await?;
        let entry = entries.iter().find(|entry| entry.leg == line.leg);
        let books = entry.map(|entry| Money::from_minor(entry.balance_minor, currency));
        totals.push(Total {
            lines: count,
            sum: line.balance,
            books,
            agrees: books == Some(line.balance),
        });
    }
    Ok(totals)
}

impl Line {
    fn of(event: &EventRef<'_>, leg: i16, amount: Money, balance: i64) -> Self {
        let metadata = told::read_metadata(event.metadata);
        Self {
            position: event.position,
            leg,
            recorded_at: paper::time(event.recorded_at),
            effective_at: paper::time(event.effective_at),
            amount,
            balance: Money::from_minor(balance, amount.currency()),
            event_type: event.event_type.to_owned(),
            stream: told::stream(event),
            actor: metadata.actor,
            causes: Vec::new(),
            hash: event.hash.to_string(),
            because_of: metadata.causation_id,
        }
    }
}

impl Answer for Explanation {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(
            out,
            "{}, every line up to position {}\n",
            self.account, self.until_position
        )?;
        let mut table = Table::with_columns(&[
            ">entry",
            "recorded",
            "event",
            "stream",
            "actor",
            ">amount",
            ">balance",
            "because of",
            "hash",
        ]);
        for line in &self.lines {
            table.row([
                format!("{}/{}", line.position, line.leg),
                line.recorded_at.clone(),
                line.event_type.clone(),
                line.stream.clone(),
                line.actor.clone(),
                paper::signed(line.amount),
                paper::plain(line.balance),
                causes::told(&line.causes),
                paper::short(&line.hash),
            ]);
        }
        table.write(out)?;
        writeln!(out)?;
        for total in &self.balances {
            let lines = paper::counted(i64::try_from(total.lines).unwrap_or(0), "line");
            let sums = if total.lines == 1 { "sums" } else { "sum" };
            let sum = format!("{sums} to {}", paper::plain(total.sum));
            match total.books {
                Some(books) if total.agrees => writeln!(
                    out,
                    "balance {}: its {lines} {sum}, to the last unit",
                    paper::plain(books)
                )?,
                Some(books) => writeln!(
                    out,
                    "DIFFERS: the {lines} {sum}, the books say {}",
                    paper::plain(books)
                )?,
                None => writeln!(out, "DIFFERS: the {lines} {sum}, the books have no entry")?,
            }
        }
        Ok(())
    }
}
