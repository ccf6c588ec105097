//! What is handed to the appender, and what it answers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ledger::{Account, Claim, Effects, Money, Name, Posting, Unbalanced};
use serde::Serialize;
use uuid::Uuid;

use crate::context::{Context, Idempotency};
use crate::ids;

/// The longest payload: an event states a fact, it does not carry a file.
pub const PAYLOAD_BYTES_MAX: usize = 256 * 1024;
/// So many events one command may decide at the most.
pub const EVENTS_MAX: usize = 1_000;
const IDENTITY_BYTES_MAX: usize = 200;

/// One event that somebody decided on and nobody has recorded yet.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub event_id: Uuid,
    pub event_type: String,
    pub event_version: String,
    pub payload: String,
    pub postings: Vec<Posting>,
    pub claims: Vec<Claim>,
}

impl NewEvent {
    /// Writes down what a domain event says, moves and claims.
    pub fn from_domain<E>(event: &E) -> Result<Self, Malformed>
    where
        E: cqrs_es::DomainEvent + Effects,
    {
        Ok(Self {
            event_id: ids::fresh(),
            event_type: event.event_type(),
            event_version: event.event_version(),
            payload: serde_json::to_string(event)?,
            postings: event.postings()?,
            claims: event.claims(),
        })
    }
}

/// One decided command: the events of one stream, all of them or none.
#[derive(Clone, Debug)]
pub struct Append {
    pub(crate) aggregate_type: Arc<str>,
    pub(crate) aggregate_id: Arc<str>,
    /// How many events the stream had when the command was decided.
    pub(crate) expected: i64,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) metadata: String,
    pub(crate) effective_at: Option<DateTime<Utc>>,
    pub(crate) caller: String,
    pub(crate) idempotency: Option<Idempotency>,
}

impl Append {
    pub fn try_new(
        aggregate_type: &str,
        aggregate_id: &str,
        expected: i64,
        events: Vec<NewEvent>,
        context: &Context,
    ) -> Result<Self, Malformed> {
        stored_name("the aggregate type", aggregate_type)?;
        stored_name("the aggregate id", aggregate_id)?;
        if let Some(asked) = &context.idempotency {
            stored_name("the idempotency key", &asked.key)?;
            stored_name("the actor", &context.actor)?;
        }
        if events.len() > EVENTS_MAX {
            return Err(Malformed::TooMany {
                events: events.len(),
            });
        }
        for event in &events {
            stored_name("the event type", &event.event_type)?;
            stored_name("the event version", &event.event_version)?;
            if event.payload.len() > PAYLOAD_BYTES_MAX {
                return Err(Malformed::Payload {
                    bytes: event.payload.len(),
                });
            }
        }
        Ok(Self {
            aggregate_type: aggregate_type.into(),
            aggregate_id: aggregate_id.into(),
            expected,
            events,
            metadata: serde_json::to_string(&context.metadata())?,
            effective_at: context.effective_at,
            caller: context.actor.clone(),
            idempotency: context.idempotency.clone(),
        })
    }

    /// Stores this JSON beside the events instead of what the context says.
    pub(crate) fn with_metadata(mut self, metadata: String) -> Self {
        self.metadata = metadata;
        self
    }

    /// By which the outcome can be looked up, should it be unknown.
    pub fn event_id(&self) -> Option<Uuid> {
        self.events.first().map(|event| event.event_id)
    }
}

fn stored_name(what: &'static str, text: &str) -> Result<(), Malformed> {
    if text.is_empty() || text.len() > IDENTITY_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(Malformed::Name {
            what,
            bytes_max: IDENTITY_BYTES_MAX,
        });
    }
    Ok(())
}

/// Why something cannot be written down at all.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    #[error("{what} must have 1 to {bytes_max} bytes and no control characters")]
    Name {
        what: &'static str,
        bytes_max: usize,
    },
    #[error("the payload has {bytes} bytes; at most {PAYLOAD_BYTES_MAX} are kept")]
    Payload { bytes: usize },
    #[error("the command decided {events} events; at most {EVENTS_MAX} are taken")]
    TooMany { events: usize },
    #[error("the event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the event moves money that does not balance")]
    Unbalanced(#[from] Unbalanced),
}

/// Where a command stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Committed {
    /// The first event's position; the head at that time where there was nothing to record.
    pub first_position: i64,
    /// The position to wait for in order to read one's own write.
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
    /// True when an earlier request under the same key did the work.
    pub repeated: bool,
}

/// Why a command left no trace, or, in one case, that nobody can say yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAppended {
    #[error("the stream has {actual} events, the decision was made on {expected}")]
    Conflict { expected: i64, actual: i64 },
    #[error("{account} has {available}, {needed} are needed")]
    InsufficientFunds {
        account: Account,
        needed: Money,
        available: Money,
    },
    #[error("{name} is held by {holder}")]
    Taken { name: Name, holder: String },
    #[error("{name} is not held by this stream")]
    NotHeld { name: Name },
    #[error("the idempotency key {key} was used for another request")]
    KeyReused { key: String },
    #[error("{account} would exceed what a balance can hold")]
    Overflow { account: Account },
    #[error("the log is busy; nothing was written, try again shortly")]
    Busy,
    #[error("the log is closed; nothing was written")]
    Closed,
    #[error("the database cannot be reached; nothing was written")]
    Unavailable,
    #[error("the connection was lost while event {event_id} was being written; look it up")]
    Unknown { event_id: Uuid },
    #[error("the database refused the event: {reason}")]
    Spoiled { reason: String },
}
