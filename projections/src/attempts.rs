//! Who tried to sign in how often, and who has to wait: counted by keyed digests, beside the log.

use chrono::{DateTime, TimeDelta, Utc};
use domain::users::UserId;
use sqlx::PgPool;
use uuid::Uuid;

/// What is counted, or whose account is locked: nothing that could be read back.
pub type Counted = [u8; 32];

/// An attempt whose end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Ended {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    pub succeeded: bool,
}

/// How often something may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub max: i64,
    pub within: TimeDelta,
}

/// When an account is locked, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// So many failures in a row, none longer ago than a lock lasts.
    pub failures_max: i32,
    pub lasts: TimeDelta,
}

/// Counts an attempt, or says when the next would be let in. One at a time for each that is
/// counted, so that many at once are not more than that.
pub async fn admit(
    pool: &PgPool,
    id: Uuid,
    counted: &Counted,
    now: DateTime<Utc>,
    allowance: Allowance,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    let Allowance { max, within } = allowance;
    let mut tx = store::begin(pool, "begin").await?;
    sqlx::query("select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))")
        .bind(&counted[..])
        .execute(&mut *tx)
        .await?;
    let recent: Vec<DateTime<Utc>> = sqlx::query_scalar(
        "select at from sign_in_attempts where counted = $1 and at > $2 \
          order by at desc limit $3",
    )
    .bind(&counted[..])
    .bind(now - within)
    .bind(max)
    .fetch_all(&mut *tx)
    .await?;
    let full = i64::try_from(recent.len()).unwrap_or(i64::MAX) >= max;
    if let (true, Some(oldest)) = (full, recent.last()) {
        return Ok(Some(*oldest + within));
    }
    sqlx::query("insert into sign_in_attempts (id, at, counted) values ($1, $2, $3)")
        .bind(id)
        .bind(now)
        .bind(&counted[..])
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(None)
}

/// Until when an account is locked, if it is.
pub async fn locked_until(
    pool: &PgPool,
    account: &Counted,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar(
        "select locked_until from sign_in_locks where account = $1 and locked_until > $2",
    )
    .bind(&account[..])
    .bind(now)
    .fetch_optional(pool)
    .await
}

/// The attempt counts no more.
pub async fn forgive(pool: &PgPool, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sign_in_attempts where id = $1")
        .bind(id)
        .execute(pool)
        .await
        .map(drop)
}

/// How the attempt ended, and whose it was, if that is known.
pub async fn ended(
    pool: &PgPool,
    id: Uuid,
    user: Option<UserId>,
    succeeded: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query("update sign_in_attempts set user_id = $2, succeeded = $3 where id = $1")
        .bind(id)
        .bind(user.map(|user| user.to_string()))
        .bind(succeeded)
        .execute(pool)
        .await
        .map(drop)
}

/// Whoever has signed in has not failed.
pub async fn unlock(pool: &PgPool, account: &Counted) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sign_in_locks where account = $1")
        .bind(&account[..])
        .execute(pool)
        .await
        .map(drop)
}

/// Counts a failure in a row, and locks the account if it is one too many.
pub async fn failed(
    pool: &PgPool,
    account: &Counted,
    now: DateTime<Utc>,
    lock: Lock,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into sign_in_locks as l (account, failures, failed_at) values ($1, 1, $2) \
         on conflict (account) do update \
            set failures = case when l.failed_at <= $3 then 1 else l.failures + 1 end, \
                failed_at = $2, \
                locked_until = case when l.failed_at > $3 and l.failures + 1 >= $4 then $5 \
                                    when l.locked_until > $2 then l.locked_until end",
    )
    .bind(&account[..])
    .bind(now)
    .bind(now - lock.lasts)
    .bind(lock.failures_max)
    .bind(now + lock.lasts)
    .execute(pool)
    .await
    .map(drop)
}

/// The latest attempts of a user, the newest first.
pub async fn of(pool: &PgPool, user: UserId, limit: i64) -> Result<Vec<Ended>, sqlx::Error> {
    sqlx::query_as(
        "select id, at, succeeded from sign_in_attempts \
          where user_id = $1 and succeeded is not null order by at desc, id desc limit $2",
    )
    .bind(user.to_string())
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Nothing is left to show that this user ever signed in.
pub async fn forget(pool: &PgPool, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sign_in_attempts where user_id = $1")
        .bind(user.to_string())
        .execute(pool)
        .await
        .map(drop)
}

/// Removes attempts and failures from before these times; says how many that were.
pub async fn sweep(
    pool: &PgPool,
    attempts_before: DateTime<Utc>,
    failures_before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let attempts = sqlx::query("delete from sign_in_attempts where at < $1")
        .bind(attempts_before)
        .execute(pool)
        .await?;
    let locks = sqlx::query("delete from sign_in_locks where failed_at < $1")
        .bind(failures_before)
        .execute(pool)
        .await?;
    Ok(attempts.rows_affected() + locks.rows_affected())
}
