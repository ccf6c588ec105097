//! The fold of the units: each event changes the outline of its unit, and a machine's record.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::work::{End, Outline, Unit, UnitEvent};
use store::copy::Row;
use store::{Catalogue, Columns, EventRef, decode};

use crate::projection::{Page, Unfoldable, Unsettled};
use crate::rows::Rows;

/// What happened to units in consecutive events.
#[derive(Debug, Default)]
pub struct WorkPage(Vec<Change>);

#[derive(Debug)]
struct Change {
    position: i64,
    recorded_at: DateTime<Utc>,
    unit: String,
    event: UnitEvent,
}

impl Page for WorkPage {
    const COLUMNS: Columns = Columns::Fold;

    fn take(&mut self, event: &EventRef<'_>, _: &Catalogue) -> Result<(), Unfoldable> {
        if event.aggregate_type == Unit::TYPE {
            self.0.push(Change {
                position: event.position,
                recorded_at: event.recorded_at,
                unit: event.aggregate_id.to_owned(),
                event: decode(event, &[])?,
            });
        }
        Ok(())
    }
}

impl WorkPage {
    /// Each once: a row that was asked for twice would be found twice.
    pub(super) fn units(&self) -> BTreeSet<&str> {
        self.0.iter().map(|change| change.unit.as_str()).collect()
    }

    pub(super) fn machines(&self) -> BTreeSet<String> {
        let machine = |change: &Change| match &change.event {
            UnitEvent::Leased { holding, .. }
            | UnitEvent::Returned { holding, .. }
            | UnitEvent::Completed { holding, .. } => Some(holding.machine.to_string()),
            UnitEvent::Enqueued { .. }
            | UnitEvent::Progressed { .. }
            | UnitEvent::Asked { .. }
            | UnitEvent::Failed { .. }
            | UnitEvent::BudgetRaised { .. }
            | UnitEvent::Resumed { .. }
            | UnitEvent::Stopped { .. } => None,
        };
        self.0.iter().filter_map(machine).collect()
    }
}

#[derive(Clone, Debug)]
struct Line {
    enqueued_position: i64,
    enqueued_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    customer: String,
    order_reference: String,
    status: &'static str,
    /// JSON: most rows are only ever carried along.
    outline: String,
}

#[derive(Clone, Debug, Default)]
struct Record {
    leases: i64,
    losses: i64,
    seconds_expected: i64,
    seconds_trained: i64,
    provider: String,
}

/// The rows that are known, by unit and by machine.
#[derive(Debug, Default)]
pub struct Known {
    units: BTreeMap<String, Line>,
    records: BTreeMap<String, Record>,
}

/// Stored.
const fn status(outline: &Outline) -> &'static str {
    match outline {
        Unit::Unqueued => "unqueued",
        Unit::Queued { .. } => "queued",
        Unit::Leased { .. } => "leased",
        Unit::Over { end, .. } => match end {
            End::Completed { .. } => "completed",
            End::Failed(_) => "failed",
            End::Stopped(_) => "stopped",
        },
    }
}

const STATUSES: [&str; 5] = ["queued", "leased", "completed", "failed", "stopped"];

impl Known {
    pub(super) fn recall_unit(&mut self, mut row: Row<'_>) -> Result<(), Unfoldable> {
        let enqueued_position = row.int8()?;
        let (enqueued_at, changed_at) = (row.timestamp()?, row.timestamp()?);
        let (unit, customer) = (row.text()?, row.text()?);
        let (order_reference, stored, outline) = (row.text()?, row.text()?, row.text()?);
        let status = STATUSES.into_iter().find(|it| *it == stored);
        let line = Line {
            enqueued_position,
            enqueued_at,
            changed_at,
            customer: customer.to_owned(),
            order_reference: order_reference.to_owned(),
            status: status.ok_or_else(|| Unfoldable::Foreign(stored.to_owned()))?,
            outline: outline.to_owned(),
        };
        self.units.insert(unit.to_owned(), line);
        Ok(())
    }

    pub(super) fn recall_record(&mut self, mut row: Row<'_>) -> Result<(), Unfoldable> {
        let record = Record {
            leases: row.int8()?,
            losses: row.int8()?,
            seconds_expected: row.int8()?,
            seconds_trained: row.int8()?,
            provider: String::new(),
        };
        let (machine, provider) = (row.text()?.to_owned(), row.text()?.to_owned());
        self.records.insert(machine, Record { provider, ..record });
        Ok(())
    }

    pub(super) fn settle(&mut self, page: WorkPage) -> Result<(), Unsettled> {
        for change in page.0 {
            let position = change.position;
            let unsettled = |reason| Unsettled { position, reason };
            self.change(change).map_err(unsettled)?;
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Result<(), Unfoldable> {
        let Change {
            position,
            recorded_at,
            unit,
            event,
        } = change;
        let (mut line, mut outline) = match (&event, self.units.remove(&unit)) {
            (UnitEvent::Enqueued { terms, at }, None) => {
                let line = Line {
                    enqueued_position: position,
                    enqueued_at: *at,
                    changed_at: *at,
                    customer: terms.customer.to_string(),
                    order_reference: terms.order.to_string(),
                    status: "queued",
                    outline: String::new(),
                };
                (line, Outline::default())
            }
            (_, Some(line)) => {
                let outline = serde_json::from_str(&line.outline)
                    .map_err(|_| Unfoldable::Foreign(line.outline.clone()))?;
                (line, outline)
            }
            // A unit begins by being enqueued; one that does not is missing an event.
            (_, None) => return Err(Unfoldable::Missing),
        };
        self.record(&outline, &event);
        outline.happened(event);
        line.changed_at = recorded_at;
        line.status = status(&outline);
        line.outline = serde_json::to_string(&outline).map_err(Unfoldable::Metadata)?;
        self.units.insert(unit, line);
        Ok(())
    }

    /// What it says about the machine.
    fn record(&mut self, outline: &Outline, event: &UnitEvent) {
        let (holding, change) = match event {
            UnitEvent::Leased { holding, .. } => (holding, [1, 0, 0, 0]),
            UnitEvent::Returned {
                holding, because, ..
            } if because.is_loss() => (holding, [0, 1, 0, 0]),
            // Only a unit that one machine did alone shows how fast the machine is.
            UnitEvent::Completed {
                holding,
                trained_seconds,
                ..
            } if holding.fence == 1 => {
                let expected = outline.terms().map_or(0, |brief| brief.seconds_expected);
                let seconds = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
                (
                    holding,
                    [0, 0, seconds(expected), seconds(*trained_seconds)],
                )
            }
            UnitEvent::Enqueued { .. }
            | UnitEvent::Progressed { .. }
            | UnitEvent::Asked { .. }
            | UnitEvent::Returned { .. }
            | UnitEvent::Completed { .. }
            | UnitEvent::Failed { .. }
            | UnitEvent::BudgetRaised { .. }
            | UnitEvent::Resumed { .. }
            | UnitEvent::Stopped { .. } => return,
        };
        let record = self.records.entry(holding.machine.to_string());
        let record = record.or_default();
        record.provider = holding.provider.to_string();
        let [leases, losses, expected, trained] = change;
        record.leases = record.leases.saturating_add(leases);
        record.losses = record.losses.saturating_add(losses);
        record.seconds_expected = record.seconds_expected.saturating_add(expected);
        record.seconds_trained = record.seconds_trained.saturating_add(trained);
    }

    pub(super) fn emit(&self, units: &mut Rows, records: &mut Rows) {
        for (unit, line) in &self.units {
            units
                .row()
                .int8(line.enqueued_position)
                .timestamp(line.enqueued_at)
                .timestamp(line.changed_at)
                .text(unit)
                .text(&line.customer)
                .text(&line.order_reference)
                .text(line.status)
                .text(&line.outline);
        }
        for (machine, record) in &self.records {
            records
                .row()
                .int8(record.leases)
                .int8(record.losses)
                .int8(record.seconds_expected)
                .int8(record.seconds_trained)
                .text(machine)
                .text(&record.provider);
        }
    }
}
