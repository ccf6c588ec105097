//! What can be asked of the mails.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;

/// One mail, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Mail {
    pub mail: String,
    pub to_user: String,
    pub template: String,
    /// `waiting`, `sent`, `given-up` or `withdrawn`.
    pub status: String,
    pub attempts: i64,
    /// When a waiting mail is to be tried next.
    pub next_at: DateTime<Utc>,
    /// Why the last attempt failed, if one did, or why the mail was withdrawn.
    pub reason: Option<String>,
    pub intended_at: DateTime<Utc>,
    pub intended_position: i64,
    pub updated_at: DateTime<Utc>,
}

impl Mail {
    /// From where the next page goes on.
    pub const fn cursor(&self) -> Cursor {
        Cursor(self.intended_position)
    }
}

/// A place in a list of mails; those intended before it are shown, the latest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(i64);

impl Cursor {
    /// Before the latest mail.
    pub const START: Self = Self(i64::MAX);

    /// Before the mail that was intended at this position.
    pub const fn before(position: i64) -> Self {
        Self(position)
    }
}

/// How many mails there are, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Counts {
    pub waiting: i64,
    pub sent: i64,
    pub given_up: i64,
}

/// The mails to be tried now, the longest due first.
pub async fn due(
    reader: impl PgExecutor<'_>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Mail>, sqlx::Error> {
    sqlx::query_as(
        "select mail, to_user, template, status, attempts, next_at, reason, intended_at, \
                intended_position, updated_at \
           from read_mails.mails where status = 'waiting' and next_at <= $1 \
          order by next_at, mail limit $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// The mails that were given up and that nobody has asked to be tried again.
pub async fn dead(
    reader: impl PgExecutor<'_>,
    Cursor(before): Cursor,
    limit: i64,
) -> Result<Vec<Mail>, sqlx::Error> {
    sqlx::query_as(
        "select mail, to_user, template, status, attempts, next_at, reason, intended_at, \
                intended_position, updated_at \
           from read_mails.mails where status = 'given-up' and intended_position < $1 \
          order by intended_position desc limit $2",
    )
    .bind(before)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// What was ever to be sent to somebody.
pub async fn of_user(
    reader: impl PgExecutor<'_>,
    user: &str,
    Cursor(before): Cursor,
    limit: i64,
) -> Result<Vec<Mail>, sqlx::Error> {
    sqlx::query_as(
        "select mail, to_user, template, status, attempts, next_at, reason, intended_at, \
                intended_position, updated_at \
           from read_mails.mails where to_user = $1 and intended_position < $2 \
          order by intended_position desc limit $3",
    )
    .bind(user)
    .bind(before)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// What an operator watches: mails that wait and mails that were given up.
pub async fn counts(reader: impl PgExecutor<'_>) -> Result<Counts, sqlx::Error> {
    sqlx::query_as(
        "select count(*) filter (where status = 'waiting') as waiting, \
                count(*) filter (where status = 'sent') as sent, \
                count(*) filter (where status = 'given-up') as given_up \
           from read_mails.mails",
    )
    .fetch_one(reader)
    .await
}
