//! The commands that will be written in one transaction, already in wire format.

use std::sync::Arc;

use ledger::Name;
use tokio::sync::oneshot;

use super::judge::floor_of;
use super::state::{AccountKey, State, Tracked};
use crate::append::{Append, Committed, NotAppended};
use crate::arrays::{Array, Element};
use crate::log::Head;

pub(super) type Verdict = Result<Committed, NotAppended>;

/// A command and whoever waits for its outcome.
#[derive(Debug)]
pub(crate) struct Request {
    pub append: Append,
    pub reply: oneshot::Sender<Verdict>,
}

/// A request with the outcome it will have once its batch is durable.
#[derive(Debug)]
pub(super) struct Judged {
    pub request: Request,
    pub verdict: Verdict,
}

#[derive(Debug)]
pub(super) struct Batch {
    pub number: u64,
    pub judged: Vec<Judged>,
    pub before: Head,
    pub after: Head,
    pub changed_balances: Vec<AccountKey>,
    pub changed_claims: Vec<Name>,
    pub events: Events,
    pub entries: Entries,
    pub balances: Balances,
    pub claims: Claims,
    pub answers: Answers,
}

impl Batch {
    pub(super) fn open(number: u64, head: Head) -> Box<Self> {
        Box::new(Self {
            number,
            judged: Vec::new(),
            before: head.clone(),
            after: head,
            changed_balances: Vec::new(),
            changed_claims: Vec::new(),
            events: Events::default(),
            entries: Entries::default(),
            balances: Balances::default(),
            claims: Claims::default(),
            answers: Answers::default(),
        })
    }

    /// True when the database need not hear of it: nothing in it was admitted, or nothing new.
    pub(super) const fn writes_nothing(&self) -> bool {
        self.before.position == self.after.position && self.answers.callers.is_empty()
    }

    /// Ends admission: what each row became is final now.
    pub(super) fn seal(&mut self, state: &mut State) {
        if self.before.position == state.head.position && !self.answers.callers.is_empty() {
            // Answers alone leave the position where it is; others must notice all the same.
            state.head.epoch += 1;
        }
        self.after = state.head.clone();
        for key in std::mem::take(&mut self.changed_balances) {
            let Some(row) = state.balances.get(&key) else {
                unreachable!("a balance that an open batch rests on is never forgotten");
            };
            self.note_balance(&key, row);
        }
        for name in std::mem::take(&mut self.changed_claims) {
            let Some(row) = state.claims.get(&name) else {
                unreachable!("a claim that an open batch rests on is never forgotten");
            };
            self.note_claim(&name, row);
        }
    }

    fn note_balance(&mut self, (account, currency): &AccountKey, row: &Tracked<i64>) {
        let columns = &mut self.balances;
        match (row.before, row.now) {
            (Some(before), Some(now)) => {
                columns.changed_accounts.push_text(account.as_str());
                columns.changed_currencies.push_text(currency.code());
                columns.changed_from.push_i64(before);
                columns.changed_to.push_i64(now);
            }
            (None, Some(now)) => {
                columns.opened_accounts.push_text(account.as_str());
                columns.opened_currencies.push_text(currency.code());
                columns.opened_to.push_i64(now);
                columns.opened_floors.push_i64_or_null(floor_of(account));
            }
            (_, None) => {}
        }
    }

    fn note_claim(&mut self, name: &Name, row: &Tracked<Arc<str>>) {
        if row.before == row.now {
            return;
        }
        let columns = &mut self.claims;
        if let Some(holder) = &row.before {
            columns.released_names.push_text(name.as_str());
            columns.released_holders.push_text(holder);
        }
        if let Some(holder) = &row.now {
            columns.taken_names.push_text(name.as_str());
            columns.taken_holders.push_text(holder);
            columns.taken_positions.push_i64(row.touched);
        }
    }

    /// Tells every caller; what they are told is durable.
    pub(super) fn answer(self: Box<Self>) {
        for Judged { request, verdict } in self.judged {
            // A caller that has gone away no longer wants to know.
            drop(request.reply.send(verdict));
        }
    }

    pub(super) fn into_requests(self: Box<Self>) -> impl Iterator<Item = Request> {
        self.judged.into_iter().map(|judged| judged.request)
    }
}

macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($column:ident: $element:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(super) struct $name { $(pub $column: Array),+ }

        impl Default for $name {
            fn default() -> Self {
                Self { $($column: Array::of(Element::$element)),+ }
            }
        }
    };
}

columns!(Events {
    sequences: Int8,
    ids: Uuid,
    effective: Timestamp,
    aggregate_types: Text,
    aggregate_ids: Text,
    types: Text,
    versions: Text,
    hashes: Bytes,
    payloads: Json,
    metadatas: Json,
});
columns!(Entries {
    positions: Int8,
    legs: Int2,
    accounts: Text,
    currencies: Text,
    amounts: Int8,
    balances: Int8,
});
columns!(Balances {
    changed_accounts: Text,
    changed_currencies: Text,
    changed_from: Int8,
    changed_to: Int8,
    opened_accounts: Text,
    opened_currencies: Text,
    opened_to: Int8,
    opened_floors: Int8,
});
columns!(Claims {
    taken_names: Text,
    taken_holders: Text,
    taken_positions: Int8,
    released_names: Text,
    released_holders: Text,
});
columns!(Answers {
    callers: Text,
    keys: Text,
    streams: Text,
    prints: Bytes,
    first: Int8,
    last: Int8,
});
