//! A row for every API key: what it may be used for, and until when; never its secret's digest.

use chrono::{DateTime, Utc};
use domain::users::{ApiKeyEvent, Scopes};
use store::copy::Row;

use super::{column, stored};
use crate::projection::Unfoldable;
use crate::rows::{self, Rows};
use crate::table::{Cell, Keeping, Owner, Table};

pub(super) const TABLE: Table = Table {
    name: "api_keys",
    columns: &[
        column("position", Cell::Int8),
        column("created_at", Cell::Timestamp),
        column("expires_at", Cell::OptionalTimestamp),
        column("revoked_at", Cell::OptionalTimestamp),
        column("requests_per_minute", Cell::OptionalInt8),
        column("key_id", Cell::Text),
        column("user_id", Cell::Text),
        column("scopes", Cell::Text),
    ],
    key: &["key_id"],
    indexes: &[&["user_id", "position"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("user_id")),
};

#[derive(Debug)]
pub(super) struct Line {
    position: i64,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    requests_per_minute: Option<i64>,
    user: String,
    scopes: Scopes,
}

impl Line {
    pub fn recall(row: &mut Row<'_>) -> Result<(String, Self), Unfoldable> {
        let (position, created_at) = (row.int8()?, row.timestamp()?);
        let expires_at = rows::optional_timestamp(row)?;
        let revoked_at = rows::optional_timestamp(row)?;
        let requests_per_minute = rows::optional_int8(row)?;
        let (key, user) = (row.text()?.to_owned(), row.text()?.to_owned());
        let line = Self {
            position,
            created_at,
            expires_at,
            revoked_at,
            requests_per_minute,
            user,
            scopes: stored::all_named(row.text()?)?,
        };
        Ok((key, line))
    }

    /// The row of the key that this event creates.
    pub fn new(event: &ApiKeyEvent, position: i64) -> Option<Self> {
        let ApiKeyEvent::Created(created) = event else {
            return None;
        };
        Some(Self {
            position,
            created_at: created.at,
            expires_at: created.expires_at,
            revoked_at: None,
            requests_per_minute: created.requests_per_minute.map(i64::from),
            user: created.user.to_string(),
            scopes: created.scopes.clone(),
        })
    }

    pub const fn change(&mut self, event: &ApiKeyEvent) {
        match event {
            ApiKeyEvent::Created(_) => {}
            ApiKeyEvent::Revoked { at, .. } => self.revoked_at = Some(*at),
        }
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    pub fn emit(&self, key: &str, rows: &mut Rows) {
        rows.row()
            .int8(self.position)
            .timestamp(self.created_at)
            .optional_timestamp(self.expires_at)
            .optional_timestamp(self.revoked_at)
            .optional_int8(self.requests_per_minute)
            .text(key)
            .text(&self.user)
            .text(&stored::names(&self.scopes));
    }
}
