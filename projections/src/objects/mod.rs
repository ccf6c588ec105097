//! Every object that was ever opened, and what became of it; and who takes how much room.

mod fold;
mod queries;
pub mod rooms;

pub use fold::{Known, ObjectsPage};
pub use queries::{From, Object, Standing, list, list_all, of, stored};

use store::copy::Row;

use crate::projection::{Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::{Cell, Column, Keeping, Owner, Table};

/// `read_objects.objects`, one row per object.
#[derive(Clone, Copy, Debug)]
pub struct Objects;

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

const OBJECTS: Table = Table {
    name: "objects",
    columns: &[
        column("opened_position", Cell::Int8),
        column("bytes", Cell::Int8),
        column("rows", Cell::OptionalInt8),
        column("columns", Cell::OptionalInt8),
        column("classes", Cell::OptionalInt8),
        column("opened_at", Cell::Timestamp),
        column("changed_at", Cell::Timestamp),
        column("object", Cell::Text),
        column("owner", Cell::Text),
        column("kind", Cell::Text),
        column("standing", Cell::Text),
        column("sha256", Cell::OptionalText),
        column("verdict", Cell::OptionalText),
        column("format", Cell::OptionalText),
        column("ended_because", Cell::OptionalText),
    ],
    key: &["object"],
    indexes: &[
        &["owner", "kind", "opened_position"],
        &["standing", "changed_at"],
    ],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("owner")),
};

const OBJECTS_INDEX: usize = 0;

impl Projection for Objects {
    const NAME: &'static str = "objects";
    const VERSION: i32 = 1;
    const TABLES: &'static [Table] = &[OBJECTS];

    type Page = ObjectsPage;
    type Known = Known;

    fn touched(page: &ObjectsPage, keys: &mut [Rows]) {
        for object in page.touched() {
            keys[OBJECTS_INDEX].row().text(object);
        }
    }

    fn recall(known: &mut Known, _: usize, row: Row<'_>) -> Result<(), Unfoldable> {
        known.recall(row)
    }

    fn settle(known: &mut Known, page: ObjectsPage, _: &mut [Rows]) -> Result<(), Unsettled> {
        known.settle(page)
    }

    fn emit(known: &Known, rows: &mut [Rows]) -> Result<(), Unfoldable> {
        known.emit(&mut rows[OBJECTS_INDEX]);
        Ok(())
    }
}
