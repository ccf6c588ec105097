//! PostgreSQL array parameters, built in their wire format while commands are admitted.
//!
//! A batch binds some forty arrays. Pushing each value straight into the bytes that will travel
//! saves one allocation per value and the second pass that a `Vec<String>` would cost.

use chrono::{DateTime, Utc};
use sqlx::encode::{Encode, IsNull};
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, Postgres};
use uuid::Uuid;

/// Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL counts time from.
pub(crate) const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Int2,
    Int8,
    Text,
    Bytes,
    Uuid,
    Json,
    Timestamp,
}

impl Element {
    const fn oid(self) -> u32 {
        match self {
            Self::Int2 => 21,
            Self::Int8 => 20,
            Self::Text => 25,
            Self::Bytes => 17,
            Self::Uuid => 2950,
            Self::Json => 114,
            Self::Timestamp => 1184,
        }
    }

    const fn array_oid(self) -> u32 {
        match self {
            Self::Int2 => 1005,
            Self::Int8 => 1016,
            Self::Text => 1009,
            Self::Bytes => 1001,
            Self::Uuid => 2951,
            Self::Json => 199,
            Self::Timestamp => 1185,
        }
    }
}

/// One array parameter.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    element: Element,
    count: i32,
    has_null: bool,
    bytes: Vec<u8>,
}

impl Array {
    pub(crate) const fn of(element: Element) -> Self {
        Self {
            element,
            count: 0,
            has_null: false,
            bytes: Vec::new(),
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn push(&mut self, value: &[u8]) {
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        assert!(
            length < i32::MAX,
            "a value of two gigabytes is refused long before it comes here"
        );
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self.count += 1;
    }

    pub(crate) fn push_i64(&mut self, value: i64) {
        debug_assert_eq!(self.element, Element::Int8);
        self.push(&value.to_be_bytes());
    }

    pub(crate) fn push_i64_or_null(&mut self, value: Option<i64>) {
        if let Some(value) = value {
            self.push_i64(value);
        } else {
            self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
            self.count += 1;
            self.has_null = true;
        }
    }

    pub(crate) fn push_i16(&mut self, value: i16) {
        debug_assert_eq!(self.element, Element::Int2);
        self.push(&value.to_be_bytes());
    }

    pub(crate) fn push_text(&mut self, value: &str) {
        debug_assert!(matches!(self.element, Element::Text | Element::Json));
        self.push(value.as_bytes());
    }

    pub(crate) fn push_bytes(&mut self, value: &[u8]) {
        debug_assert_eq!(self.element, Element::Bytes);
        self.push(value);
    }

    pub(crate) fn push_uuid(&mut self, value: Uuid) {
        debug_assert_eq!(self.element, Element::Uuid);
        self.push(value.as_bytes());
    }

    pub(crate) fn push_timestamp(&mut self, value: DateTime<Utc>) {
        debug_assert_eq!(self.element, Element::Timestamp);
        self.push(&(value.timestamp_micros() - POSTGRES_EPOCH_MICROS).to_be_bytes());
    }
}

impl sqlx::Type<Postgres> for Array {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(Element::Text.array_oid()))
    }
}

impl Encode<'_, Postgres> for Array {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let dimensions: i32 = i32::from(self.count > 0);
        buffer.extend_from_slice(&dimensions.to_be_bytes());
        buffer.extend_from_slice(&i32::from(self.has_null).to_be_bytes());
        buffer.extend_from_slice(&self.element.oid().to_be_bytes());
        if self.count > 0 {
            buffer.extend_from_slice(&self.count.to_be_bytes());
            buffer.extend_from_slice(&1_i32.to_be_bytes());
            buffer.extend_from_slice(&self.bytes);
        }
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.element.array_oid())))
    }
}
