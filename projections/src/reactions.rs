//! How far each reaction has followed the log, and why one stands still.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::checkpoint::Stop;

/// Where a reaction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub name: String,
    /// Of the process that brought it there.
    pub version: i32,
    /// What follows every event up to here has been asked for.
    pub position: i64,
    pub updated_at: DateTime<Utc>,
    pub stopped: Option<Stop>,
}

type Stored = (String, i32, i64, DateTime<Utc>, Option<i64>, Option<String>);

fn read((name, version, position, updated_at, stopped_at, reason): Stored) -> Reached {
    let stopped = stopped_at
        .zip(reason)
        .map(|(position, reason)| Stop { position, reason });
    Reached {
        name,
        version,
        position,
        updated_at,
        stopped,
    }
}

/// Every reaction that ever began.
pub async fn all(pool: &PgPool) -> Result<Vec<Reached>, sqlx::Error> {
    let stored: Vec<Stored> = sqlx::query_as(
        "select name, version, position, updated_at, stopped_at, stopped_reason \
           from reaction_checkpoints order by name",
    )
    .fetch_all(pool)
    .await?;
    Ok(stored.into_iter().map(read).collect())
}

async fn look(pool: &PgPool, name: &str) -> Result<Option<Stored>, sqlx::Error> {
    sqlx::query_as(
        "select name, version, position, updated_at, stopped_at, stopped_reason \
           from reaction_checkpoints where name = $1",
    )
    .bind(name)
    .fetch_optional(pool)
    .await
}

/// Where this reaction stands; before the first event if it never ran.
pub async fn of(
    pool: &PgPool,
    name: &str,
    version: i32,
    now: DateTime<Utc>,
) -> Result<Reached, sqlx::Error> {
    if let Some(stored) = look(pool, name).await? {
        return Ok(read(stored));
    }
    sqlx::query(
        "insert into reaction_checkpoints (name, version, position, updated_at) \
         values ($1, $2, 0, $3) on conflict (name) do nothing",
    )
    .bind(name)
    .bind(version)
    .bind(now)
    .execute(pool)
    .await?;
    let stored = look(pool, name).await?;
    stored.map(read).ok_or(sqlx::Error::RowNotFound)
}

/// Moves the checkpoint on; says whether it still stood where `from` says.
///
/// Somebody else who follows with the same process may have moved it, and then has done the work.
/// Nobody waits for the disk: what a crash takes back is asked for again, and was granted already.
pub async fn advance(
    pool: &PgPool,
    from: &Reached,
    version: i32,
    to: i64,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "update reaction_checkpoints \
            set position = $4, version = $5, updated_at = $6, \
                stopped_at = null, stopped_reason = null \
          where name = $1 and position = $2 and version = $3 \
            and set_config('synchronous_commit', 'off', true) is not null",
    )
    .bind(&from.name)
    .bind(from.position)
    .bind(from.version)
    .bind(to)
    .bind(version)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Writes down why the reaction, which stands at `at`, cannot go on from there.
pub async fn stop(
    pool: &PgPool,
    at: &Reached,
    stop: &Stop,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update reaction_checkpoints set stopped_at = $4, stopped_reason = $5, updated_at = $6 \
          where name = $1 and position = $2 and version = $3 \
            and (stopped_at is distinct from $4 or stopped_reason is distinct from $5)",
    )
    .bind(&at.name)
    .bind(at.position)
    .bind(at.version)
    .bind(stop.position)
    .bind(&stop.reason)
    .bind(now)
    .execute(pool)
    .await
    .map(drop)
}
