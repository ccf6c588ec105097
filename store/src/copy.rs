//! The binary COPY format, both ways: one row a message in, whole buffers out.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::arrays::POSTGRES_EPOCH_MICROS;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags, length of the (empty) extension.
const HEADER_BYTES: usize = 19;

/// What came does not follow the format.
#[derive(Debug, thiserror::Error)]
#[error("a row of the binary copy is malformed: {0}")]
pub struct Malformed(&'static str);

/// A cursor over the fields of one row.
#[derive(Debug)]
pub struct Row<'a>(&'a [u8]);

impl<'a> Row<'a> {
    /// Starts on the row in this message; `None` at the end of the copy.
    pub fn begin(mut message: &'a [u8], fields: i16) -> Result<Option<Self>, Malformed> {
        if message.starts_with(SIGNATURE) {
            message = message
                .get(HEADER_BYTES..)
                .ok_or(Malformed("its header is short"))?;
        }
        if message.is_empty() {
            return Ok(None);
        }
        let (count, rest) = message
            .split_first_chunk()
            .ok_or(Malformed("it has no fields"))?;
        match i16::from_be_bytes(*count) {
            -1 => Ok(None),
            count if count == fields => Ok(Some(Self(rest))),
            _ => Err(Malformed("it has another number of fields")),
        }
    }

    pub fn bytes_or_null(&mut self) -> Result<Option<&'a [u8]>, Malformed> {
        let (length, rest) = self
            .0
            .split_first_chunk()
            .ok_or(Malformed("it ends early"))?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            self.0 = rest;
            return Ok(None);
        };
        let (value, rest) = rest
            .split_at_checked(length)
            .ok_or(Malformed("it ends early"))?;
        self.0 = rest;
        Ok(Some(value))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let value = self
            .bytes_or_null()?
            .ok_or(Malformed("a value is missing"))?;
        value
            .try_into()
            .map_err(|_| Malformed("a value has another width"))
    }

    pub fn int8(&mut self) -> Result<i64, Malformed> {
        self.fixed().map(i64::from_be_bytes)
    }

    pub fn int2(&mut self) -> Result<i16, Malformed> {
        self.fixed().map(i16::from_be_bytes)
    }

    pub fn uuid(&mut self) -> Result<Uuid, Malformed> {
        self.fixed().map(Uuid::from_bytes)
    }

    pub fn timestamp(&mut self) -> Result<DateTime<Utc>, Malformed> {
        let micros = self.int8()?.checked_add(POSTGRES_EPOCH_MICROS);
        micros
            .and_then(DateTime::from_timestamp_micros)
            .ok_or(Malformed("a time is out of range"))
    }

    pub fn text_or_null(&mut self) -> Result<Option<&'a str>, Malformed> {
        let Some(bytes) = self.bytes_or_null()? else {
            return Ok(None);
        };
        std::str::from_utf8(bytes)
            .map(Some)
            .map_err(|_| Malformed("a text is not UTF-8"))
    }

    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        self.text_or_null()?.ok_or(Malformed("a value is missing"))
    }
}

/// Rows on their way into a table.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    fields: i16,
}

impl Writer {
    /// For rows of so many fields, with room for about `capacity` bytes before it is taken.
    pub fn new(fields: i16, capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.extend_from_slice(SIGNATURE);
        bytes.extend_from_slice(&[0; 8]);
        Self { bytes, fields }
    }

    pub fn row(&mut self) {
        self.bytes.extend_from_slice(&self.fields.to_be_bytes());
    }

    pub fn bytes(&mut self, value: &[u8]) {
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        assert!(
            length < i32::MAX,
            "a value of two gigabytes is refused long before this"
        );
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
    }

    pub fn null(&mut self) {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    pub fn int8(&mut self, value: i64) {
        self.bytes(&value.to_be_bytes());
    }

    pub fn int2(&mut self, value: i16) {
        self.bytes(&value.to_be_bytes());
    }

    pub fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
    }

    pub fn uuid(&mut self, value: Uuid) {
        self.bytes(value.as_bytes());
    }

    pub fn timestamp(&mut self, value: DateTime<Utc>) {
        self.int8(value.timestamp_micros() - POSTGRES_EPOCH_MICROS);
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes what has gathered, leaving room for more.
    pub fn take(&mut self) -> Vec<u8> {
        let capacity = self.bytes.capacity();
        std::mem::replace(&mut self.bytes, Vec::with_capacity(capacity))
    }

    /// The last bytes of the copy.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&(-1_i16).to_be_bytes());
        self.bytes
    }
}
