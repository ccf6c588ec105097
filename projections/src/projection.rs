//! What a projection has to say for itself; everything else the engine does.

use store::copy::{Malformed, Row};
use store::{Catalogue, Columns, EventRef, Unreadable};

use crate::rows::Rows;
use crate::table::Table;

/// A fold over the log, written to tables that others only read.
///
/// The fold has two steps. A page of events is first folded by itself, on whatever processor is
/// free; then the pages are settled one after another upon what was there before them. So the
/// same code serves the live log, where what was there stands in the tables, and a rebuild, where
/// it stands in memory.
pub trait Projection: Send + Sync + 'static {
    /// Stored, and part of the name of the schema: `books` is read as `read_books.…`.
    const NAME: &'static str;
    /// Raised with every change of the fold or the tables; the engine then rebuilds.
    const VERSION: i32;
    const TABLES: &'static [Table];

    type Page: Page;
    /// The rows of keyed tables, as far as they are known: in a rebuild all of them, live those
    /// that the page touches.
    type Known: Default + Send + 'static;

    /// Writes down the keys of the keyed rows that this page changes.
    fn touched(page: &Self::Page, keys: &mut [Rows]);

    /// Takes in a stored row of a keyed table.
    fn recall(known: &mut Self::Known, table: usize, row: Row<'_>) -> Result<(), Unfoldable>;

    /// Brings what is known up to the end of the page, and writes down the rows it appends.
    fn settle(
        known: &mut Self::Known,
        page: Self::Page,
        appended: &mut [Rows],
    ) -> Result<(), Unsettled>;

    /// Writes down all that is known as rows of the keyed tables.
    fn emit(known: &Self::Known, rows: &mut [Rows]) -> Result<(), Unfoldable>;
}

/// What consecutive events add up to, seen from the first of them.
pub trait Page: Default + Send + Sync + 'static {
    const COLUMNS: Columns;

    /// Takes in the next event, all of it or, on an error, nothing.
    fn take(&mut self, event: &EventRef<'_>, catalogue: &Catalogue) -> Result<(), Unfoldable>;
}

/// Why a fold cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Unfoldable {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("the event is missing from the log")]
    Missing,
    #[error("the metadata does not fit")]
    Metadata(#[source] serde_json::Error),
    #[error("{account} would exceed what a row can hold")]
    Overflow { account: String },
    #[error("a stored row cannot be read")]
    Stored(#[from] Malformed),
    #[error("a stored row holds {0:?}, which this projection never wrote")]
    Foreign(String),
}

/// Why a page cannot be settled, and the event because of which it cannot.
#[derive(Debug)]
pub struct Unsettled {
    pub position: i64,
    pub reason: Unfoldable,
}
