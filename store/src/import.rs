//! Fills an empty log with recorded events, each checked as if it were appended here.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ledger::{Account, Claim, Currency, Money, Name, Posting};
use sqlx::Transaction;
use sqlx::postgres::Postgres;

use crate::catalogue::{Catalogue, Moved, Unreadable};
use crate::chain::{GENESIS, Hash};
use crate::copy::Writer;
use crate::feed::EventRef;
use crate::find::StoredAnswer;
use crate::log::{Head, Log};

/// Rows travel in pieces of about this size; memory stays bounded however long the log is.
const PIECE_BYTES: usize = 1 << 20;

/// Why an import came to nothing; the database is as empty as before.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the log stands at position {position}: only an empty database can be imported into")]
    NotEmpty { position: i64 },
    #[error("the event cannot follow the one before it")]
    Flawed(#[from] Flaw),
    #[error("the database did not take it")]
    Database(#[from] sqlx::Error),
}

/// What is wrong with an event or an answer.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    #[error("position {expected} is missing: {found} stands in its place")]
    Gap { expected: i64, found: i64 },
    #[error("the hash does not follow from the fields and the hash before")]
    Hash,
    #[error("its stream is at {expected}, the event says {found}")]
    Sequence { expected: i64, found: i64 },
    #[error("it was recorded before its predecessor")]
    Time,
    #[error("the metadata is not JSON")]
    Metadata(#[source] serde_json::Error),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("it leaves {account} at {balance}, below its floor")]
    Floor { account: Account, balance: Money },
    #[error("it takes {account} beyond what a balance can hold")]
    Overflow { account: Account },
    #[error("it has more legs than can be numbered")]
    Legs,
    #[error("it takes {name}, which {holder} holds")]
    Taken { name: Name, holder: String },
    #[error("it releases {name}, which it does not hold")]
    NotHeld { name: Name },
    #[error("the answer lies outside the log")]
    Answer,
    #[error("the log ends at {found} with another hash than the one announced for {expected}")]
    End { expected: i64, found: i64 },
}

/// An import on its way; dropped before its end, it leaves nothing behind.
#[derive(Debug)]
pub struct Import<'a> {
    transaction: Transaction<'static, Postgres>,
    catalogue: &'a Catalogue,
    head: Head,
    fold: Fold,
    events: Writer,
    entries: Writer,
    answers: Writer,
}

/// Everything that follows from the events so far.
#[derive(Debug, Default)]
struct Fold {
    streams: HashMap<String, i64>,
    /// The balance and the position that last changed it.
    balances: HashMap<(Account, Currency), (i64, i64)>,
    /// The holder and the position since which it holds the name.
    claims: HashMap<Name, (String, i64)>,
}

impl Log {
    /// Begins an import; nobody can append until it ends. Refused where anything is recorded.
    pub async fn import<'a>(&self, catalogue: &'a Catalogue) -> Result<Import<'a>, ImportError> {
        let mut transaction = self.pool().begin().await?;
        let (position, epoch): (i64, i64) =
            sqlx::query_as("select position, epoch from log_head for update")
                .fetch_one(&mut *transaction)
                .await?;
        let empty: bool = sqlx::query_scalar(
            "select not exists (select from events) and not exists (select from entries) \
                and not exists (select from balances) and not exists (select from claims) \
                and not exists (select from answers)",
        )
        .fetch_one(&mut *transaction)
        .await?;
        if position != 0 || !empty {
            return Err(ImportError::NotEmpty { position });
        }
        Ok(Import {
            transaction,
            catalogue,
            head: Head {
                position: 0,
                epoch,
                hash: GENESIS,
                recorded_at: chrono::DateTime::UNIX_EPOCH,
            },
            fold: Fold::default(),
            events: Writer::new(12, PIECE_BYTES),
            entries: Writer::new(6, PIECE_BYTES),
            answers: Writer::new(7, 0),
        })
    }
}

impl Import<'_> {
    /// Adds the next event with the position and the hash that it had.
    pub async fn event(&mut self, event: &EventRef<'_>) -> Result<(), ImportError> {
        self.check(event)?;
        let moved = self.catalogue.moved(event).map_err(Flaw::from)?;
        self.move_money(event, &moved)?;
        self.fold.claim(event, &moved)?;
        self.head.position = event.position;
        self.head.hash = event.hash;
        self.head.recorded_at = event.recorded_at;
        write_event(&mut self.events, event);
        if self.events.len() + self.entries.len() >= PIECE_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    /// Adds an answer to a command that is among the events.
    pub fn answer(&mut self, answer: &StoredAnswer) -> Result<(), ImportError> {
        let inside = (0..=answer.last_position).contains(&answer.first_position)
            && answer.last_position <= self.head.position;
        if !inside {
            return Err(Flaw::Answer.into());
        }
        let row = &mut self.answers;
        row.row();
        row.text(&answer.caller);
        row.text(&answer.key);
        row.text(&answer.stream);
        row.bytes(&answer.fingerprint.0);
        row.int8(answer.first_position);
        row.int8(answer.last_position);
        row.timestamp(answer.recorded_at);
        Ok(())
    }

    /// Makes it durable, provided that it ended where it was announced to end.
    pub async fn finish(mut self, position: i64, hash: Hash) -> Result<Head, ImportError> {
        if self.head.position != position || self.head.hash != hash {
            return Err(Flaw::End {
                expected: position,
                found: self.head.position,
            }
            .into());
        }
        self.flush().await?;
        let balances = self.fold.balances();
        let claims = self.fold.claims();
        let answers = std::mem::replace(&mut self.answers, Writer::new(0, 0)).finish();
        self.copy(
            "copy balances (account, currency, minor, floor_minor, position) \
             from stdin (format binary)",
            balances,
        )
        .await?;
        self.copy(
            "copy claims (name, holder, position) from stdin (format binary)",
            claims,
        )
        .await?;
        self.copy(
            "copy answers (caller, key, stream, fingerprint, first_position, last_position, \
             recorded_at) from stdin (format binary)",
            answers,
        )
        .await?;
        sqlx::query(
            "update log_head set position = $1, hash = $2, recorded_at = $3 where position = 0",
        )
        .bind(self.head.position)
        .bind(&self.head.hash.0[..])
        .bind(self.head.recorded_at)
        .execute(&mut *self.transaction)
        .await?;
        sqlx::query("select pg_notify('trainnet_log', $1)")
            .bind(self.head.position.to_string())
            .execute(&mut *self.transaction)
            .await?;
        self.transaction.commit().await?;
        Ok(self.head)
    }

    fn check(&mut self, event: &EventRef<'_>) -> Result<(), Flaw> {
        let expected = self.head.position + 1;
        if event.position != expected {
            return Err(Flaw::Gap {
                expected,
                found: event.position,
            });
        }
        if event.link().hash(&self.head.hash) != event.hash {
            return Err(Flaw::Hash);
        }
        if event.recorded_at < self.head.recorded_at {
            return Err(Flaw::Time);
        }
        serde_json::from_str::<serde::de::IgnoredAny>(event.metadata).map_err(Flaw::Metadata)?;
        let sequence = self.fold.streams.entry(holder(event)).or_default();
        if event.sequence != *sequence + 1 {
            return Err(Flaw::Sequence {
                expected: *sequence,
                found: event.sequence,
            });
        }
        *sequence = event.sequence;
        Ok(())
    }

    fn move_money(&mut self, event: &EventRef<'_>, moved: &Moved) -> Result<(), Flaw> {
        let legs = || moved.postings.iter().flat_map(Posting::legs);
        for (index, leg) in legs().enumerate() {
            let number = i16::try_from(index + 1).map_err(|_| Flaw::Legs)?;
            let (account, amount) = (leg.account(), leg.amount());
            let key = (account.clone(), amount.currency());
            let (balance, position) = self.fold.balances.entry(key).or_default();
            *balance = balance
                .checked_add(amount.minor())
                .ok_or_else(|| Flaw::Overflow {
                    account: account.clone(),
                })?;
            *position = event.position;
            let row = &mut self.entries;
            row.row();
            row.int8(event.position);
            row.int2(number);
            row.text(account.as_str());
            row.text(amount.currency().code());
            row.int8(amount.minor());
            row.int8(*balance);
        }
        // Floors are asked about when the event is complete: its legs happen at one moment.
        for leg in legs() {
            let (account, currency) = (leg.account(), leg.amount().currency());
            let Some(floor) = account.floor() else {
                continue;
            };
            let balance = self.fold.balances[&(account.clone(), currency)].0;
            if balance < floor {
                let balance = Money::from_minor(balance, currency);
                return Err(Flaw::Floor {
                    account: account.clone(),
                    balance,
                });
            }
        }
        Ok(())
    }

    /// Sends what has gathered; the database keeps it to itself until the end.
    async fn flush(&mut self) -> Result<(), sqlx::Error> {
        let events = std::mem::replace(&mut self.events, Writer::new(12, PIECE_BYTES)).finish();
        let entries = std::mem::replace(&mut self.entries, Writer::new(6, PIECE_BYTES)).finish();
        self.copy(
            "copy events (position, sequence, event_id, recorded_at, effective_at, \
             aggregate_type, aggregate_id, event_type, event_version, hash, payload, metadata) \
             from stdin (format binary)",
            events,
        )
        .await?;
        self.copy(
            "copy entries (position, leg, account, currency, amount_minor, balance_minor) \
             from stdin (format binary)",
            entries,
        )
        .await
    }

    async fn copy(&mut self, statement: &str, rows: Vec<u8>) -> Result<(), sqlx::Error> {
        let mut copy = self.transaction.copy_in_raw(statement).await?;
        copy.send(rows).await?;
        copy.finish().await.map(drop)
    }
}

impl Fold {
    fn claim(&mut self, event: &EventRef<'_>, moved: &Moved) -> Result<(), Flaw> {
        for claim in &moved.claims {
            let own = holder(event);
            let name = claim.name().clone();
            match (claim, self.claims.entry(name)) {
                (Claim::Take(_), Entry::Vacant(free)) => {
                    free.insert((own, event.position));
                }
                (Claim::Take(_), Entry::Occupied(held)) if held.get().0 == own => {}
                (Claim::Take(name), Entry::Occupied(held)) => {
                    let holder = held.get().0.clone();
                    return Err(Flaw::Taken {
                        name: name.clone(),
                        holder,
                    });
                }
                (Claim::Release(_), Entry::Occupied(held)) if held.get().0 == own => {
                    held.remove();
                }
                (Claim::Release(name), _) => return Err(Flaw::NotHeld { name: name.clone() }),
            }
        }
        Ok(())
    }

    fn balances(&mut self) -> Vec<u8> {
        let mut rows = Writer::new(5, self.balances.len() * 100);
        for ((account, currency), (minor, position)) in std::mem::take(&mut self.balances) {
            rows.row();
            rows.text(account.as_str());
            rows.text(currency.code());
            rows.int8(minor);
            match account.floor() {
                Some(floor) => rows.int8(floor),
                None => rows.null(),
            }
            rows.int8(position);
        }
        rows.finish()
    }

    fn claims(&mut self) -> Vec<u8> {
        let mut rows = Writer::new(3, self.claims.len() * 100);
        for (name, (holder, position)) in std::mem::take(&mut self.claims) {
            rows.row();
            rows.text(name.as_str());
            rows.text(&holder);
            rows.int8(position);
        }
        rows.finish()
    }
}

fn holder(event: &EventRef<'_>) -> String {
    format!("{}/{}", event.aggregate_type, event.aggregate_id)
}

fn write_event(row: &mut Writer, event: &EventRef<'_>) {
    row.row();
    row.int8(event.position);
    row.int8(event.sequence);
    row.uuid(event.event_id);
    row.timestamp(event.recorded_at);
    row.timestamp(event.effective_at);
    row.text(event.aggregate_type);
    row.text(event.aggregate_id);
    row.text(event.event_type);
    row.text(event.event_version);
    row.bytes(&event.hash.0);
    row.text(event.payload);
    row.text(event.metadata);
}
