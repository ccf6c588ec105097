//! Reading the log in order: all of it, a page of it, or as it grows.

use std::ops::ControlFlow;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgListener;
use sqlx::{PgPool, Postgres};
use tokio::sync::watch;
use uuid::Uuid;

use crate::chain::{Hash, Link};
use crate::copy::{Malformed, Row};
use crate::log::Log;

/// The channel on which the database hints that the log has grown.
const CHANNEL: &str = "trainnet_log";
/// A hint may be lost; the log itself is asked this often at the latest.
const POLL: Duration = Duration::from_millis(250);

/// A stored event, borrowed from the page it was read in.
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    pub position: i64,
    pub sequence: i64,
    pub event_id: Uuid,
    pub recorded_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
    pub aggregate_type: &'a str,
    pub aggregate_id: &'a str,
    pub event_type: &'a str,
    pub event_version: &'a str,
    pub payload: &'a str,
    /// Empty where the reader did not ask for it.
    pub metadata: &'a str,
    /// All zero where the reader did not ask for it.
    pub hash: Hash,
}

impl EventRef<'_> {
    pub const fn link(&self) -> Link<'_> {
        Link {
            position: self.position,
            event_id: self.event_id,
            aggregate_type: self.aggregate_type,
            aggregate_id: self.aggregate_id,
            sequence: self.sequence,
            event_type: self.event_type,
            event_version: self.event_version,
            payload: self.payload,
            metadata: self.metadata,
            recorded_at: self.recorded_at,
            effective_at: self.effective_at,
        }
    }

    pub fn to_owned(&self) -> RecordedEvent {
        RecordedEvent {
            position: self.position,
            sequence: self.sequence,
            event_id: self.event_id,
            recorded_at: self.recorded_at,
            effective_at: self.effective_at,
            aggregate_type: self.aggregate_type.to_owned(),
            aggregate_id: self.aggregate_id.to_owned(),
            event_type: self.event_type.to_owned(),
            event_version: self.event_version.to_owned(),
            payload: self.payload.to_owned(),
            metadata: self.metadata.to_owned(),
            hash: self.hash,
        }
    }
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    pub position: i64,
    pub sequence: i64,
    pub event_id: Uuid,
    pub recorded_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    pub event_version: String,
    pub payload: String,
    pub metadata: String,
    pub hash: Hash,
}

impl RecordedEvent {
    pub fn as_ref(&self) -> EventRef<'_> {
        EventRef {
            position: self.position,
            sequence: self.sequence,
            event_id: self.event_id,
            recorded_at: self.recorded_at,
            effective_at: self.effective_at,
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            event_type: &self.event_type,
            event_version: &self.event_version,
            payload: &self.payload,
            metadata: &self.metadata,
            hash: self.hash,
        }
    }
}

/// How much of each event a reader wants; a fold that needs no proof reads twice as fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Everything, metadata and hash included.
    All,
    /// What a fold needs.
    Fold,
    /// What says which money moved and nothing else; the rest is empty, zero and long ago.
    Effects,
}

/// Why a reader did not get to where it was going.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the log could not be read")]
    Database(#[from] sqlx::Error),
    #[error("the log was cut short: {reached} was the last position read, {wanted} was to come")]
    CutShort { reached: i64, wanted: i64 },
    #[error("position {expected} is missing: {found} stands in its place")]
    Gap { expected: i64, found: i64 },
    #[error("what the database sent cannot be read as an event")]
    Malformed(#[from] Malformed),
}

impl Log {
    /// Shows every event after `after` up to and including `until`, in order, without gaps.
    ///
    /// A reading that does not reach `until` is an error: half a replay never passes for a whole.
    pub async fn scan<E: From<ReadError>>(
        &self,
        after: i64,
        until: i64,
        columns: Columns,
        mut visit: impl FnMut(EventRef<'_>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let mut reached = after;
        let mut stopped = false;
        self.scan_as_stored(after, until, columns, |event| {
            if event.position != reached + 1 {
                let expected = reached + 1;
                return Err(ReadError::Gap {
                    expected,
                    found: event.position,
                }
                .into());
            }
            reached = event.position;
            let flow = visit(event)?;
            stopped = flow.is_break();
            Ok::<_, E>(flow)
        })
        .await?;
        if reached < until && !stopped {
            return Err(ReadError::CutShort {
                reached,
                wanted: until,
            }
            .into());
        }
        Ok(())
    }

    /// Shows what is there, with whatever is missing missing: for the auditor only.
    pub(crate) async fn scan_as_stored<E: From<ReadError>>(
        &self,
        after: i64,
        until: i64,
        columns: Columns,
        mut visit: impl FnMut(EventRef<'_>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let statement = statement(after, until, columns);
        let mut reader = Reader::from(self.pool().acquire().await.map_err(ReadError::from)?);
        let mut rows = reader
            .connection
            .copy_out_raw(&statement)
            .await
            .map_err(ReadError::from)?;
        while let Some(chunk) = rows.try_next().await.map_err(ReadError::from)? {
            let event = match columns {
                Columns::All | Columns::Fold => event(&chunk),
                Columns::Effects => effects(&chunk),
            };
            let Some(event) = event.map_err(ReadError::from)? else {
                continue;
            };
            if visit(event)?.is_break() {
                return Ok(());
            }
        }
        drop(rows);
        reader.at_the_end = true;
        Ok(())
    }

    /// At most `limit` events after `after`.
    pub async fn read(&self, after: i64, limit: i64) -> Result<Vec<RecordedEvent>, ReadError> {
        let head = self.head().await?;
        let until = head.position.min(after.saturating_add(limit));
        let mut page = Vec::new();
        if after < until {
            self.scan::<ReadError>(after, until, Columns::All, |event| {
                page.push(event.to_owned());
                Ok(ControlFlow::Continue(()))
            })
            .await?;
        }
        Ok(page)
    }

    /// Waits for the log to grow.
    pub async fn subscribe(&self) -> Result<Subscription, sqlx::Error> {
        let heads = self.ear().get_or_try_init(|| listen(self)).await?;
        Ok(Subscription {
            log: self.clone(),
            heads: heads.clone(),
        })
    }
}

/// Up to where the log had grown when it was last asked.
pub(crate) type Heads = watch::Receiver<i64>;

/// One connection listens for all subscriptions of a program, and one question answers them all,
/// however many they are. It ends with the last who might want to hear.
async fn listen(log: &Log) -> Result<Heads, sqlx::Error> {
    let pool = log.pool().clone();
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    let (told, heads) = watch::channel(log.head().await?.position);
    tokio::spawn(async move {
        let mut closing = pool.close_event();
        loop {
            tokio::select! {
                () = told.closed() => return,
                () = &mut closing => return,
                heard = listener.recv() => if let Err(error) = heard {
                    tracing::debug!(%error, "a hint was lost; polling");
                    tokio::time::sleep(POLL).await;
                    continue;
                },
            }
            // Several hints are one piece of news.
            while listener.next_buffered().is_some() {}
            match position(&pool).await {
                Ok(head) => drop(told.send_replace(head)),
                Err(error) => tracing::debug!(%error, "the head was not read; polling"),
            }
        }
    });
    Ok(heads)
}

/// How far the log has grown: anybody may hint, only the log knows.
async fn position(pool: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select position from log_head")
        .fetch_one(pool)
        .await
}

/// A connection that is copying the log out.
///
/// One that is left in the middle of a copy still has rows to come, which whoever used it next
/// would take for the answer to another question; so it does not go back to the pool.
struct Reader {
    connection: PoolConnection<Postgres>,
    at_the_end: bool,
}

impl From<PoolConnection<Postgres>> for Reader {
    fn from(connection: PoolConnection<Postgres>) -> Self {
        Self {
            connection,
            at_the_end: false,
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if !self.at_the_end {
            self.connection.close_on_drop();
        }
    }
}

/// Says when there is something to read.
#[derive(Debug)]
pub struct Subscription {
    log: Log,
    heads: Heads,
}

impl Subscription {
    /// Returns the head as soon as it is beyond what was `reached`.
    pub async fn beyond(&mut self, reached: i64) -> Result<i64, sqlx::Error> {
        loop {
            let told = *self.heads.borrow_and_update();
            if told > reached {
                return Ok(told);
            }
            match tokio::time::timeout(POLL, self.heads.changed()).await {
                Ok(Ok(())) => continue,
                Ok(Err(_)) => tokio::time::sleep(POLL).await,
                Err(_) => {}
            }
            // The notification is a hint: its loss, or that of its connection, costs one poll.
            let head = position(self.log.pool()).await?;
            if head > reached {
                return Ok(head);
            }
        }
    }
}

fn statement(after: i64, until: i64, columns: Columns) -> String {
    let columns = match columns {
        Columns::All => {
            "position, sequence, event_id, recorded_at, effective_at, aggregate_type, \
             aggregate_id, event_type, event_version, payload, metadata, hash"
        }
        Columns::Fold => {
            "position, sequence, event_id, recorded_at, effective_at, aggregate_type, \
             aggregate_id, event_type, event_version, payload, null::json, null::bytea"
        }
        Columns::Effects => "position, aggregate_type, event_type, event_version, payload",
    };
    format!(
        "copy (select {columns} from events where position > {after} and position <= {until} \
         order by position) to stdout (format binary)"
    )
}

/// The event in one message of a binary copy; the end of the copy carries none.
fn event(chunk: &[u8]) -> Result<Option<EventRef<'_>>, Malformed> {
    let Some(mut row) = Row::begin(chunk, 12)? else {
        return Ok(None);
    };
    Ok(Some(EventRef {
        position: row.int8()?,
        sequence: row.int8()?,
        event_id: row.uuid()?,
        recorded_at: row.timestamp()?,
        effective_at: row.timestamp()?,
        aggregate_type: row.text()?,
        aggregate_id: row.text()?,
        event_type: row.text()?,
        event_version: row.text()?,
        payload: row.text()?,
        metadata: row.text_or_null()?.unwrap_or(""),
        hash: row
            .bytes_or_null()?
            .and_then(Hash::from_slice)
            .unwrap_or(Hash([0; 32])),
    }))
}

fn effects(chunk: &[u8]) -> Result<Option<EventRef<'_>>, Malformed> {
    let Some(mut row) = Row::begin(chunk, 5)? else {
        return Ok(None);
    };
    Ok(Some(EventRef {
        position: row.int8()?,
        sequence: 0,
        event_id: Uuid::nil(),
        recorded_at: DateTime::UNIX_EPOCH,
        effective_at: DateTime::UNIX_EPOCH,
        aggregate_type: row.text()?,
        aggregate_id: "",
        event_type: row.text()?,
        event_version: row.text()?,
        payload: row.text()?,
        metadata: "",
        hash: Hash([0; 32]),
    }))
}
