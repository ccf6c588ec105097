//! A row for every join token: for how many machines it is, and until when; never its digest.

use chrono::{DateTime, Utc};
use domain::servers::{JoinTokenEvent, Made};
use store::copy::Row;

use super::column;
use crate::projection::Unfoldable;
use crate::rows::{self, Rows};
use crate::table::{Cell, Keeping, Owner, Table};

pub(super) const TABLE: Table = Table {
    name: "join_tokens",
    columns: &[
        column("position", Cell::Int8),
        column("machines_max", Cell::Int8),
        column("machines", Cell::Int8),
        column("made_at", Cell::Timestamp),
        column("expires_at", Cell::Timestamp),
        column("revoked_at", Cell::OptionalTimestamp),
        column("token", Cell::Text),
        column("provider", Cell::Text),
    ],
    key: &["token"],
    indexes: &[&["provider", "position"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("provider")),
};

#[derive(Debug)]
pub(super) struct Line {
    position: i64,
    machines_max: i64,
    machines: i64,
    made_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    provider: String,
}

impl Line {
    pub fn recall(row: &mut Row<'_>) -> Result<(String, Self), Unfoldable> {
        let (position, machines_max, machines) = (row.int8()?, row.int8()?, row.int8()?);
        let (made_at, expires_at) = (row.timestamp()?, row.timestamp()?);
        let revoked_at = rows::optional_timestamp(row)?;
        let (token, provider) = (row.text()?.to_owned(), row.text()?.to_owned());
        let line = Self {
            position,
            machines_max,
            machines,
            made_at,
            expires_at,
            revoked_at,
            provider,
        };
        Ok((token, line))
    }

    pub fn new(made: &Made, position: i64) -> Self {
        Self {
            position,
            machines_max: made.machines_max.into(),
            machines: 0,
            made_at: made.at,
            expires_at: made.expires_at,
            revoked_at: None,
            provider: made.provider.to_string(),
        }
    }

    pub const fn change(&mut self, event: &JoinTokenEvent) {
        match event {
            JoinTokenEvent::Made(_) => {}
            JoinTokenEvent::Used { .. } => self.machines = self.machines.saturating_add(1),
            JoinTokenEvent::Revoked { at, .. } => self.revoked_at = Some(*at),
        }
    }

    pub fn emit(&self, token: &str, rows: &mut Rows) {
        rows.row()
            .int8(self.position)
            .int8(self.machines_max)
            .int8(self.machines)
            .timestamp(self.made_at)
            .timestamp(self.expires_at)
            .optional_timestamp(self.revoked_at)
            .text(token)
            .text(&self.provider);
    }
}
