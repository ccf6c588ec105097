//! Who takes how much room in the storage: taken before anything is sent, given back at the end.

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};

/// The room that one object takes.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Room {
    pub object: String,
    pub owner: String,
    /// Where its bytes lie.
    pub key: String,
    pub bytes: i64,
    pub part_bytes: i64,
    /// Whether it counts against what its owner may keep.
    pub counted: bool,
    /// Under which name the storage knows what is on its way, where it has one of its own.
    pub known_as: Option<String>,
    pub opened_at: DateTime<Utc>,
    /// Unless somebody goes on with it; nothing once all of it is there.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What came of asking for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Now,
    /// The same was asked for before.
    Already,
    /// So much would be kept then, which is too much.
    TooMuch(i64),
}

/// Takes room, unless its owner would then keep more than `bytes_max`.
///
/// Those who ask for one owner take turns: two that both fit alone may not fit together. It does
/// not wait for the disk: the event that follows does, before any byte is sent.
pub async fn take(pool: &PgPool, room: &Room, bytes_max: i64) -> Result<Taken, sqlx::Error> {
    let mut tx = store::begin(pool, "begin; set local synchronous_commit = off").await?;
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('trainnet room ' || $1, 0))")
        .bind(&room.owner)
        .execute(&mut *tx)
        .await?;
    let (known, kept, made): (bool, i64, bool) = sqlx::query_as(
        "with kept as ( \
             select coalesce(bool_or(object = $1), false) as known, \
                    (coalesce(sum(bytes) filter (where counted), 0) + $4)::bigint as bytes \
               from object_rooms where owner = $2 \
         ), made as ( \
             insert into object_rooms (object, owner, key, bytes, part_bytes, counted, known_as, \
                                       opened_at, expires_at) \
             select $1, $2, $3, $4, $5, $6, $7, $8, $9 from kept \
              where not known and not ($6 and bytes > $10) \
             returning true) \
         select known, bytes, exists (select from made) from kept",
    )
    .bind(&room.object)
    .bind(&room.owner)
    .bind(&room.key)
    .bind(room.bytes)
    .bind(room.part_bytes)
    .bind(room.counted)
    .bind(&room.known_as)
    .bind(room.opened_at)
    .bind(room.expires_at)
    .bind(bytes_max)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(match (made, known) {
        (true, _) => Taken::Now,
        (false, true) => Taken::Already,
        (false, false) => Taken::TooMuch(kept),
    })
}

/// How much somebody keeps of what counts.
pub async fn used(reader: impl PgExecutor<'_>, owner: &str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "select coalesce(sum(bytes), 0)::bigint from object_rooms where owner = $1 and counted",
    )
    .bind(owner)
    .fetch_one(reader)
    .await
}

pub async fn find(reader: impl PgExecutor<'_>, object: &str) -> Result<Option<Room>, sqlx::Error> {
    sqlx::query_as(
        "select object, owner, key, bytes, part_bytes, counted, known_as, opened_at, expires_at \
           from object_rooms where object = $1",
    )
    .bind(object)
    .fetch_optional(reader)
    .await
}

/// Remembers under which name the storage knows it; the first name stands.
pub async fn name(
    pool: &PgPool,
    object: &str,
    known_as: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar(
        "update object_rooms set known_as = coalesce(known_as, $2) where object = $1 \
         returning known_as",
    )
    .bind(object)
    .bind(known_as)
    .fetch_optional(pool)
    .await
    .map(Option::flatten)
}

/// Somebody goes on with it; never sooner over than it was. It does not wait for the disk, and may
/// be lost with the last moment before the database crashed.
pub async fn renew(pool: &PgPool, object: &str, until: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let renew = "update object_rooms set expires_at = $2 where object = $1 and expires_at < $2 \
                    and set_config('synchronous_commit', 'off', true) is not null";
    sqlx::query(renew)
        .bind(object)
        .bind(until)
        .execute(pool)
        .await
        .map(drop)
}

/// All of it is there. Whoever sweeps finds that out where this is lost, so it does not wait for
/// the disk.
pub async fn settle(pool: &PgPool, object: &str) -> Result<(), sqlx::Error> {
    let settle = "update object_rooms set expires_at = null, known_as = null where object = $1 \
                     and set_config('synchronous_commit', 'off', true) is not null";
    sqlx::query(settle)
        .bind(object)
        .execute(pool)
        .await
        .map(drop)
}

/// Its bytes are gone.
pub async fn give_back(pool: &PgPool, object: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from object_rooms where object = $1")
        .bind(object)
        .execute(pool)
        .await
        .map(drop)
}

/// What nobody went on with, the longest overdue first.
pub async fn overdue(
    reader: impl PgExecutor<'_>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Room>, sqlx::Error> {
    sqlx::query_as(
        "select object, owner, key, bytes, part_bytes, counted, known_as, opened_at, expires_at \
           from object_rooms where expires_at <= $1 order by expires_at, object limit $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// Everything that somebody takes room for.
pub async fn of_owner(reader: impl PgExecutor<'_>, owner: &str) -> Result<Vec<Room>, sqlx::Error> {
    sqlx::query_as(
        "select object, owner, key, bytes, part_bytes, counted, known_as, opened_at, expires_at \
           from object_rooms where owner = $1 order by object",
    )
    .bind(owner)
    .fetch_all(reader)
    .await
}
