//! The rows of payments, refunds and disputes, as they are written and read again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use store::copy::Row;

use crate::projection::Unfoldable;
use crate::rows::{Rows, optional_timestamp};

#[derive(Clone, Debug)]
pub struct PaymentLine {
    pub requested_position: i64,
    pub amount_minor: i64,
    pub fee_minor: i64,
    pub refunded_minor: i64,
    pub requested_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub payer: String,
    pub currency: String,
    pub status: String,
    pub order_reference: Option<String>,
    pub checkout_url: Option<String>,
    pub charge: Option<String>,
    pub reason: Option<String>,
}

#[derive(Clone, Debug)]
pub struct RefundLine {
    pub requested_position: i64,
    pub amount_minor: i64,
    pub requested_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub payment: String,
    pub payer: String,
    pub currency: String,
    pub status: String,
    pub reason: Option<String>,
}

#[derive(Clone, Debug)]
pub struct DisputeLine {
    pub opened_position: i64,
    pub amount_minor: i64,
    pub frozen_minor: i64,
    pub opened_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub payment: String,
    pub payer: String,
    pub currency: String,
    pub status: String,
    pub reason: String,
}

pub type Lines<L> = BTreeMap<String, L>;

fn text(row: &mut Row<'_>) -> Result<String, Unfoldable> {
    Ok(row.text()?.to_owned())
}

fn optional_text(row: &mut Row<'_>) -> Result<Option<String>, Unfoldable> {
    Ok(row.text_or_null()?.map(str::to_owned))
}

impl PaymentLine {
    /// The name under which a row stands, and the row.
    pub fn read(mut row: Row<'_>) -> Result<(String, Self), Unfoldable> {
        let row = &mut row;
        let [requested_position, amount_minor, fee_minor, refunded_minor] =
            [row.int8()?, row.int8()?, row.int8()?, row.int8()?];
        let (requested_at, updated_at) = (row.timestamp()?, row.timestamp()?);
        let expires_at = optional_timestamp(row)?;
        let name = text(row)?;
        let line = Self {
            requested_position,
            amount_minor,
            fee_minor,
            refunded_minor,
            requested_at,
            updated_at,
            expires_at,
            payer: text(row)?,
            currency: text(row)?,
            status: text(row)?,
            order_reference: optional_text(row)?,
            checkout_url: optional_text(row)?,
            charge: optional_text(row)?,
            reason: optional_text(row)?,
        };
        Ok((name, line))
    }

    pub fn write(&self, name: &str, rows: &mut Rows) {
        rows.row()
            .int8(self.requested_position)
            .int8(self.amount_minor)
            .int8(self.fee_minor)
            .int8(self.refunded_minor)
            .timestamp(self.requested_at)
            .timestamp(self.updated_at)
            .optional_timestamp(self.expires_at)
            .text(name)
            .text(&self.payer)
            .text(&self.currency)
            .text(&self.status)
            .optional_text(self.order_reference.as_deref())
            .optional_text(self.checkout_url.as_deref())
            .optional_text(self.charge.as_deref())
            .optional_text(self.reason.as_deref());
    }
}

impl RefundLine {
    pub fn read(mut row: Row<'_>) -> Result<(String, Self), Unfoldable> {
        let row = &mut row;
        let (requested_position, amount_minor) = (row.int8()?, row.int8()?);
        let (requested_at, updated_at) = (row.timestamp()?, row.timestamp()?);
        let name = text(row)?;
        let line = Self {
            requested_position,
            amount_minor,
            requested_at,
            updated_at,
            payment: text(row)?,
            payer: text(row)?,
            currency: text(row)?,
            status: text(row)?,
            reason: optional_text(row)?,
        };
        Ok((name, line))
    }

    pub fn write(&self, name: &str, rows: &mut Rows) {
        rows.row()
            .int8(self.requested_position)
            .int8(self.amount_minor)
            .timestamp(self.requested_at)
            .timestamp(self.updated_at)
            .text(name)
            .text(&self.payment)
            .text(&self.payer)
            .text(&self.currency)
            .text(&self.status)
            .optional_text(self.reason.as_deref());
    }
}

impl DisputeLine {
    pub fn read(mut row: Row<'_>) -> Result<(String, Self), Unfoldable> {
        let row = &mut row;
        let [opened_position, amount_minor, frozen_minor] = [row.int8()?, row.int8()?, row.int8()?];
        let (opened_at, updated_at) = (row.timestamp()?, row.timestamp()?);
        let name = text(row)?;
        let line = Self {
            opened_position,
            amount_minor,
            frozen_minor,
            opened_at,
            updated_at,
            payment: text(row)?,
            payer: text(row)?,
            currency: text(row)?,
            status: text(row)?,
            reason: text(row)?,
        };
        Ok((name, line))
    }

    pub fn write(&self, name: &str, rows: &mut Rows) {
        rows.row()
            .int8(self.opened_position)
            .int8(self.amount_minor)
            .int8(self.frozen_minor)
            .timestamp(self.opened_at)
            .timestamp(self.updated_at)
            .text(name)
            .text(&self.payment)
            .text(&self.payer)
            .text(&self.currency)
            .text(&self.status)
            .text(&self.reason);
    }
}
