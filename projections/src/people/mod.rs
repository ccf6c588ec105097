//! Who may ask for something, as staff and each user see it, and what was done to whose account.
//!
//! Nothing here is a secret or about a person: no digest, no address, no name of a document. What is
//! known of a person beside this, the vault keeps.

mod actions;
mod answers;
mod examinations;
mod keys;
mod known;
mod page;
mod queries;
mod sessions;
pub(crate) mod stored;
mod users;

pub use answers::{Action, Examination, ExaminationStanding, Key, Kind, Session, Standing, User};
pub use known::Known;
pub use page::PeoplePage;
pub use queries::{
    ActionFilter, Cursor, UserFilter, actions, ended_approvals, examination_of, keys_of,
    open_sessions_of, sessions_of, user, users, waiting_examinations,
};

use store::copy::Row;

use crate::projection::{Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::{Cell, Column, Table};

/// `read_people`: users, their sessions, keys and examinations, and every action.
#[derive(Clone, Copy, Debug)]
pub struct People;

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

/// Where the tables stand in the list.
const USERS_INDEX: usize = 0;
const SESSIONS_INDEX: usize = 1;
const KEYS_INDEX: usize = 2;
const EXAMINATIONS_INDEX: usize = 3;
const ACTIONS_INDEX: usize = 4;

impl Projection for People {
    const NAME: &'static str = "people";
    const VERSION: i32 = 2;
    const TABLES: &'static [Table] = &[
        users::TABLE,
        sessions::TABLE,
        keys::TABLE,
        examinations::TABLE,
        actions::TABLE,
    ];

    type Page = PeoplePage;
    type Known = Known;

    fn touched(page: &PeoplePage, keys: &mut [Rows]) {
        for (table, key) in page.touched() {
            keys[table].row().text(key);
        }
    }

    fn recall(known: &mut Known, table: usize, row: Row<'_>) -> Result<(), Unfoldable> {
        known.recall(table, row)
    }

    fn settle(known: &mut Known, page: PeoplePage, appended: &mut [Rows]) -> Result<(), Unsettled> {
        known.settle(page, &mut appended[ACTIONS_INDEX])
    }

    fn emit(known: &Known, rows: &mut [Rows]) -> Result<(), Unfoldable> {
        known.emit(rows);
        Ok(())
    }
}
