//! The fold of the jobs: each event of a job changes its one row.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::jobs::{Job, JobEvent, Status};
use store::copy::Row;
use store::{Catalogue, Columns, EventRef, decode};

use super::details::Details;
use crate::projection::{Page, Unfoldable, Unsettled};
use crate::rows::Rows;

/// What happened to jobs in consecutive events.
#[derive(Debug, Default)]
pub struct JobsPage(Vec<Change>);

#[derive(Debug)]
struct Change {
    position: i64,
    recorded_at: DateTime<Utc>,
    job: String,
    event: JobEvent,
}

impl Page for JobsPage {
    const COLUMNS: Columns = Columns::Fold;

    fn take(&mut self, event: &EventRef<'_>, _: &Catalogue) -> Result<(), Unfoldable> {
        if event.aggregate_type == Job::TYPE {
            self.0.push(Change {
                position: event.position,
                recorded_at: event.recorded_at,
                job: event.aggregate_id.to_owned(),
                event: decode(event, &[])?,
            });
        }
        Ok(())
    }
}

impl JobsPage {
    /// Each once: a row that was asked for twice would be found twice.
    pub(super) fn touched(&self) -> BTreeSet<&str> {
        self.0.iter().map(|change| change.job.as_str()).collect()
    }
}

#[derive(Clone, Debug)]
struct Line {
    ordered_position: i64,
    updated_position: i64,
    ordered_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    status: Status,
    details: Details,
}

/// The rows that are known, by job.
#[derive(Debug, Default)]
pub struct Known(BTreeMap<String, Line>);

impl Known {
    pub(super) fn recall(&mut self, mut row: Row<'_>) -> Result<(), Unfoldable> {
        let (ordered_position, updated_position) = (row.int8()?, row.int8()?);
        let (_, _) = (row.int8()?, row.int8()?);
        let (ordered_at, updated_at) = (row.timestamp()?, row.timestamp()?);
        let (job, _, _) = (row.text()?, row.text()?, row.text()?);
        let (status, _, details) = (row.text()?, row.text()?, row.text()?);
        let foreign = |text: &str| Unfoldable::Foreign(text.to_owned());
        let known = Status::ALL.into_iter().find(|it| it.name() == status);
        let line = Line {
            ordered_position,
            updated_position,
            ordered_at,
            updated_at,
            status: known.ok_or_else(|| foreign(status))?,
            details: serde_json::from_str(details).map_err(|_| foreign(details))?,
        };
        self.0.insert(job.to_owned(), line);
        Ok(())
    }

    pub(super) fn settle(&mut self, page: JobsPage) -> Result<(), Unsettled> {
        for change in page.0 {
            let position = change.position;
            // A job begins with its order; one that does not is missing an event.
            self.change(change).ok_or(Unsettled {
                position,
                reason: Unfoldable::Missing,
            })?;
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Option<()> {
        let Change {
            position,
            recorded_at,
            job,
            event,
        } = change;
        if let JobEvent::Ordered {
            terms,
            budget,
            way,
            at,
        } = event
        {
            let line = Line {
                ordered_position: position,
                updated_position: position,
                ordered_at: at,
                updated_at: recorded_at,
                status: Status::Pending,
                details: Details::ordered(terms, way, budget),
            };
            self.0.insert(job, line);
            return Some(());
        }
        let line = self.0.get_mut(&job)?;
        line.updated_position = position;
        line.updated_at = recorded_at;
        line.status = line.details.take(position, event, line.status);
        Some(())
    }

    pub(super) fn emit(&self, rows: &mut Rows) {
        let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        for (job, line) in &self.0 {
            let Details { terms, .. } = &line.details;
            let details = serde_json::to_string(&line.details);
            rows.row()
                .int8(line.ordered_position)
                .int8(line.updated_position)
                .int8(whole(terms.seconds_expected))
                .int8(whole(line.details.trained_seconds()))
                .timestamp(line.ordered_at)
                .timestamp(line.updated_at)
                .text(job)
                .text(&terms.customer.to_string())
                .text(terms.model.name())
                .text(line.status.name())
                .text(&terms.dataset.to_string())
                .text(&details.expect("details are written as JSON"));
        }
    }
}
