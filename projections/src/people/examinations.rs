//! A row for every examination: what came of the documents, not where they are.

use chrono::{DateTime, Utc};
use domain::users::KycEvent;
use store::copy::Row;

use super::answers::ExaminationStanding;
use super::{column, stored};
use crate::projection::Unfoldable;
use crate::rows::{self, Rows};
use crate::table::{Cell, Keeping, Owner, Table};

pub(super) const TABLE: Table = Table {
    name: "examinations",
    columns: &[
        column("position", Cell::Int8),
        column("documents", Cell::Int8),
        column("changed_at", Cell::Timestamp),
        column("until", Cell::OptionalTimestamp),
        column("examination_id", Cell::Text),
        column("user_id", Cell::Text),
        column("standing", Cell::Text),
        column("reason", Cell::OptionalText),
    ],
    key: &["examination_id"],
    indexes: &[&["standing", "position"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("user_id")),
};

#[derive(Debug)]
pub(super) struct Line {
    position: i64,
    documents: i64,
    changed_at: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    user: String,
    standing: ExaminationStanding,
    reason: Option<String>,
}

impl Line {
    pub fn recall(row: &mut Row<'_>) -> Result<(String, Self), Unfoldable> {
        let (position, documents, changed_at) = (row.int8()?, row.int8()?, row.timestamp()?);
        let until = rows::optional_timestamp(row)?;
        let (examination, user) = (row.text()?.to_owned(), row.text()?.to_owned());
        let line = Self {
            position,
            documents,
            changed_at,
            until,
            user,
            standing: stored::named(row.text()?)?,
            reason: row.text_or_null()?.map(str::to_owned),
        };
        Ok((examination, line))
    }

    /// The row of the examination for which this event brings documents, the first or others.
    pub fn new(event: &KycEvent, position: i64, recorded_at: DateTime<Utc>) -> Option<Self> {
        let KycEvent::Submitted {
            user, documents, ..
        } = event
        else {
            return None;
        };
        let documents = documents.keys().len();
        Some(Self {
            position,
            documents: i64::try_from(documents).expect("there are few documents"),
            changed_at: recorded_at,
            until: None,
            user: user.to_string(),
            standing: ExaminationStanding::Submitted,
            reason: None,
        })
    }

    pub fn change(&mut self, event: &KycEvent, recorded_at: DateTime<Utc>) {
        self.changed_at = recorded_at;
        match event {
            KycEvent::Submitted { .. } => {}
            KycEvent::Approved { until, .. } => {
                self.standing = ExaminationStanding::Approved;
                self.until = Some(*until);
            }
            KycEvent::Rejected { reason, .. } => {
                self.standing = ExaminationStanding::Rejected;
                self.reason = Some(reason.to_string());
            }
            KycEvent::Expired { .. } => self.standing = ExaminationStanding::Expired,
            KycEvent::Withdrawn { .. } => self.standing = ExaminationStanding::Withdrawn,
        }
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    pub fn emit(&self, examination: &str, rows: &mut Rows) {
        rows.row()
            .int8(self.position)
            .int8(self.documents)
            .timestamp(self.changed_at)
            .optional_timestamp(self.until)
            .text(examination)
            .text(&self.user)
            .text(&stored::name(self.standing))
            .optional_text(self.reason.as_deref());
    }
}
