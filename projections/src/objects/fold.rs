//! The fold of the objects: each event of an object changes its one row.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::objects::{Object, ObjectEvent};
use store::copy::Row;
use store::{Catalogue, Columns, EventRef, decode};

use super::queries::Standing;
use crate::projection::{Page, Unfoldable, Unsettled};
use crate::rows::{self, Rows};
use crate::stored::stored_name;

/// What happened to objects in consecutive events.
#[derive(Debug, Default)]
pub struct ObjectsPage(Vec<Change>);

#[derive(Debug)]
struct Change {
    position: i64,
    recorded_at: DateTime<Utc>,
    object: String,
    event: ObjectEvent,
}

impl Page for ObjectsPage {
    const COLUMNS: Columns = Columns::Fold;

    fn take(&mut self, event: &EventRef<'_>, _: &Catalogue) -> Result<(), Unfoldable> {
        if event.aggregate_type == Object::TYPE {
            self.0.push(Change {
                position: event.position,
                recorded_at: event.recorded_at,
                object: event.aggregate_id.to_owned(),
                event: decode(event, &[])?,
            });
        }
        Ok(())
    }
}

impl ObjectsPage {
    /// Each once: a row that was asked for twice would be found twice.
    pub(super) fn touched(&self) -> BTreeSet<&str> {
        self.0.iter().map(|change| change.object.as_str()).collect()
    }
}

#[derive(Clone, Debug)]
struct Line {
    opened_position: i64,
    bytes: i64,
    rows: Option<i64>,
    columns: Option<i64>,
    classes: Option<i64>,
    opened_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    owner: String,
    kind: String,
    standing: Standing,
    sha256: Option<String>,
    verdict: Option<String>,
    format: Option<String>,
    ended_because: Option<String>,
}

/// The rows that are known, by object.
#[derive(Debug, Default)]
pub struct Known(BTreeMap<String, Line>);

impl Known {
    pub(super) fn recall(&mut self, mut row: Row<'_>) -> Result<(), Unfoldable> {
        let (opened_position, bytes) = (row.int8()?, row.int8()?);
        let rows = rows::optional_int8(&mut row)?;
        let columns = rows::optional_int8(&mut row)?;
        let classes = rows::optional_int8(&mut row)?;
        let (opened_at, changed_at) = (row.timestamp()?, row.timestamp()?);
        let object = row.text()?.to_owned();
        let (owner, kind) = (row.text()?.to_owned(), row.text()?.to_owned());
        let standing = row.text()?;
        let known = Standing::ALL.into_iter().find(|it| it.name() == standing);
        let standing = known.ok_or_else(|| Unfoldable::Foreign(standing.to_owned()))?;
        let mut text = || row.text_or_null().map(|text| text.map(str::to_owned));
        let line = Line {
            opened_position,
            bytes,
            rows,
            columns,
            classes,
            opened_at,
            changed_at,
            owner,
            kind,
            standing,
            sha256: text()?,
            verdict: text()?,
            format: text()?,
            ended_because: text()?,
        };
        self.0.insert(object, line);
        Ok(())
    }

    pub(super) fn settle(&mut self, page: ObjectsPage) -> Result<(), Unsettled> {
        for change in page.0 {
            let position = change.position;
            // An object begins with its opening; one that does not is missing an event.
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
            object,
            event,
        } = change;
        if let ObjectEvent::Opened(opened) = &event {
            let line = Line {
                opened_position: position,
                bytes: whole(opened.bytes),
                rows: None,
                columns: None,
                classes: None,
                opened_at: opened.at,
                changed_at: recorded_at,
                owner: opened.owner.to_string(),
                kind: opened.kind.name().to_owned(),
                standing: Standing::Open,
                sha256: None,
                verdict: None,
                format: None,
                ended_because: None,
            };
            self.0.insert(object, line);
            return Some(());
        }
        let line = self.0.get_mut(&object)?;
        line.changed_at = recorded_at;
        match event {
            ObjectEvent::Opened(_) => {}
            ObjectEvent::Stored { bytes, sha256, .. } => {
                line.bytes = whole(bytes);
                line.sha256 = Some(sha256.to_string());
                line.standing = Standing::Stored;
            }
            ObjectEvent::Inspected(found) => {
                line.verdict = Some(stored_name(&found.verdict));
                line.format = found.format;
                line.rows = Some(whole(found.rows));
                line.columns = Some(whole(found.columns));
                line.classes = Some(whole(found.classes));
            }
            ObjectEvent::Removed { because, .. } => {
                line.standing = Standing::Removed;
                line.ended_because = Some(stored_name(&because));
            }
            ObjectEvent::Expired { .. } => line.standing = Standing::Expired,
        }
        Some(())
    }

    pub(super) fn emit(&self, rows: &mut Rows) {
        for (object, line) in &self.0 {
            rows.row()
                .int8(line.opened_position)
                .int8(line.bytes)
                .optional_int8(line.rows)
                .optional_int8(line.columns)
                .optional_int8(line.classes)
                .timestamp(line.opened_at)
                .timestamp(line.changed_at)
                .text(object)
                .text(&line.owner)
                .text(&line.kind)
                .text(line.standing.name())
                .optional_text(line.sha256.as_deref())
                .optional_text(line.verdict.as_deref())
                .optional_text(line.format.as_deref())
                .optional_text(line.ended_because.as_deref());
        }
    }
}

/// No count of anything here comes near what a row can hold.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
