//! Every payment with its refunds and disputes, as it stands.

mod fold;
pub mod inbox;
mod lines;
mod queries;

pub use fold::{Known, PaymentsPage};
pub use queries::{
    Dispute, Payment, Refund, disputes_of, of_payer, one, overdue, refunds_of, refunds_to_send,
    to_open,
};

use store::copy::Row;

use crate::projection::{Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::{Cell, Column, Keeping, Owner, Table};

/// `read_payments.payments`, `.refunds` and `.disputes`, a row for each of them.
#[derive(Clone, Copy, Debug)]
pub struct Payments;

const fn column(name: &'static str, cell: Cell) -> Column {
    Column { name, cell }
}

const PAYMENTS: Table = Table {
    name: "payments",
    columns: &[
        column("requested_position", Cell::Int8),
        column("amount_minor", Cell::Int8),
        column("fee_minor", Cell::Int8),
        column("refunded_minor", Cell::Int8),
        column("requested_at", Cell::Timestamp),
        column("updated_at", Cell::Timestamp),
        column("expires_at", Cell::OptionalTimestamp),
        column("payment", Cell::Text),
        column("payer", Cell::Text),
        column("currency", Cell::Text),
        column("status", Cell::Text),
        column("order_reference", Cell::OptionalText),
        column("checkout_url", Cell::OptionalText),
        column("charge", Cell::OptionalText),
        column("reason", Cell::OptionalText),
    ],
    key: &["payment"],
    indexes: &[&["payer", "requested_position"], &["status", "updated_at"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("payer")),
};

const REFUNDS: Table = Table {
    name: "refunds",
    columns: &[
        column("requested_position", Cell::Int8),
        column("amount_minor", Cell::Int8),
        column("requested_at", Cell::Timestamp),
        column("updated_at", Cell::Timestamp),
        column("refund", Cell::Text),
        column("payment", Cell::Text),
        column("payer", Cell::Text),
        column("currency", Cell::Text),
        column("status", Cell::Text),
        column("reason", Cell::OptionalText),
    ],
    key: &["refund"],
    indexes: &[&["payment"], &["status", "updated_at"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("payer")),
};

const DISPUTES: Table = Table {
    name: "disputes",
    columns: &[
        column("opened_position", Cell::Int8),
        column("amount_minor", Cell::Int8),
        column("frozen_minor", Cell::Int8),
        column("opened_at", Cell::Timestamp),
        column("updated_at", Cell::Timestamp),
        column("dispute", Cell::Text),
        column("payment", Cell::Text),
        column("payer", Cell::Text),
        column("currency", Cell::Text),
        column("status", Cell::Text),
        column("reason", Cell::Text),
    ],
    key: &["dispute"],
    indexes: &[&["payment"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("payer")),
};

const PAYMENTS_INDEX: usize = 0;
const REFUNDS_INDEX: usize = 1;
const DISPUTES_INDEX: usize = 2;

impl Projection for Payments {
    const NAME: &'static str = "payments";
    const VERSION: i32 = 1;
    const TABLES: &'static [Table] = &[PAYMENTS, REFUNDS, DISPUTES];

    type Page = PaymentsPage;
    type Known = Known;

    fn touched(page: &PaymentsPage, keys: &mut [Rows]) {
        let touched = page.touched();
        let all = [
            (PAYMENTS_INDEX, touched.payments),
            (REFUNDS_INDEX, touched.refunds),
            (DISPUTES_INDEX, touched.disputes),
        ];
        for (table, names) in all {
            for name in names {
                keys[table].row().text(&name);
            }
        }
    }

    fn recall(known: &mut Known, table: usize, row: Row<'_>) -> Result<(), Unfoldable> {
        match table {
            PAYMENTS_INDEX => known.recall_payment(row),
            REFUNDS_INDEX => known.recall_refund(row),
            _ => known.recall_dispute(row),
        }
    }

    fn settle(known: &mut Known, page: PaymentsPage, _: &mut [Rows]) -> Result<(), Unsettled> {
        known.settle(page)
    }

    fn emit(known: &Known, rows: &mut [Rows]) -> Result<(), Unfoldable> {
        known.emit(rows, [PAYMENTS_INDEX, REFUNDS_INDEX, DISPUTES_INDEX]);
        Ok(())
    }
}
