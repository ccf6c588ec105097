//! The history of every aggregate: what happened to it, who did it, and because of what.
//!
//! The payload stays in the log; so this reads on even over events that no code here knows.

mod queries;

pub use queries::{Entry, history};

use store::copy::Row;
use store::{Catalogue, Columns, EventRef, Metadata};

use crate::projection::{Page, Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::{Cell, Column, Keeping, Table};

/// `read_streams.history`, one row per event.
#[derive(Clone, Copy, Debug)]
pub struct Streams;

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

const HISTORY: Table = Table {
    name: "history",
    columns: &[
        column("position", Cell::Int8),
        column("sequence", Cell::Int8),
        column("recorded_at", Cell::Timestamp),
        column("effective_at", Cell::Timestamp),
        column("event_id", Cell::Uuid),
        column("aggregate_type", Cell::Text),
        column("aggregate_id", Cell::Text),
        column("event_type", Cell::Text),
        column("actor", Cell::Text),
        column("correlation_id", Cell::OptionalText),
        column("causation_id", Cell::OptionalText),
        column("request_id", Cell::OptionalText),
    ],
    key: &["aggregate_type", "aggregate_id", "sequence"],
    indexes: &[],
    keeping: Keeping::Appended,
    // Whose an aggregate is, only its own slice knows; what it shows its owner stands in its tables.
    owner: None,
};

/// The rows of a page need nothing that came before.
#[derive(Debug)]
pub struct StreamsPage(Rows);

impl Default for StreamsPage {
    fn default() -> Self {
        Self(Rows::of(&HISTORY))
    }
}

impl Page for StreamsPage {
    const COLUMNS: Columns = Columns::All;

    fn take(&mut self, event: &EventRef<'_>, _: &Catalogue) -> Result<(), Unfoldable> {
        let metadata: Metadata =
            serde_json::from_str(event.metadata).map_err(Unfoldable::Metadata)?;
        self.0
            .row()
            .int8(event.position)
            .int8(event.sequence)
            .timestamp(event.recorded_at)
            .timestamp(event.effective_at)
            .uuid(event.event_id)
            .text(event.aggregate_type)
            .text(event.aggregate_id)
            .text(event.event_type)
            .text(&metadata.actor)
            .optional_text(metadata.correlation_id.as_deref())
            .optional_text(metadata.causation_id.as_deref())
            .optional_text(metadata.request_id.as_deref());
        Ok(())
    }
}

impl Projection for Streams {
    const NAME: &'static str = "streams";
    const VERSION: i32 = 2;
    const TABLES: &'static [Table] = &[HISTORY];

    type Page = StreamsPage;
    type Known = ();

    fn touched(_: &StreamsPage, _: &mut [Rows]) {}

    fn recall((): &mut (), _: usize, _: Row<'_>) -> Result<(), Unfoldable> {
        Ok(())
    }

    fn settle((): &mut (), page: StreamsPage, appended: &mut [Rows]) -> Result<(), Unsettled> {
        appended[0] = page.0;
        Ok(())
    }

    fn emit((): &(), _: &mut [Rows]) -> Result<(), Unfoldable> {
        Ok(())
    }
}
