//! A row for every session: how long it lasts, and how it ended.

use chrono::{DateTime, TimeDelta, Utc};
use domain::users::{EndedBecause, SessionEvent};
use store::copy::Row;

use super::{column, stored};
use crate::projection::Unfoldable;
use crate::rows::{self, Rows};
use crate::table::{Cell, Keeping, Owner, Table};

pub(super) const TABLE: Table = Table {
    name: "sessions",
    columns: &[
        column("position", Cell::Int8),
        column("started_at", Cell::Timestamp),
        column("refreshed_at", Cell::Timestamp),
        column("idle_seconds", Cell::Int8),
        column("ends_at", Cell::Timestamp),
        column("ended_at", Cell::OptionalTimestamp),
        column("remember", Cell::Bool),
        column("second_factor", Cell::Bool),
        column("session_id", Cell::Text),
        column("user_id", Cell::Text),
        column("ended_why", Cell::OptionalText),
    ],
    key: &["session_id"],
    indexes: &[&["user_id", "position"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("user_id")),
};

#[derive(Debug)]
pub(super) struct Line {
    position: i64,
    started_at: DateTime<Utc>,
    refreshed_at: DateTime<Utc>,
    idle_seconds: i64,
    ends_at: DateTime<Utc>,
    remember: bool,
    second_factor: bool,
    user: String,
    ended: Option<(DateTime<Utc>, EndedBecause)>,
}

impl Line {
    pub fn recall(row: &mut Row<'_>) -> Result<(String, Self), Unfoldable> {
        let (position, started_at, refreshed_at) =
            (row.int8()?, row.timestamp()?, row.timestamp()?);
        let (idle_seconds, ends_at) = (row.int8()?, row.timestamp()?);
        let ended_at = rows::optional_timestamp(row)?;
        let (remember, second_factor) = (rows::bool(row)?, rows::bool(row)?);
        let (session, user) = (row.text()?.to_owned(), row.text()?.to_owned());
        let why = row.text_or_null()?.map(stored::named).transpose()?;
        let line = Self {
            position,
            started_at,
            refreshed_at,
            idle_seconds,
            ends_at,
            remember,
            second_factor,
            user,
            ended: ended_at.zip(why),
        };
        Ok((session, line))
    }

    /// The row of the session that this event starts.
    pub fn new(event: &SessionEvent, position: i64) -> Option<Self> {
        let SessionEvent::Started(started) = event else {
            return None;
        };
        let absolute = TimeDelta::seconds(started.limits.absolute_seconds.into());
        Some(Self {
            position,
            started_at: started.at,
            refreshed_at: started.at,
            idle_seconds: started.limits.idle_seconds.into(),
            ends_at: started.at + absolute,
            remember: started.remember,
            second_factor: started.second_factor,
            user: started.user.to_string(),
            ended: None,
        })
    }

    pub fn change(&mut self, event: &SessionEvent) {
        match event {
            SessionEvent::Refreshed { at, .. } => self.refreshed_at = *at,
            SessionEvent::Ended { why, at } => self.ended = Some((*at, *why)),
            // Of a reused token, the end that follows says all that is shown.
            SessionEvent::Started(_) | SessionEvent::TokenReused { .. } => {}
        }
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    pub fn emit(&self, session: &str, rows: &mut Rows) {
        let (ended_at, why) = self.ended.unzip();
        rows.row()
            .int8(self.position)
            .timestamp(self.started_at)
            .timestamp(self.refreshed_at)
            .int8(self.idle_seconds)
            .timestamp(self.ends_at)
            .optional_timestamp(ended_at)
            .bool(self.remember)
            .bool(self.second_factor)
            .text(session)
            .text(&self.user)
            .optional_text(why.map(stored::name).as_deref());
    }
}
