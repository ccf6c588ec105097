//! How far a projection has got, in one row that moves with its tables.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use crate::checksum::Checksum;

/// Begins a transaction whose commit waits for no disk. What follows from the log can be folded
/// again: a crash takes back the last of it, tables and checkpoint together, never a part.
pub(crate) const LAZILY: &str = "begin; set local synchronous_commit = off";

/// Where a projection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub version: i32,
    pub position: i64,
    pub checksum: Checksum,
    pub updated_at: DateTime<Utc>,
    pub stopped: Option<Stop>,
}

/// The event that could not be folded when it was last tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub position: i64,
    pub reason: String,
}

type Stored = (
    String,
    i32,
    i64,
    Vec<u8>,
    DateTime<Utc>,
    Option<i64>,
    Option<String>,
);

fn read(
    (name, version, position, checksum, updated_at, stopped_at, reason): Stored,
) -> Result<(String, Checkpoint), sqlx::Error> {
    let checksum = Checksum::from_slice(&checksum)
        .ok_or_else(|| sqlx::Error::Decode("a checksum must have 16 bytes".into()))?;
    let stopped = stopped_at
        .zip(reason)
        .map(|(position, reason)| Stop { position, reason });
    Ok((
        name,
        Checkpoint {
            version,
            position,
            checksum,
            updated_at,
            stopped,
        },
    ))
}

pub(crate) async fn all(pool: &PgPool) -> Result<Vec<(String, Checkpoint)>, sqlx::Error> {
    let stored: Vec<Stored> = sqlx::query_as(
        "select name, version, position, checksum, updated_at, stopped_at, stopped_reason \
           from projection_checkpoints",
    )
    .fetch_all(pool)
    .await?;
    stored.into_iter().map(read).collect()
}

pub(crate) async fn of(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let stored: Option<Stored> = sqlx::query_as(
        "select name, version, position, checksum, updated_at, stopped_at, stopped_reason \
           from projection_checkpoints where name = $1",
    )
    .bind(name)
    .fetch_optional(connection)
    .await?;
    stored
        .map(read)
        .transpose()
        .map(|found| found.map(|(_, checkpoint)| checkpoint))
}

/// Reads the checkpoint and keeps everybody else from moving it until the transaction ends.
pub(crate) async fn lock_in_tx(
    transaction: &mut PgConnection,
    name: &str,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let stored: Option<Stored> = sqlx::query_as(
        "select name, version, position, checksum, updated_at, stopped_at, stopped_reason \
           from projection_checkpoints where name = $1 for update",
    )
    .bind(name)
    .fetch_optional(transaction)
    .await?;
    stored
        .map(read)
        .transpose()
        .map(|found| found.map(|(_, checkpoint)| checkpoint))
}

/// Puts down the first checkpoint of a projection.
pub(crate) async fn begin_in_tx(
    transaction: &mut PgConnection,
    name: &str,
    version: i32,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into projection_checkpoints (name, version, position, checksum, updated_at) \
         values ($1, $2, 0, $3, $4)",
    )
    .bind(name)
    .bind(version)
    .bind(Checksum::ZERO.to_bytes())
    .bind(now)
    .execute(transaction)
    .await
    .map(drop)
}

/// Moves the checkpoint, which the transaction has locked and found at `from`.
pub(crate) async fn move_in_tx(
    transaction: &mut PgConnection,
    name: &str,
    from: i64,
    to: &Checkpoint,
) -> Result<(), sqlx::Error> {
    let moved = sqlx::query(
        "update projection_checkpoints \
            set version = $3, position = $4, checksum = $5, updated_at = $6, \
                stopped_at = null, stopped_reason = null \
          where name = $1 and position = $2",
    )
    .bind(name)
    .bind(from)
    .bind(to.version)
    .bind(to.position)
    .bind(to.checksum.to_bytes())
    .bind(to.updated_at)
    .execute(transaction)
    .await?;
    if moved.rows_affected() == 1 {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}

/// Moves the checkpoint where nothing is to be written beside it; says whether it was where it was
/// believed to be. Nobody waits for the disk here either.
pub(crate) async fn pass_over(
    connection: &mut PgConnection,
    name: &str,
    from: &Checkpoint,
    to: &Checkpoint,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "update projection_checkpoints \
            set position = $4, updated_at = $5, stopped_at = null, stopped_reason = null \
          where name = $1 and position = $2 and version = $3 \
            and set_config('synchronous_commit', 'off', true) is not null",
    )
    .bind(name)
    .bind(from.position)
    .bind(from.version)
    .bind(to.position)
    .bind(to.updated_at)
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Writes down why the projection, which stands at `at`, cannot go on from there.
pub(crate) async fn stop(
    connection: &mut PgConnection,
    name: &str,
    at: &Checkpoint,
    stop: &Stop,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update projection_checkpoints \
            set stopped_at = $3, stopped_reason = $4, updated_at = $5 \
          where name = $1 and position = $2 and version = $6 \
            and (stopped_at is distinct from $3 or stopped_reason is distinct from $4)",
    )
    .bind(name)
    .bind(at.position)
    .bind(stop.position)
    .bind(&stop.reason)
    .bind(now)
    .bind(at.version)
    .execute(connection)
    .await
    .map(drop)
}
