//! An event as it stands in the log, with what its hash is computed from.

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use store::{Hash, Link, RecordedEvent};
use thiserror::Error;
use uuid::Uuid;

/// One event; payload and metadata are the stored text, never written anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    pub position: i64,
    pub event_id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub event_type: String,
    pub event_version: String,
    pub payload: String,
    pub metadata: String,
    pub recorded_at_micros: i64,
    pub effective_at_micros: i64,
    pub previous_hash: String,
    pub hash: String,
}

/// The event is not the one that its hash was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the event at position {position} is not what its hash says")]
pub struct Altered {
    pub position: i64,
}

impl Evidence {
    pub fn new(event: &RecordedEvent, previous: &Hash) -> Self {
        Self {
            position: event.position,
            event_id: event.event_id,
            aggregate_type: event.aggregate_type.clone(),
            aggregate_id: event.aggregate_id.clone(),
            sequence: event.sequence,
            event_type: event.event_type.clone(),
            event_version: event.event_version.clone(),
            payload: event.payload.clone(),
            metadata: event.metadata.clone(),
            recorded_at_micros: event.recorded_at.timestamp_micros(),
            effective_at_micros: event.effective_at.timestamp_micros(),
            previous_hash: previous.to_string(),
            hash: event.hash.to_string(),
        }
    }

    /// The hash, if it follows from everything else.
    pub fn check(&self) -> Result<Hash, Altered> {
        let altered = Altered {
            position: self.position,
        };
        let time = |micros| DateTime::from_timestamp_micros(micros).ok_or(altered);
        let previous = Hash::parse(&self.previous_hash).ok_or(altered)?;
        let stated = Hash::parse(&self.hash).ok_or(altered)?;
        let link = Link {
            position: self.position,
            event_id: self.event_id,
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            payload: &self.payload,
            metadata: &self.metadata,
            recorded_at: time(self.recorded_at_micros)?,
            effective_at: time(self.effective_at_micros)?,
        };
        if link.hash(&previous) == stated {
            Ok(stated)
        } else {
            Err(altered)
        }
    }
}
