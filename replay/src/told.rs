//! An event as it is told to whoever asks.

use serde::Serialize;
use serde_json::value::RawValue;
use store::{EventRef, Metadata};

use crate::failure::Failure;
use crate::paper;

/// Every field, with the payload and the metadata exactly as they are stored.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Told {
    pub position: i64,
    pub stream: String,
    pub sequence: i64,
    pub event_id: String,
    pub event_type: String,
    pub event_version: String,
    pub recorded_at: String,
    pub effective_at: String,
    pub payload: Box<RawValue>,
    pub metadata: Box<RawValue>,
    pub hash: String,
}

impl Told {
    pub(crate) fn of(event: &EventRef<'_>) -> Result<Self, Failure> {
        Ok(Self {
            position: event.position,
            stream: stream(event),
            sequence: event.sequence,
            event_id: event.event_id.to_string(),
            event_type: event.event_type.to_owned(),
            event_version: event.event_version.to_owned(),
            recorded_at: paper::time(event.recorded_at),
            effective_at: paper::time(event.effective_at),
            payload: RawValue::from_string(event.payload.to_owned())?,
            metadata: RawValue::from_string(event.metadata.to_owned())?,
            hash: event.hash.to_string(),
        })
    }

    pub(crate) fn actor(&self) -> String {
        read_metadata(self.metadata.get()).actor
    }
}

pub(crate) fn stream(event: &EventRef<'_>) -> String {
    format!("{}/{}", event.aggregate_type, event.aggregate_id)
}

/// What the metadata says, as far as it says it in our words; what it does not say is empty.
pub(crate) fn read_metadata(text: &str) -> Metadata {
    serde_json::from_str(text).unwrap_or_default()
}
