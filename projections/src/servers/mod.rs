//! Machines and the tokens by which they join, and beside them how they are at the moment.

mod fold;
mod machines;
mod presence;
mod queries;
mod tokens;

pub use fold::{Known, ServersPage};
pub use presence::{
    LOADS_KEPT, ONLINE_WITHIN, Presence, Sample, forget_before, heard, loads_of, presence_of,
};
pub use queries::{
    JoinToken, Machine, Online, join_tokens_of, machine, machines_of, online, online_machine,
};

use store::copy::Row;

use crate::projection::{Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::{Cell, Column, Table};

/// `read_servers`: a row per machine, and one per join token.
#[derive(Clone, Copy, Debug)]
pub struct Servers;

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

/// Where the tables stand in the list.
const MACHINES_INDEX: usize = 0;
const TOKENS_INDEX: usize = 1;

impl Projection for Servers {
    const NAME: &'static str = "servers";
    const VERSION: i32 = 1;
    const TABLES: &'static [Table] = &[machines::TABLE, tokens::TABLE];

    type Page = ServersPage;
    type Known = Known;

    fn touched(page: &ServersPage, keys: &mut [Rows]) {
        for (table, key) in page.touched() {
            keys[table].row().text(key);
        }
    }

    fn recall(known: &mut Known, table: usize, row: Row<'_>) -> Result<(), Unfoldable> {
        known.recall(table, row)
    }

    fn settle(known: &mut Known, page: ServersPage, _: &mut [Rows]) -> Result<(), Unsettled> {
        known.settle(page)
    }

    fn emit(known: &Known, rows: &mut [Rows]) -> Result<(), Unfoldable> {
        known.emit(rows);
        Ok(())
    }
}
