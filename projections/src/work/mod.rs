//! Every unit of work and where it stands, and what each machine did with those it had.

mod fold;
pub mod heartbeats;
mod queries;
pub mod reports;

pub use fold::{Known, WorkPage};
pub use queries::{Alive, Record, Standing, alive, of_order, records, unit};

use store::copy::Row;

use crate::projection::{Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::{Cell, Column, Keeping, Owner, Table};

/// `read_work.units`, one row a unit, and `read_work.records`, one row a machine.
#[derive(Clone, Copy, Debug)]
pub struct Work;

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

const UNITS: Table = Table {
    name: "units",
    columns: &[
        column("enqueued_position", Cell::Int8),
        column("enqueued_at", Cell::Timestamp),
        column("changed_at", Cell::Timestamp),
        column("unit", Cell::Text),
        column("customer", Cell::Text),
        column("order_reference", Cell::Text),
        column("status", Cell::Text),
        column("outline", Cell::Text),
    ],
    key: &["unit"],
    indexes: &[
        &["status", "enqueued_position"],
        &["order_reference", "enqueued_position"],
    ],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("customer")),
};

const RECORDS: Table = Table {
    name: "records",
    columns: &[
        column("leases", Cell::Int8),
        column("losses", Cell::Int8),
        column("seconds_expected", Cell::Int8),
        column("seconds_trained", Cell::Int8),
        column("machine", Cell::Text),
        column("provider", Cell::Text),
    ],
    key: &["machine"],
    indexes: &[],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("provider")),
};

const UNITS_INDEX: usize = 0;
const RECORDS_INDEX: usize = 1;

impl Projection for Work {
    const NAME: &'static str = "work";
    const VERSION: i32 = 1;
    const TABLES: &'static [Table] = &[UNITS, RECORDS];

    type Page = WorkPage;
    type Known = Known;

    fn touched(page: &WorkPage, keys: &mut [Rows]) {
        for unit in page.units() {
            keys[UNITS_INDEX].row().text(unit);
        }
        for machine in page.machines() {
            keys[RECORDS_INDEX].row().text(&machine);
        }
    }

    fn recall(known: &mut Known, table: usize, row: Row<'_>) -> Result<(), Unfoldable> {
        if table == UNITS_INDEX {
            known.recall_unit(row)
        } else {
            known.recall_record(row)
        }
    }

    fn settle(known: &mut Known, page: WorkPage, _: &mut [Rows]) -> Result<(), Unsettled> {
        known.settle(page)
    }

    fn emit(known: &Known, rows: &mut [Rows]) -> Result<(), Unfoldable> {
        let [units, records] = rows else {
            unreachable!("there are rows for each table");
        };
        known.emit(units, records);
        Ok(())
    }
}
