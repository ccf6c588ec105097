//! The lines of a JSON Lines export (`docs/LOG_FORMAT.md`).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use store::{EventRef, Hash, RecordedEvent, StoredAnswer};
use uuid::Uuid;

/// Names the format in the first line.
pub const EXPORT_FORMAT: &str = "trainnet.log.v1";

/// The first line: what the chain is continued from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub format: String,
    pub after_position: i64,
    pub after_hash: String,
}

/// The last line: without it, the file was cut.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Footer {
    pub last_position: i64,
    pub last_hash: String,
    pub events: i64,
    pub answers: i64,
}

/// Everything that is hashed of an event, and the hash.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventLine {
    pub position: i64,
    pub event_id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub event_type: String,
    pub event_version: String,
    /// The stored text, not the JSON in it: the hash is over these bytes.
    pub payload: String,
    pub metadata: String,
    pub recorded_at_micros: i64,
    pub effective_at_micros: i64,
    pub hash: String,
}

/// What a caller was answered under a key; beside the chain, not in it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerLine {
    pub answer: AnswerFields,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerFields {
    pub caller: String,
    pub key: String,
    pub stream: String,
    pub fingerprint: String,
    pub first_position: i64,
    pub last_position: i64,
    pub recorded_at_micros: i64,
}

/// A line that reads as JSON and says what cannot be.
#[derive(Debug, thiserror::Error)]
#[error("{0} is malformed")]
pub(crate) struct Malformed(&'static str);

impl EventLine {
    pub(crate) fn of(event: &EventRef<'_>) -> Self {
        Self {
            position: event.position,
            event_id: event.event_id,
            aggregate_type: event.aggregate_type.to_owned(),
            aggregate_id: event.aggregate_id.to_owned(),
            sequence: event.sequence,
            event_type: event.event_type.to_owned(),
            event_version: event.event_version.to_owned(),
            payload: event.payload.to_owned(),
            metadata: event.metadata.to_owned(),
            recorded_at_micros: event.recorded_at.timestamp_micros(),
            effective_at_micros: event.effective_at.timestamp_micros(),
            hash: event.hash.to_string(),
        }
    }

    pub(crate) fn into_event(self) -> Result<RecordedEvent, Malformed> {
        Ok(RecordedEvent {
            position: self.position,
            sequence: self.sequence,
            event_id: self.event_id,
            recorded_at: time(self.recorded_at_micros, "recorded_at_micros")?,
            effective_at: time(self.effective_at_micros, "effective_at_micros")?,
            aggregate_type: self.aggregate_type,
            aggregate_id: self.aggregate_id,
            event_type: self.event_type,
            event_version: self.event_version,
            payload: self.payload,
            metadata: self.metadata,
            hash: hash(&self.hash, "hash")?,
        })
    }
}

impl AnswerLine {
    pub(crate) fn of(answer: StoredAnswer) -> Self {
        let answer = AnswerFields {
            caller: answer.caller,
            key: answer.key,
            stream: answer.stream,
            fingerprint: answer.fingerprint.to_string(),
            first_position: answer.first_position,
            last_position: answer.last_position,
            recorded_at_micros: answer.recorded_at.timestamp_micros(),
        };
        Self { answer }
    }

    pub(crate) fn into_answer(self) -> Result<StoredAnswer, Malformed> {
        let it = self.answer;
        Ok(StoredAnswer {
            caller: it.caller,
            key: it.key,
            stream: it.stream,
            fingerprint: hash(&it.fingerprint, "fingerprint")?,
            first_position: it.first_position,
            last_position: it.last_position,
            recorded_at: time(it.recorded_at_micros, "recorded_at_micros")?,
        })
    }
}

fn time(micros: i64, field: &'static str) -> Result<DateTime<Utc>, Malformed> {
    DateTime::from_timestamp_micros(micros).ok_or(Malformed(field))
}

/// Lower case only: a file that was exported twice is the same file.
pub(crate) fn hash(text: &str, field: &'static str) -> Result<Hash, Malformed> {
    Hash::parse(text)
        .filter(|hash| hash.to_string() == text)
        .ok_or(Malformed(field))
}
