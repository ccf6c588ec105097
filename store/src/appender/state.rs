//! What the appender knows of the database as of its head, so that most commands are judged
//! without asking it anything.
//!
//! Everything here is true only while the head is where the appender believes it to be. The write
//! names that head, so a belief that has gone stale costs a second attempt, never a wrong outcome.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use foldhash::{HashMap, HashMapExt};
use ledger::{Account, Currency, Name};

use crate::append::{Append, Committed};
use crate::log::Head;

pub(super) type StreamKey = (Arc<str>, Arc<str>);
pub(super) type AccountKey = (Account, Currency);
pub(super) type AnswerKey = (String, String);

/// A value, and the last position that had to do with it.
#[derive(Clone, Debug)]
pub(super) struct Known<V> {
    pub value: V,
    pub touched: i64,
}

/// A row now, and as it was when the batch that last changed it began; `None` where no row stands.
#[derive(Clone, Debug)]
pub(super) struct Tracked<V> {
    pub now: Option<V>,
    pub before: Option<V>,
    pub batch: u64,
    pub touched: i64,
}

impl<V: Clone> Tracked<V> {
    pub(super) fn read(now: Option<V>, touched: i64) -> Self {
        Self {
            before: now.clone(),
            now,
            batch: 0,
            touched,
        }
    }

    /// Remembers what the row was before this batch; true when the batch had not touched it yet.
    pub(super) fn enter(&mut self, batch: u64) -> bool {
        let first = self.batch != batch;
        if first {
            self.batch = batch;
            self.before.clone_from(&self.now);
        }
        first
    }
}

#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub fingerprint: Vec<u8>,
    pub committed: Committed,
}

/// What must be read from the database before a command can be judged.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub streams: Vec<StreamKey>,
    pub accounts: Vec<AccountKey>,
    pub claims: Vec<Name>,
    pub answers: Vec<AnswerKey>,
}

impl Wanted {
    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty()
            && self.accounts.is_empty()
            && self.claims.is_empty()
            && self.answers.is_empty()
    }
}

#[derive(Debug)]
pub(super) struct State {
    /// After everything admitted so far, written or not.
    pub head: Head,
    pub streams: HashMap<StreamKey, Known<i64>>,
    pub balances: HashMap<AccountKey, Tracked<i64>>,
    pub claims: HashMap<Name, Tracked<Arc<str>>>,
    pub answers: HashMap<AnswerKey, Known<Option<Answer>>>,
    capacity: usize,
}

impl State {
    pub(super) fn at(head: Head, capacity: usize) -> Self {
        Self {
            head,
            streams: HashMap::new(),
            balances: HashMap::new(),
            claims: HashMap::new(),
            answers: HashMap::new(),
            capacity,
        }
    }

    /// Forgets everything: the head is not where it was believed to be.
    pub(super) fn reset(&mut self, head: Head) {
        #[cfg(feature = "wrong")]
        let balances = super::wrong::remembers().then(|| std::mem::take(&mut self.balances));
        *self = Self::at(head, self.capacity);
        #[cfg(feature = "wrong")]
        if let Some(balances) = balances {
            self.balances = balances;
        }
    }

    /// Keeps memory bounded; what an unwritten batch rests on stays.
    pub(super) fn trim(&mut self, durable: i64) {
        let window = i64::try_from(self.capacity / 2).unwrap_or(i64::MAX);
        let oldest = durable.min(self.head.position.saturating_sub(window));
        let capacity = self.capacity;
        trim(&mut self.streams, capacity, |known| known.touched > oldest);
        trim(&mut self.balances, capacity, |row| row.touched > oldest);
        trim(&mut self.claims, capacity, |row| row.touched > oldest);
        trim(&mut self.answers, capacity, |known| known.touched > oldest);
    }

    /// Time never runs backwards along the log, whatever the clock does.
    pub(super) fn advance_clock(&mut self, now: DateTime<Utc>) {
        self.head.recorded_at = self.head.recorded_at.max(now.trunc_subsecs(6));
    }

    /// True when the stream or the key of this command is only taken to be new.
    pub(super) fn assumes(&self, append: &Append) -> bool {
        let stream = (
            Arc::clone(&append.aggregate_type),
            Arc::clone(&append.aggregate_id),
        );
        let key = append
            .idempotency
            .as_ref()
            .map(|asked| (append.caller.clone(), asked.key.clone()));
        !self.streams.contains_key(&stream)
            || key.is_some_and(|key| !self.answers.contains_key(&key))
    }

    /// Notes what judging this command needs and is not known. A stream or key that should be new
    /// is taken to be new unless `exact`: the table's own uniqueness finds out if it is not.
    pub(super) fn missing(&self, append: &Append, exact: bool, wanted: &mut Wanted) {
        let stream = (
            Arc::clone(&append.aggregate_type),
            Arc::clone(&append.aggregate_id),
        );
        if (exact || append.expected != 0) && !self.streams.contains_key(&stream) {
            wanted.streams.push(stream);
        }
        for leg in append
            .events
            .iter()
            .flat_map(|e| &e.postings)
            .flat_map(ledger::Posting::legs)
        {
            let key = (leg.account().clone(), leg.amount().currency());
            if !self.balances.contains_key(&key) {
                wanted.accounts.push(key);
            }
        }
        for claim in append.events.iter().flat_map(|event| &event.claims) {
            if !self.claims.contains_key(claim.name()) {
                wanted.claims.push(claim.name().clone());
            }
        }
        if let (true, Some(asked)) = (exact, &append.idempotency) {
            let key = (append.caller.clone(), asked.key.clone());
            if !self.answers.contains_key(&key) {
                wanted.answers.push(key);
            }
        }
    }
}

fn trim<K: Eq + std::hash::Hash, V>(
    map: &mut HashMap<K, V>,
    capacity: usize,
    keep: impl Fn(&V) -> bool,
) {
    if map.len() > capacity {
        map.retain(|_, value| keep(value));
    }
}
