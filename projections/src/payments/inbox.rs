//! Notices of the processor: each kept once, and looked into until that has come to something.

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};

/// A notice as it is kept: what it is about, and nothing of what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub notice: String,
    pub kind: String,
    pub object: String,
    /// Our payment, where the notice names one.
    pub payment: Option<String>,
}

/// A notice that somebody is looking into.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Taken {
    pub notice: String,
    pub kind: String,
    pub object: String,
    pub payment: Option<String>,
    /// This attempt included.
    pub attempts: i32,
    pub received_at: DateTime<Utc>,
}

/// Keeps a notice; false if it is there already.
pub async fn put(
    executor: impl PgExecutor<'_>,
    notice: &Notice,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "insert into payments_inbox (notice, kind, object, payment, received_at, next_at) \
         values ($1, $2, $3, $4, $5, $5) on conflict (notice) do nothing",
    )
    .bind(&notice.notice)
    .bind(&notice.kind)
    .bind(&notice.object)
    .bind(&notice.payment)
    .bind(now)
    .execute(executor)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes notices whose time has come; until `until` nobody else takes them.
pub async fn take(
    pool: &PgPool,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Taken>, sqlx::Error> {
    sqlx::query_as(
        "update payments_inbox i set attempts = i.attempts + 1, next_at = $2 \
           from (select notice from payments_inbox \
                  where state = 'waiting' and next_at <= $1 \
                  order by next_at limit $3 for update skip locked) as due \
          where i.notice = due.notice \
         returning i.notice, i.kind, i.object, i.payment, i.attempts, i.received_at",
    )
    .bind(now)
    .bind(until)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// What a notice is about has been looked into.
pub async fn done(
    executor: impl PgExecutor<'_>,
    notice: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update payments_inbox set state = 'done', done_at = $2, reason = null \
          where notice = $1 and state = 'waiting'",
    )
    .bind(notice)
    .bind(now)
    .execute(executor)
    .await
    .map(drop)
}

/// It could not be looked into this time.
pub async fn again(
    executor: impl PgExecutor<'_>,
    notice: &str,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update payments_inbox set next_at = $2, reason = $3 \
          where notice = $1 and state = 'waiting'",
    )
    .bind(notice)
    .bind(at)
    .bind(reason)
    .execute(executor)
    .await
    .map(drop)
}

/// Somebody has to look at it.
pub async fn park(
    executor: impl PgExecutor<'_>,
    notice: &str,
    now: DateTime<Utc>,
    reason: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update payments_inbox set state = 'parked', done_at = $2, reason = $3 \
          where notice = $1 and state = 'waiting'",
    )
    .bind(notice)
    .bind(now)
    .bind(reason)
    .execute(executor)
    .await
    .map(drop)
}

/// How many wait, were done, and were parked.
pub async fn counts(executor: impl PgExecutor<'_>) -> Result<(i64, i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select count(*) filter (where state = 'waiting'), \
                count(*) filter (where state = 'done'), \
                count(*) filter (where state = 'parked') \
           from payments_inbox",
    )
    .fetch_one(executor)
    .await
}

/// Forgets notices that were done before this; the processor tells of none of them again.
pub async fn sweep(
    executor: impl PgExecutor<'_>,
    before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let swept = sqlx::query("delete from payments_inbox where state = 'done' and done_at < $1")
        .bind(before)
        .execute(executor)
        .await?;
    Ok(swept.rows_affected())
}

/// The last notice that was read in the processor's own list.
pub async fn polled(
    executor: impl PgExecutor<'_>,
    processor: &str,
) -> Result<Option<String>, sqlx::Error> {
    let found: Option<Option<String>> =
        sqlx::query_scalar("select last from payments_polls where processor = $1")
            .bind(processor)
            .fetch_optional(executor)
            .await?;
    Ok(found.flatten())
}

pub async fn note_poll(
    executor: impl PgExecutor<'_>,
    processor: &str,
    last: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into payments_polls as p (processor, last, polled_at) values ($1, $2, $3) \
         on conflict (processor) do update \
            set last = coalesce(excluded.last, p.last), polled_at = excluded.polled_at",
    )
    .bind(processor)
    .bind(last)
    .bind(now)
    .execute(executor)
    .await
    .map(drop)
}
