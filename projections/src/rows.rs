//! Rows in the bytes in which PostgreSQL takes them, gives them back, and we sum them.

use chrono::{DateTime, Utc};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo, Postgres};
use sqlx::{Row as _, ValueRef};
use store::copy::Row;
use uuid::Uuid;

use crate::checksum::Checksum;
use crate::projection::Unfoldable;
use crate::table::{Cell, Column, Table};
use crate::wide;

/// What stands before the first row of a binary copy: signature, flags, an empty extension.
pub(crate) const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What stands behind the last.
pub(crate) const COPY_TRAILER: &[u8] = &[0xff, 0xff];
/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts time from.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Rows of one table: each the number of its fields, and each field behind its length.
#[derive(Clone, Debug)]
pub struct Rows {
    columns: Vec<Column>,
    fields: i16,
    count: usize,
    bytes: Vec<u8>,
}

/// A row being written, field by field in the order of the columns.
#[derive(Debug)]
pub struct NewRow<'a> {
    bytes: &'a mut Vec<u8>,
    missing: i16,
}

impl Rows {
    pub fn of(table: &Table) -> Self {
        Self::with_columns(table.columns.to_vec())
    }

    /// For the keys of a table rather than its rows.
    pub fn keys_of(table: &Table) -> Self {
        Self::with_columns(table.key_columns())
    }

    fn with_columns(columns: Vec<Column>) -> Self {
        let fields = i16::try_from(columns.len()).expect("a table has few columns");
        Self {
            columns,
            fields,
            count: 0,
            bytes: Vec::new(),
        }
    }

    pub fn row(&mut self) -> NewRow<'_> {
        self.count += 1;
        self.bytes.extend_from_slice(&self.fields.to_be_bytes());
        NewRow {
            bytes: &mut self.bytes,
            missing: self.fields,
        }
    }

    pub const fn len(&self) -> usize {
        self.count
    }

    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes a row as a query gave it.
    pub(crate) fn push(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        let mut new = self.row();
        for index in 0..row.len() {
            let value = row.try_get_raw(index)?;
            if value.is_null() {
                new.nothing();
            } else {
                new.bytes(value.as_bytes().map_err(sqlx::Error::Decode)?);
            }
        }
        Ok(())
    }

    /// Each row by itself.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let mut end = 2;
            for _ in 0..self.fields {
                end = field_end(rest, end);
            }
            let (row, later) = rest.split_at(end);
            rest = later;
            Some(row)
        })
    }

    pub(crate) fn checksum(&self, table: &Table) -> Checksum {
        self.iter().fold(Checksum::ZERO, |sum, row| {
            sum.plus(Checksum::of_row(table.name, row))
        })
    }

    /// The same rows column by column, as array parameters.
    pub(crate) fn columns(&self) -> Vec<ColumnArray> {
        let mut arrays: Vec<_> = self
            .columns
            .iter()
            .map(|column| ColumnArray::new(column.cell, self.count))
            .collect();
        for row in self.iter() {
            let mut start = 2;
            for array in &mut arrays {
                let end = field_end(row, start);
                array.has_null |= row[start] == 0xff;
                array.bytes.extend_from_slice(&row[start..end]);
                start = end;
            }
        }
        arrays
    }
}

/// Where the field that starts here ends; these bytes are our own, so they are well formed.
fn field_end(bytes: &[u8], start: usize) -> usize {
    let length: [u8; 4] = bytes[start..start + 4]
        .try_into()
        .expect("four bytes are four bytes");
    // A length of minus one stands for null, which has no bytes.
    start + 4 + usize::try_from(i32::from_be_bytes(length)).unwrap_or(0)
}

impl NewRow<'_> {
    fn bytes(&mut self, value: &[u8]) {
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        assert!(
            length < i32::MAX,
            "a value of two gigabytes is refused long before this"
        );
        self.missing -= 1;
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    fn nothing(&mut self) -> &mut Self {
        self.missing -= 1;
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
        self
    }

    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.bytes(&[u8::from(value)]);
        self
    }

    pub fn int2(&mut self, value: i16) -> &mut Self {
        self.bytes(&value.to_be_bytes());
        self
    }

    pub fn int8(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes());
        self
    }

    pub fn optional_int8(&mut self, value: Option<i64>) -> &mut Self {
        match value {
            Some(value) => self.int8(value),
            None => self.nothing(),
        }
    }

    pub fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes());
        self
    }

    pub fn optional_text(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.nothing(),
        }
    }

    pub fn timestamp(&mut self, value: DateTime<Utc>) -> &mut Self {
        self.int8(value.timestamp_micros() - POSTGRES_EPOCH_MICROS)
    }

    pub fn optional_timestamp(&mut self, value: Option<DateTime<Utc>>) -> &mut Self {
        match value {
            Some(value) => self.timestamp(value),
            None => self.nothing(),
        }
    }

    pub fn wide(&mut self, value: i128) -> &mut Self {
        self.bytes(&wide::encode(value));
        self
    }

    pub fn uuid(&mut self, value: Uuid) -> &mut Self {
        self.bytes(value.as_bytes());
        self
    }
}

impl Drop for NewRow<'_> {
    fn drop(&mut self) {
        assert!(
            self.missing == 0 || std::thread::panicking(),
            "a row has as many fields as its table has columns"
        );
    }
}

/// Reads the next field of a row, true or false.
pub fn bool(row: &mut Row<'_>) -> Result<bool, Unfoldable> {
    match row.bytes_or_null()? {
        Some([0]) => Ok(false),
        Some([1]) => Ok(true),
        other => Err(Unfoldable::Foreign(format!("{other:?}"))),
    }
}

pub fn optional_int8(row: &mut Row<'_>) -> Result<Option<i64>, Unfoldable> {
    let Some(bytes) = row.bytes_or_null()? else {
        return Ok(None);
    };
    let foreign = |_| Unfoldable::Foreign(format!("{bytes:?}"));
    let bytes = bytes.try_into().map_err(foreign)?;
    Ok(Some(i64::from_be_bytes(bytes)))
}

pub fn optional_timestamp(row: &mut Row<'_>) -> Result<Option<DateTime<Utc>>, Unfoldable> {
    let Some(stored) = optional_int8(row)? else {
        return Ok(None);
    };
    let micros = stored.checked_add(POSTGRES_EPOCH_MICROS);
    let moment = micros.and_then(DateTime::from_timestamp_micros);
    moment
        .map(Some)
        .ok_or_else(|| Unfoldable::Foreign(stored.to_string()))
}

/// One array parameter; a field in a row and an element of an array have the same bytes.
#[derive(Clone, Debug)]
pub(crate) struct ColumnArray {
    cell: Cell,
    count: i32,
    has_null: bool,
    bytes: Vec<u8>,
}

impl ColumnArray {
    fn new(cell: Cell, count: usize) -> Self {
        let count = i32::try_from(count).expect("a page has fewer rows than an array may hold");
        Self {
            cell,
            count,
            has_null: false,
            bytes: Vec::new(),
        }
    }
}

impl sqlx::Type<Postgres> for ColumnArray {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(Cell::Text.array_oid()))
    }
}

impl Encode<'_, Postgres> for ColumnArray {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(&i32::from(self.count > 0).to_be_bytes());
        buffer.extend_from_slice(&i32::from(self.has_null).to_be_bytes());
        buffer.extend_from_slice(&self.cell.oid().to_be_bytes());
        if self.count > 0 {
            buffer.extend_from_slice(&self.count.to_be_bytes());
            buffer.extend_from_slice(&1_i32.to_be_bytes());
            buffer.extend_from_slice(&self.bytes);
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.cell.array_oid())))
    }
}
