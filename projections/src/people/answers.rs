//! What is answered about people.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::users::{ApiKeyId, EndedBecause, KycId, Locale, Roles, Scopes, SessionId, UserId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

use super::stored;

/// Whether there is somebody behind a user who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Person,
    Service,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Unconfirmed,
    Confirmed,
    Lapsed,
    Erased,
}

/// Approved does not mean that it still holds: that is until a moment, recorded as expired or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExaminationStanding {
    Submitted,
    Approved,
    Rejected,
    Expired,
    Withdrawn,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    pub user: UserId,
    pub kind: Kind,
    pub standing: Standing,
    pub roles: Roles,
    pub locale: Option<Locale>,
    pub blocked: bool,
    pub blocked_reason: Option<String>,
    /// Whether one is switched on.
    pub second_factor: bool,
    pub registered_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    /// Where the user was registered.
    pub position: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    pub session: SessionId,
    pub user: UserId,
    pub started_at: DateTime<Utc>,
    pub refreshed_at: DateTime<Utc>,
    /// When it is over if nobody refreshes it.
    pub idle_ends_at: DateTime<Utc>,
    /// When it is over in any case.
    pub ends_at: DateTime<Utc>,
    pub remember: bool,
    /// Whether one was shown.
    pub second_factor: bool,
    pub ended_at: Option<DateTime<Utc>>,
    pub ended_why: Option<EndedBecause>,
    /// Where it was started.
    pub position: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Key {
    pub key: ApiKeyId,
    pub user: UserId,
    pub scopes: Scopes,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub requests_per_minute: Option<i64>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// Where it was created.
    pub position: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examination {
    pub examination: KycId,
    pub user: UserId,
    pub standing: ExaminationStanding,
    /// How many there are to look at.
    pub documents: i64,
    /// So long an approval holds.
    pub until: Option<DateTime<Utc>>,
    /// Why it was rejected.
    pub reason: Option<String>,
    pub changed_at: DateTime<Utc>,
    /// Where the documents were submitted.
    pub position: i64,
}

/// Something that was done to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    pub position: i64,
    pub at: DateTime<Utc>,
    pub actor: String,
    /// Whose account it was done to.
    pub user: UserId,
    /// The stored name of the event.
    pub action: String,
    /// What the name does not say: a role, a reason, a cause.
    pub detail: Option<String>,
    pub request_id: Option<String>,
}

fn parsed<T>(row: &PgRow, column: &str) -> Result<T, sqlx::Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: &str = row.try_get(column)?;
    text.parse()
        .map_err(|error: T::Err| sqlx::Error::Decode(error.into()))
}

fn named<T: DeserializeOwned>(row: &PgRow, column: &str) -> Result<T, sqlx::Error> {
    stored::named(row.try_get(column)?).map_err(|error| sqlx::Error::Decode(error.into()))
}

fn optionally_named<T: DeserializeOwned>(
    row: &PgRow,
    column: &str,
) -> Result<Option<T>, sqlx::Error> {
    let name: Option<&str> = row.try_get(column)?;
    name.map(stored::named)
        .transpose()
        .map_err(|error| sqlx::Error::Decode(error.into()))
}

fn all_named<T>(row: &PgRow, column: &str) -> Result<domain::users::AtLeastOne<T>, sqlx::Error>
where
    T: Clone + Ord + DeserializeOwned,
{
    stored::all_named(row.try_get(column)?).map_err(|error| sqlx::Error::Decode(error.into()))
}

impl FromRow<'_, PgRow> for User {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            user: parsed(row, "user_id")?,
            kind: named(row, "kind")?,
            standing: named(row, "standing")?,
            roles: all_named(row, "roles")?,
            locale: optionally_named(row, "locale")?,
            blocked: row.try_get("blocked")?,
            blocked_reason: row.try_get("blocked_reason")?,
            second_factor: row.try_get("second_factor")?,
            registered_at: row.try_get("registered_at")?,
            changed_at: row.try_get("changed_at")?,
            position: row.try_get("position")?,
        })
    }
}

impl FromRow<'_, PgRow> for Session {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            session: parsed(row, "session_id")?,
            user: parsed(row, "user_id")?,
            started_at: row.try_get("started_at")?,
            refreshed_at: row.try_get("refreshed_at")?,
            idle_ends_at: row.try_get("idle_ends_at")?,
            ends_at: row.try_get("ends_at")?,
            remember: row.try_get("remember")?,
            second_factor: row.try_get("second_factor")?,
            ended_at: row.try_get("ended_at")?,
            ended_why: optionally_named(row, "ended_why")?,
            position: row.try_get("position")?,
        })
    }
}

impl FromRow<'_, PgRow> for Key {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            key: parsed(row, "key_id")?,
            user: parsed(row, "user_id")?,
            scopes: all_named(row, "scopes")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            requests_per_minute: row.try_get("requests_per_minute")?,
            revoked_at: row.try_get("revoked_at")?,
            position: row.try_get("position")?,
        })
    }
}

impl FromRow<'_, PgRow> for Examination {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            examination: parsed(row, "examination_id")?,
            user: parsed(row, "user_id")?,
            standing: named(row, "standing")?,
            documents: row.try_get("documents")?,
            until: row.try_get("until")?,
            reason: row.try_get("reason")?,
            changed_at: row.try_get("changed_at")?,
            position: row.try_get("position")?,
        })
    }
}

impl FromRow<'_, PgRow> for Action {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            position: row.try_get("position")?,
            at: row.try_get("at")?,
            actor: row.try_get("actor")?,
            user: parsed(row, "user_id")?,
            action: row.try_get("action")?,
            detail: row.try_get("detail")?,
            request_id: row.try_get("request_id")?,
        })
    }
}
