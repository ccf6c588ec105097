//! Finds single things in the log: events by identity or position, a stream, what a leg left.

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use ledger::Name;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::chain::Hash;
use crate::feed::RecordedEvent;
use crate::log::Log;

/// One leg of what an event moved, as the books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub position: i64,
    pub leg: i16,
    pub account: String,
    pub currency: String,
    pub amount_minor: i64,
    pub balance_minor: i64,
}

/// What a caller was answered under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    pub caller: String,
    pub key: String,
    /// The stream that the command was for, `type/id`.
    pub stream: String,
    /// SHA-256 of the request.
    pub fingerprint: Hash,
    pub first_position: i64,
    pub last_position: i64,
    pub recorded_at: DateTime<Utc>,
}

impl Log {
    /// Those of the events that are in the log, in its order.
    pub async fn events_by_id(&self, ids: &[Uuid]) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let rows = sqlx::query(
            "select position, sequence, event_id, recorded_at, effective_at, aggregate_type, \
                    aggregate_id, event_type, event_version, payload::text, metadata::text, hash \
               from events where event_id = any($1) order by position",
        )
        .bind(ids)
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(event).collect()
    }

    /// Those of the positions that the log has reached, in its order.
    pub async fn events_at(&self, positions: &[i64]) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let rows = sqlx::query(
            "select position, sequence, event_id, recorded_at, effective_at, aggregate_type, \
                    aggregate_id, event_type, event_version, payload::text, metadata::text, hash \
               from events where position = any($1) order by position",
        )
        .bind(positions)
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(event).collect()
    }

    /// The events of one stream up to a position, in its order; none where there is no such stream.
    pub async fn stream(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        until: i64,
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let rows = sqlx::query(
            "select position, sequence, event_id, recorded_at, effective_at, aggregate_type, \
                    aggregate_id, event_type, event_version, payload::text, metadata::text, hash \
               from events where aggregate_type = $1 and aggregate_id = $2 and position <= $3 \
              order by sequence",
        )
        .bind(aggregate_type)
        .bind(aggregate_id)
        .bind(until)
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(event).collect()
    }

    /// The stream that holds a name now, as `type/id`.
    pub async fn holder(&self, name: &Name) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar("select holder from claims where name = $1")
            .bind(name.as_str())
            .fetch_optional(self.pool())
            .await
    }

    /// What an event moved, leg by leg.
    pub async fn entries(&self, position: i64) -> Result<Vec<Entry>, sqlx::Error> {
        let rows = sqlx::query(
            "select position, leg, account, currency, amount_minor, balance_minor \
               from entries where position = $1 order by leg",
        )
        .bind(position)
        .fetch_all(self.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Entry {
                    position: row.try_get(0)?,
                    leg: row.try_get(1)?,
                    account: row.try_get(2)?,
                    currency: row.try_get(3)?,
                    amount_minor: row.try_get(4)?,
                    balance_minor: row.try_get(5)?,
                })
            })
            .collect()
    }

    /// Shows every answer that was given while the log stood after `after` and up to `until`.
    pub async fn answers<E: From<sqlx::Error>>(
        &self,
        after: i64,
        until: i64,
        mut visit: impl FnMut(StoredAnswer) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rows = sqlx::query(
            "select caller, key, stream, fingerprint, first_position, last_position, recorded_at \
               from answers where last_position > $1 and last_position <= $2 \
              order by last_position, caller, key",
        )
        .bind(after)
        .bind(until)
        .fetch(self.pool());
        while let Some(row) = rows.try_next().await? {
            visit(answer(&row)?)?;
        }
        Ok(())
    }
}

fn event(row: &PgRow) -> Result<RecordedEvent, sqlx::Error> {
    Ok(RecordedEvent {
        position: row.try_get(0)?,
        sequence: row.try_get(1)?,
        event_id: row.try_get(2)?,
        recorded_at: row.try_get(3)?,
        effective_at: row.try_get(4)?,
        aggregate_type: row.try_get(5)?,
        aggregate_id: row.try_get(6)?,
        event_type: row.try_get(7)?,
        event_version: row.try_get(8)?,
        payload: row.try_get(9)?,
        metadata: row.try_get(10)?,
        hash: hash(row.try_get(11)?)?,
    })
}

fn answer(row: &PgRow) -> Result<StoredAnswer, sqlx::Error> {
    Ok(StoredAnswer {
        caller: row.try_get(0)?,
        key: row.try_get(1)?,
        stream: row.try_get(2)?,
        fingerprint: hash(row.try_get(3)?)?,
        first_position: row.try_get(4)?,
        last_position: row.try_get(5)?,
        recorded_at: row.try_get(6)?,
    })
}

fn hash(bytes: &[u8]) -> Result<Hash, sqlx::Error> {
    Hash::from_slice(bytes).ok_or_else(|| sqlx::Error::Decode("a hash has 32 bytes".into()))
}
