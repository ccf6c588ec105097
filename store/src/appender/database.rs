//! The appender's own connection: the only place where the log is extended.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor, Row};
use uuid::Uuid;

use super::batch::Batch;
use crate::chain::Hash;
use crate::log::Head;

/// A batch that only moves money between accounts that are there leaves the rest out.
const APPEND: &str = "select log_extend($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, \
     $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)";

const APPEND_MORE: &str = "select log_extend($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
     $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, \
     $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42)";

/// Plans are made once and for ever: the arrays differ only in length, the indexes always serve.
/// A writer that is stopped while it holds the head loses its session, not everybody's time.
const SESSION: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; \
     set enable_hashjoin = off; set enable_mergejoin = off; set jit = off; \
     set synchronous_commit = on; set idle_in_transaction_session_timeout = '5s'; \
     set application_name = 'trainnet appender'";

/// Whether a batch is written alone or behind one whose transaction has not ended yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    First,
    Behind,
}

/// What became of a write that did not succeed.
#[derive(Debug)]
pub(super) enum WriteError {
    /// Another writer has extended the log, or shut this one out: nothing was written.
    Moved,
    /// Something that was taken to be new is not: nothing was written.
    NotNew,
    /// The database refused what it was given: nothing was written.
    Spoiled(String),
    /// The connection is gone, and with it the knowledge of what happened.
    Lost,
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(refusal) = &error else {
            tracing::warn!(%error, "the appender lost its connection");
            return Self::Lost;
        };
        let code = refusal.code();
        match code.as_deref() {
            Some("23505") => Self::NotNew,
            // What the appender believed of a row was wrong: forget it and look again.
            Some("TN001") => Self::Moved,
            // The server is going away, or has ended this session.
            Some(code) if code.starts_with("57P") || code.starts_with("08") || code == "25P03" => {
                Self::Lost
            }
            _ => Self::Spoiled(refusal.message().to_owned()),
        }
    }
}

pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = options
        .clone()
        .disable_statement_logging()
        .connect()
        .await?;
    connection.execute(SESSION).await?;
    connection.execute(crate::log::RESTRICT_ROLE).await?;
    Ok(connection)
}

pub(super) async fn head(connection: &mut PgConnection) -> Result<Head, sqlx::Error> {
    let row = sqlx::query("select position, epoch, hash, recorded_at from log_head")
        .fetch_one(connection)
        .await?;
    head_of(&row)
}

/// Waits for whoever is extending the log, and keeps everybody else from it until the commit.
pub(super) async fn lock_head(connection: &mut PgConnection) -> Result<Head, sqlx::Error> {
    connection.execute("begin").await?;
    let row = sqlx::query("select position, epoch, hash, recorded_at from log_head for update")
        .fetch_one(connection)
        .await?;
    head_of(&row)
}

/// Shuts out every write that was prepared before now, by whomever, and reads the head after it.
pub(crate) async fn raise_epoch(connection: &mut PgConnection) -> Result<Head, sqlx::Error> {
    let row = sqlx::query(
        "update log_head set epoch = epoch + 1 returning position, epoch, hash, recorded_at",
    )
    .fetch_one(connection)
    .await?;
    head_of(&row)
}

fn head_of(row: &sqlx::postgres::PgRow) -> Result<Head, sqlx::Error> {
    let hash: &[u8] = row.try_get(2)?;
    let hash = Hash::from_slice(hash)
        .ok_or_else(|| sqlx::Error::Decode("the head's hash must have 32 bytes".into()))?;
    Ok(Head {
        position: row.try_get(0)?,
        epoch: row.try_get(1)?,
        hash,
        recorded_at: row.try_get(3)?,
    })
}

/// Where an event stands, if it stands anywhere.
pub(crate) async fn position_of(
    connection: &mut PgConnection,
    event: Uuid,
) -> Result<Option<(i64, DateTime<Utc>)>, sqlx::Error> {
    sqlx::query_as("select position, recorded_at from events where event_id = $1")
        .bind(event)
        .fetch_optional(connection)
        .await
}

/// Writes the batch in one statement: one round trip, one flush. Says how long the work took.
pub(super) async fn write(
    connection: &mut PgConnection,
    batch: &Batch,
    turn: Turn,
) -> Result<Duration, WriteError> {
    let (events, entries, balances) = (&batch.events, &batch.entries, &batch.balances);
    let (claims, answers) = (&batch.claims, &batch.answers);
    #[cfg(feature = "wrong")]
    let balances = &super::wrong::as_if_nothing_had_changed(connection, balances).await?;
    let more = [
        &balances.opened_accounts,
        &balances.opened_currencies,
        &balances.opened_to,
        &balances.opened_floors,
        &claims.taken_names,
        &claims.taken_holders,
        &claims.taken_positions,
        &claims.released_names,
        &claims.released_holders,
        &answers.callers,
        &answers.keys,
        &answers.streams,
        &answers.prints,
        &answers.first,
        &answers.last,
    ];
    let (statement, more) = if more.iter().all(|column| column.is_empty()) {
        (APPEND, &[][..])
    } else {
        (APPEND_MORE, &more[..])
    };
    let query = sqlx::query_scalar::<_, Option<i64>>(statement)
        .bind(turn == Turn::Behind)
        .bind(batch.before.position)
        .bind(batch.before.epoch)
        .bind(&batch.before.hash.0[..])
        .bind(batch.after.position)
        .bind(&batch.after.hash.0[..])
        .bind(batch.after.recorded_at);
    let columns = [
        &events.sequences,
        &events.ids,
        &events.effective,
        &events.aggregate_types,
        &events.aggregate_ids,
        &events.types,
        &events.versions,
        &events.hashes,
        &events.payloads,
        &events.metadatas,
        &entries.positions,
        &entries.legs,
        &entries.accounts,
        &entries.currencies,
        &entries.amounts,
        &entries.balances,
        &balances.changed_accounts,
        &balances.changed_currencies,
        &balances.changed_from,
        &balances.changed_to,
    ];
    let query = columns
        .into_iter()
        .chain(more.iter().copied())
        .fold(query, sqlx::query::QueryScalar::bind);
    let micros = query.fetch_one(connection).await?;
    let micros = micros.ok_or(WriteError::Moved)?;
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}

/// Makes sure that outcomes which leave no trace did not rest on an old view of the log, nor on a
/// batch that another writer's took the place of.
pub(super) async fn confirm(connection: &mut PgConnection, head: &Head) -> Result<(), WriteError> {
    let stands = "select position = $1 and epoch = $2 and hash = $3 from log_head";
    let stands: bool = sqlx::query_scalar(stands)
        .bind(head.position)
        .bind(head.epoch)
        .bind(&head.hash.0[..])
        .fetch_one(connection)
        .await?;
    if stands {
        Ok(())
    } else {
        Err(WriteError::Moved)
    }
}

/// Tries until it succeeds or patience runs out, waiting a little longer each time.
pub(super) async fn reconnect(
    options: &PgConnectOptions,
    patience: Duration,
) -> Option<(PgConnection, Head)> {
    let deadline = tokio::time::Instant::now() + patience;
    let mut pause = Duration::from_millis(20);
    loop {
        let attempt = async {
            let mut connection = connect(options).await?;
            let head = raise_epoch(&mut connection).await?;
            Ok::<_, sqlx::Error>((connection, head))
        };
        match tokio::time::timeout_at(deadline, attempt).await {
            Ok(Ok(found)) => return Some(found),
            Ok(Err(error)) => tracing::warn!(%error, "the database does not answer"),
            Err(_) => return None,
        }
        if tokio::time::Instant::now() + pause >= deadline {
            return None;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

pub(super) async fn close(connections: impl Iterator<Item = PgConnection>) {
    for connection in connections {
        // The server notices either way.
        drop(connection.close().await);
    }
}
