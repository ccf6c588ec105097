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

/// Takes room, unless its owner would then keep more than `bytes_max`; says how much would be kept
/// where that is too much. Asked again for the same object, it is so already.
///
/// Those who ask for one owner take turns: two that both fit alone may not fit together.
pub async fn take(pool: &PgPool, room: &Room, bytes_max: i64) -> Result<Option<i64>, sqlx::Error> {
    let mut tx = store::begin(pool, "begin").await?;
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('trainnet room ' || $1, 0))")
        .bind(&room.owner)
        .execute(&mut *tx)
        .await?;
    let known: bool =
        sqlx::query_scalar("select exists (select from object_rooms where object = $1)")
            .bind(&room.object)
            .fetch_one(&mut *tx)
            .await?;
    if known {
        return Ok(None);
    }
    if room.counted {
        let kept = used(&mut *tx, &room.owner)
            .await?
            .saturating_add(room.bytes);
        if kept > bytes_max {
            return Ok(Some(kept));
        }
    }
    sqlx::query(
        "insert into object_rooms (object, owner, key, bytes, part_bytes, counted, known_as, \
                                   opened_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
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
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(None)
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

/// Somebody goes on with it; never sooner over than it was.
pub async fn renew(pool: &PgPool, object: &str, until: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query("update object_rooms set expires_at = $2 where object = $1 and expires_at < $2")
        .bind(object)
        .bind(until)
        .execute(pool)
        .await
        .map(drop)
}

/// All of it is there.
pub async fn settle(pool: &PgPool, object: &str) -> Result<(), sqlx::Error> {
    sqlx::query("update object_rooms set expires_at = null, known_as = null where object = $1")
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
