//! Every training job, as it stands: what was ordered, how far it is, and what it costs.

mod details;
mod fold;
mod queries;

pub use details::{CheckpointKept, Details};
pub use fold::{JobsPage, Known};
pub use queries::{Cursor, Filter, JobRow, history_of, of_customer, one};

use store::copy::Row;

use crate::projection::{Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::{Cell, Column, Keeping, Owner, Table};

/// `read_jobs.jobs`, one row per job.
#[derive(Clone, Copy, Debug)]
pub struct Jobs;

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

const JOBS: Table = Table {
    name: "jobs",
    columns: &[
        column("ordered_position", Cell::Int8),
        column("updated_position", Cell::Int8),
        column("seconds_expected", Cell::Int8),
        column("trained_seconds", Cell::Int8),
        column("ordered_at", Cell::Timestamp),
        column("updated_at", Cell::Timestamp),
        column("job", Cell::Text),
        column("customer", Cell::Text),
        column("model", Cell::Text),
        column("status", Cell::Text),
        column("dataset", Cell::Text),
        // What is shown of a job and never looked for, as JSON.
        column("details", Cell::Text),
    ],
    key: &["job"],
    indexes: &[&["customer", "ordered_position"], &["model", "status"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("customer")),
};

const JOBS_INDEX: usize = 0;

impl Projection for Jobs {
    const NAME: &'static str = "jobs";
    const VERSION: i32 = 1;
    const TABLES: &'static [Table] = &[JOBS];

    type Page = JobsPage;
    type Known = Known;

    fn touched(page: &JobsPage, keys: &mut [Rows]) {
        for job in page.touched() {
            keys[JOBS_INDEX].row().text(job);
        }
    }

    fn recall(known: &mut Known, _: usize, row: Row<'_>) -> Result<(), Unfoldable> {
        known.recall(row)
    }

    fn settle(known: &mut Known, page: JobsPage, _: &mut [Rows]) -> Result<(), Unsettled> {
        known.settle(page)
    }

    fn emit(known: &Known, rows: &mut [Rows]) -> Result<(), Unfoldable> {
        known.emit(&mut rows[JOBS_INDEX]);
        Ok(())
    }
}
