//! The books as an accountant reads them: statements with running balances, and the trial balance.
//!
//! Folded from the events, not from the entries that the appender wrote beside them, so the two
//! can be held against each other.

mod fold;
mod page;
mod queries;

pub use fold::{Balance, Fold};
pub use page::BooksPage;
pub use queries::{
    AsOf, BalanceRow, Cursor, Line, TrialBalance, TrialLine, balance_as_of, balance_at, balances,
    balances_of, latest_of, statement, trial_balance,
};

use crate::projection::{Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::{Cell, Column, Keeping, Owner, Table};
use crate::wide;
use store::copy::Row;

/// `read_books.lines`, one row per leg, and `read_books.balances`, one per account and currency.
#[derive(Clone, Copy, Debug)]
pub struct Books;

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

/// The accounts of a user are those with the user's name in the middle; all others are ours.
const HOLDER: Owner = Owner::Expression(
    "case when split_part(account, '/', 1) in ('wallet', 'receivable') \
          then split_part(account, '/', 2) end",
);

const LINES: Table = Table {
    name: "lines",
    columns: &[
        column("position", Cell::Int8),
        column("amount_minor", Cell::Int8),
        column("balance_minor", Cell::Int8),
        column("recorded_at", Cell::Timestamp),
        column("effective_at", Cell::Timestamp),
        column("leg", Cell::Int2),
        column("currency", Cell::Text),
        column("account", Cell::Text),
        column("event_type", Cell::Text),
        column("aggregate_type", Cell::Text),
        column("aggregate_id", Cell::Text),
    ],
    key: &["account", "currency", "position", "leg"],
    indexes: &[],
    keeping: Keeping::Appended,
    owner: Some(HOLDER),
};

const BALANCES: Table = Table {
    name: "balances",
    columns: &[
        column("balance_minor", Cell::Int8),
        column("debits_minor", Cell::Wide),
        column("credits_minor", Cell::Wide),
        column("position", Cell::Int8),
        column("currency", Cell::Text),
        column("account", Cell::Text),
    ],
    key: &["account", "currency"],
    indexes: &[],
    keeping: Keeping::Keyed,
    owner: Some(HOLDER),
};

/// Where these two stand in the list of tables.
const LINES_INDEX: usize = 0;
const BALANCES_INDEX: usize = 1;

impl Projection for Books {
    const NAME: &'static str = "books";
    const VERSION: i32 = 2;
    const TABLES: &'static [Table] = &[LINES, BALANCES];

    type Page = BooksPage;
    type Known = Fold;

    fn touched(page: &BooksPage, keys: &mut [Rows]) {
        for (account, currency, _) in page.moved().iter() {
            keys[BALANCES_INDEX]
                .row()
                .text(account.as_str())
                .text(currency.code());
        }
    }

    fn recall(known: &mut Fold, _: usize, mut row: Row<'_>) -> Result<(), Unfoldable> {
        let (minor, debits, credits) = (row.int8()?, wide::read(&mut row)?, wide::read(&mut row)?);
        let (position, currency, account) = (row.int8()?, row.text()?, row.text()?);
        let foreign = || Unfoldable::Foreign(format!("{account} {currency}"));
        let key = account.parse().ok().zip(currency.parse().ok());
        let turnover = debits.zip(credits);
        let ((account, currency), (debits_minor, credits_minor)) =
            key.zip(turnover).ok_or_else(foreign)?;
        let balance = Balance {
            minor: minor.into(),
            debits_minor,
            credits_minor,
            position,
        };
        known.put(&account, currency, balance);
        Ok(())
    }

    fn settle(known: &mut Fold, page: BooksPage, appended: &mut [Rows]) -> Result<(), Unsettled> {
        page.settle(known, &mut appended[LINES_INDEX])
    }

    fn emit(known: &Fold, rows: &mut [Rows]) -> Result<(), Unfoldable> {
        for (account, currency, balance) in known.iter() {
            let overflow = |_| Unfoldable::Overflow {
                account: account.to_string(),
            };
            let minor = i64::try_from(balance.minor).map_err(overflow)?;
            rows[BALANCES_INDEX]
                .row()
                .int8(minor)
                .wide(balance.debits_minor)
                .wide(balance.credits_minor)
                .int8(balance.position)
                .text(currency.code())
                .text(account.as_str());
        }
        Ok(())
    }
}
