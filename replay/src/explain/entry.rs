//! Explains an entry: the event that made it, its proof, its legs and its causes.

use std::io::Write;

use ledger::{Claim, Money, Posting};
use serde::Serialize;
use store::{Catalogue, Entry, Log, Moved};

use super::causes::{self, Cause, Causes};
use crate::failure::{Failure, Verdict};
use crate::last_link;
use crate::paper::{self, Answer, Table};
use crate::told::{Told, read_metadata};
use crate::walk;

#[derive(Serialize)]
struct Explanation {
    event: Told,
    previous_hash: String,
    recomputed_hash: String,
    /// The leg that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    leg: Option<i16>,
    legs: Vec<Line>,
    takes: Vec<String>,
    releases: Vec<String>,
    causes: Vec<Cause>,
    holds: bool,
}

/// A leg as the event says it, and the balance that the books had after it.
#[derive(Serialize)]
struct Line {
    leg: i16,
    account: String,
    amount: Money,
    balance: Option<Money>,
    agrees: bool,
}

pub(super) async fn explain(
    log: &Log,
    catalogue: &Catalogue,
    position: i64,
    leg: Option<i16>,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let head = log.head().await?;
    if position > head.position {
        return Err(Failure::BeyondHead {
            asked: position,
            head: head.position,
        });
    }
    let (previous_hash, recomputed_hash) = last_link::recompute(log, position).await?;
    let events = log.events_at(&[position]).await?;
    let event = events
        .first()
        .ok_or(Failure::Missing { position })?
        .as_ref();
    let moved = walk::moved(catalogue, &event)?;
    let entries = log.entries(position).await?;
    let legs = legs(&moved, &entries);
    if leg.is_some_and(|asked| legs.iter().all(|leg| leg.leg != asked)) {
        return Err(Failure::Usage(format!(
            "the event at {position} has no such leg"
        )));
    }
    let because_of = read_metadata(event.metadata).causation_id;
    let causes = Causes::of(log, because_of.clone())
        .await?
        .chain(because_of.as_deref());
    let holds = legs.len() == entries.len() && legs.iter().all(|leg| leg.agrees);
    let (takes, releases) = claims(&moved);
    let explanation = Explanation {
        event: Told::of(&event)?,
        previous_hash: previous_hash.to_string(),
        recomputed_hash: recomputed_hash.to_string(),
        leg,
        legs,
        takes,
        releases,
        causes,
        holds,
    };
    paper::show(out, json, &explanation)?;
    Ok(Verdict::holds_if(holds))
}

fn legs(moved: &Moved, entries: &[Entry]) -> Vec<Line> {
    let legs = moved.postings.iter().flat_map(Posting::legs);
    legs.zip(1_i16..)
        .map(|(leg, number)| {
            let (account, amount) = (leg.account().to_string(), leg.amount());
            let entry = entries.iter().find(|entry| entry.leg == number);
            let agrees = entry.is_some_and(|entry| {
                entry.account == account
                    && entry.currency == amount.currency().code()
                    && entry.amount_minor == amount.minor()
            });
            let balance =
                entry.map(|entry| Money::from_minor(entry.balance_minor, amount.currency()));
            Line {
                leg: number,
                account,
                amount,
                balance,
                agrees,
            }
        })
        .collect()
}

fn claims(moved: &Moved) -> (Vec<String>, Vec<String>) {
    let (mut takes, mut releases) = (Vec::new(), Vec::new());
    for claim in &moved.claims {
        match claim {
            Claim::Take(name) => takes.push(name.to_string()),
            Claim::Release(name) => releases.push(name.to_string()),
        }
    }
    (takes, releases)
}

impl Answer for Explanation {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let event = &self.event;
        writeln!(out, "position       {}", event.position)?;
        writeln!(
            out,
            "event          {} version {}",
            event.event_type, event.event_version
        )?;
        writeln!(out, "event id       {}", event.event_id)?;
        writeln!(
            out,
            "stream         {}, event {}",
            event.stream, event.sequence
        )?;
        writeln!(out, "recorded       {}", event.recorded_at)?;
        writeln!(out, "effective      {}", event.effective_at)?;
        writeln!(out, "payload        {}", event.payload.get())?;
        writeln!(out, "metadata       {}", event.metadata.get())?;
        writeln!(out, "previous hash  {}", self.previous_hash)?;
        writeln!(out, "hash           {}", event.hash)?;
        writeln!(out, "recomputed     {}  the same", self.recomputed_hash)?;
        writeln!(out, "because of     {}", causes::told(&self.causes))?;
        for name in &self.takes {
            writeln!(out, "takes          {name}")?;
        }
        for name in &self.releases {
            writeln!(out, "releases       {name}")?;
        }
        if self.legs.is_empty() {
            return writeln!(out, "\nit moves no money");
        }
        writeln!(out)?;
        let mut table = Table::with_columns(&["", ">leg", "account", ">amount", ">balance", ""]);
        for leg in &self.legs {
            let asked = if self.leg == Some(leg.leg) { "→" } else { "" };
            let verdict = if leg.agrees {
                ""
            } else {
                "DIFFERS from the books"
            };
            table.row([
                asked.to_owned(),
                leg.leg.to_string(),
                leg.account.clone(),
                paper::signed(leg.amount),
                leg.balance
                    .map_or_else(|| "no entry".to_owned(), paper::plain),
                verdict.to_owned(),
            ]);
        }
        table.write(out)
    }
}
