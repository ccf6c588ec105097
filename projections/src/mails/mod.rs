//! Every mail that was ever intended, and what became of it.

mod fold;
mod queries;
mod turns;

pub use fold::{Known, MailsPage};
pub use queries::{Counts, Cursor, Mail, counts, dead, due, of_user};
pub use turns::Turns;

use store::copy::Row;

use crate::projection::{Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::{Cell, Column, Keeping, Owner, Table};

/// `read_mails.mails`, one row per mail.
#[derive(Clone, Copy, Debug)]
pub struct Mails;

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

const MAILS: Table = Table {
    name: "mails",
    columns: &[
        column("intended_position", Cell::Int8),
        column("attempts", Cell::Int8),
        column("intended_at", Cell::Timestamp),
        column("next_at", Cell::Timestamp),
        column("updated_at", Cell::Timestamp),
        column("mail", Cell::Text),
        column("to_user", Cell::Text),
        column("template", Cell::Text),
        column("status", Cell::Text),
        column("reason", Cell::OptionalText),
    ],
    key: &["mail"],
    indexes: &[&["status", "next_at"], &["to_user", "intended_position"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("to_user")),
};

const MAILS_INDEX: usize = 0;

impl Projection for Mails {
    const NAME: &'static str = "mails";
    const VERSION: i32 = 3;
    const TABLES: &'static [Table] = &[MAILS];

    type Page = MailsPage;
    type Known = Known;

    fn touched(page: &MailsPage, keys: &mut [Rows]) {
        for mail in page.touched() {
            keys[MAILS_INDEX].row().text(mail);
        }
    }

    fn recall(known: &mut Known, _: usize, row: Row<'_>) -> Result<(), Unfoldable> {
        known.recall(row)
    }

    fn settle(known: &mut Known, page: MailsPage, _: &mut [Rows]) -> Result<(), Unsettled> {
        known.settle(page)
    }

    fn emit(known: &Known, rows: &mut [Rows]) -> Result<(), Unfoldable> {
        known.emit(&mut rows[MAILS_INDEX]);
        Ok(())
    }
}
