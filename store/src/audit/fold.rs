//! The log folded once more, by the plainest code that can do it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use ledger::{Account, Claim, Currency};

use super::books::Entry;
use super::{Check, Finding};
use crate::catalogue::{Catalogue, Moved};
use crate::chain::{GENESIS, Hash};
use crate::context::Metadata;
use crate::feed::EventRef;

pub(super) struct Fold<'a> {
    catalogue: &'a Catalogue,
    pub position: i64,
    pub hash: Hash,
    pub recorded_at: DateTime<Utc>,
    pub events: i64,
    pub entries: i64,
    pub balances: HashMap<(Account, Currency), i64>,
    pub claims: HashMap<String, String>,
    /// By caller and key: the first and last position recorded under it.
    pub answers: HashMap<(String, String), (i64, i64)>,
    pub findings: Vec<Finding>,
    streams: HashMap<(String, String), i64>,
    totals: BTreeMap<String, i128>,
    expected: Vec<Entry>,
}

impl<'a> Fold<'a> {
    pub(super) fn new(catalogue: &'a Catalogue) -> Self {
        Self {
            catalogue,
            position: 0,
            hash: GENESIS,
            recorded_at: DateTime::UNIX_EPOCH,
            events: 0,
            entries: 0,
            balances: HashMap::new(),
            claims: HashMap::new(),
            answers: HashMap::new(),
            findings: Vec::new(),
            streams: HashMap::new(),
            totals: BTreeMap::new(),
            expected: Vec::new(),
        }
    }

    pub(super) fn found(&mut self, position: Option<i64>, check: Check, detail: String) {
        self.findings.push(Finding {
            position,
            check,
            detail,
        });
    }

    pub(super) fn event(&mut self, event: &EventRef<'_>) {
        let position = event.position;
        self.missing_until(position);
        self.events += 1;
        self.position = position;
        if event.link().hash(&self.hash) != event.hash {
            let detail = "the hash does not follow from the event and the one before".to_owned();
            self.found(Some(position), Check::Chain, detail);
        }
        // Going on from what is stored, one bad link is one finding.
        self.hash = event.hash;
        if event.recorded_at < self.recorded_at {
            let detail = "it was recorded before the event before it".to_owned();
            self.found(Some(position), Check::Time, detail);
        }
        self.recorded_at = event.recorded_at;
        self.sequence(event);
        self.answer(event);
        match self.catalogue.moved(event) {
            Ok(moved) => self.effects(event, &moved),
            Err(error) => {
                let detail = with_sources(&error);
                self.found(Some(position), Check::Unreadable, detail);
            }
        }
    }

    /// At the end of a window nothing more can come below its end.
    pub(super) fn window_ends(&mut self, until: i64) {
        self.missing_until(until + 1);
        self.position = until;
    }

    fn missing_until(&mut self, position: i64) {
        let first = self.position + 1;
        if first < position {
            let detail = format!("positions {first} to {} are not there", position - 1);
            self.found(Some(first), Check::Gap, detail);
        }
    }

    fn sequence(&mut self, event: &EventRef<'_>) {
        let stream = (
            event.aggregate_type.to_owned(),
            event.aggregate_id.to_owned(),
        );
        let last = self.streams.insert(stream, event.sequence).unwrap_or(0);
        if event.sequence != last + 1 {
            let detail = format!(
                "{}/{} goes from event {last} to event {}",
                event.aggregate_type, event.aggregate_id, event.sequence
            );
            self.found(Some(event.position), Check::Sequence, detail);
        }
    }

    fn answer(&mut self, event: &EventRef<'_>) {
        if !event.metadata.contains("\"idempotency_key\"") {
            return;
        }
        match serde_json::from_str::<Metadata>(event.metadata) {
            Ok(Metadata {
                actor,
                idempotency_key: Some(key),
                ..
            }) => {
                let answer = self
                    .answers
                    .entry((actor, key))
                    .or_insert((event.position, event.position));
                answer.1 = event.position;
            }
            Ok(_) => {}
            Err(error) => {
                let detail = format!("the metadata cannot be read: {error}");
                self.found(Some(event.position), Check::Unreadable, detail);
            }
        }
    }

    fn effects(&mut self, event: &EventRef<'_>, moved: &Moved) {
        let position = event.position;
        let first = self.expected.len();
        let legs = moved.postings.iter().flat_map(ledger::Posting::legs);
        for (leg, number) in legs.zip(1_i16..) {
            let (account, currency) = (leg.account(), leg.amount().currency());
            let balance = self
                .balances
                .entry((account.clone(), currency))
                .or_insert(0);
            let amount_minor = leg.amount().minor();
            let Some(after) = balance.checked_add(amount_minor) else {
                let detail = format!("{account} exceeds what a balance can hold");
                self.found(Some(position), Check::Balance, detail);
                return;
            };
            *balance = after;
            self.expected.push(Entry {
                position,
                leg: number,
                account: account.to_string(),
                currency: currency.code().to_owned(),
                amount_minor,
                balance_minor: after,
            });
        }
        for index in first..self.expected.len() {
            self.floor(index);
        }
        let holder = format!("{}/{}", event.aggregate_type, event.aggregate_id);
        for claim in &moved.claims {
            self.claim(position, &holder, claim);
        }
    }

    /// An event's legs happen at one moment: what counts is the balance after the last of them.
    fn floor(&mut self, index: usize) {
        let entry = &self.expected[index];
        let Ok(account) = Account::parse(&entry.account) else {
            return;
        };
        let Ok(currency) = entry.currency.parse::<Currency>() else {
            return;
        };
        let position = entry.position;
        let minor = self
            .balances
            .get(&(account.clone(), currency))
            .copied()
            .unwrap_or(0);
        if account.floor().is_some_and(|floor| minor < floor) {
            let detail = format!("{account} is at {minor} {} minor units", currency.code());
            self.found(Some(position), Check::Floor, detail);
        }
    }

    fn claim(&mut self, position: i64, holder: &str, claim: &Claim) {
        let name = claim.name().as_str();
        let held = self.claims.get(name).map(String::as_str);
        match claim {
            Claim::Take(_) if held.is_none_or(|held| held == holder) => {
                self.claims.insert(name.to_owned(), holder.to_owned());
            }
            Claim::Release(_) if held == Some(holder) => {
                self.claims.remove(name);
            }
            Claim::Take(_) | Claim::Release(_) => {
                let detail = format!("{name} is held by {}", held.unwrap_or("nobody"));
                self.found(Some(position), Check::Claims, detail);
            }
        }
    }

    /// The entries of a window against the postings of its events, one by one.
    pub(super) fn compare_entries(&mut self, after: i64, stored: &[Entry]) {
        let expected = std::mem::take(&mut self.expected);
        self.entries += i64::try_from(stored.len()).unwrap_or(i64::MAX);
        let mut wanted = expected.iter();
        let mut found = stored.iter();
        loop {
            let (want, have) = (wanted.next(), found.next());
            if want == have {
                if want.is_none() {
                    break;
                }
                continue;
            }
            let at = |entry: Option<&Entry>| entry.map_or(i64::MAX, |entry| entry.position);
            let detail = format!(
                "expected {}, found {}",
                want.map_or_else(|| "nothing".to_owned(), ToString::to_string),
                have.map_or_else(|| "nothing".to_owned(), ToString::to_string),
            );
            self.found(
                Some(at(want).min(at(have)).max(after + 1)),
                Check::Entries,
                detail,
            );
            break;
        }
        self.totals(stored);
    }

    /// Each currency sums to zero after every position, by the entries alone.
    fn totals(&mut self, stored: &[Entry]) {
        for chunk in stored.chunk_by(|left, right| left.position == right.position) {
            for entry in chunk {
                let total = self.totals.entry(entry.currency.clone()).or_insert(0);
                *total += i128::from(entry.amount_minor);
            }
            let off: Vec<String> = self
                .totals
                .iter()
                .filter(|(_, total)| **total != 0)
                .map(|(currency, total)| format!("{currency} is off by {total} minor units"))
                .collect();
            if !off.is_empty() {
                self.found(Some(chunk[0].position), Check::Balance, off.join(", "));
                self.totals.clear();
            }
        }
    }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
