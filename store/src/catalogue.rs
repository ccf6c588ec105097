//! Which events there are: how a stored one is read, what it moved and what it claimed.

use foldhash::HashMap;
use std::sync::Arc;

use cqrs_es::persist::{EventUpcaster, SerializedEvent};
use cqrs_es::{Aggregate, DomainEvent};
use ledger::{Claim, Effects, Posting, Unbalanced};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::feed::EventRef;

/// Brings events of earlier versions up to what the code reads today.
pub type Upcasters = Arc<[Box<dyn EventUpcaster>]>;

/// What an event moved and claimed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub postings: Vec<Posting>,
    pub claims: Vec<Claim>,
}

/// Why a stored event cannot be read; whoever meets one stops.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("no code here knows the aggregate type {0}")]
    UnknownAggregate(String),
    #[error("the payload of {event_type} version {event_version} does not fit")]
    Payload {
        event_type: String,
        event_version: String,
        source: serde_json::Error,
    },
    #[error("what it moves does not balance")]
    Unbalanced(#[from] Unbalanced),
}

type Read = Box<dyn Fn(&EventRef<'_>) -> Result<Moved, Unreadable> + Send + Sync>;

/// Every aggregate whose events are in the log.
#[derive(Default)]
pub struct Catalogue {
    by_type: HashMap<&'static str, Read>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_type.keys()).finish()
    }
}

impl Catalogue {
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn with<A>(self) -> Self
    where
        A: Aggregate,
        A::Event: Effects + 'static,
    {
        self.with_upcasters::<A>(Arc::from([]))
    }

    #[must_use]
    pub fn with_upcasters<A>(mut self, upcasters: Upcasters) -> Self
    where
        A: Aggregate,
        A::Event: Effects + 'static,
    {
        let read: Read = Box::new(move |event| {
            let event: A::Event = decode(event, &upcasters)?;
            Ok(Moved {
                postings: event.postings()?,
                claims: event.claims(),
            })
        });
        let earlier = self.by_type.insert(A::TYPE, read);
        assert!(
            earlier.is_none(),
            "two aggregates share the stored name {}",
            A::TYPE
        );
        self
    }

    pub fn moved(&self, event: &EventRef<'_>) -> Result<Moved, Unreadable> {
        let read = self
            .by_type
            .get(event.aggregate_type)
            .ok_or_else(|| Unreadable::UnknownAggregate(event.aggregate_type.to_owned()))?;
        read(event)
    }
}

/// Reads a stored event as today's type; only an event that needs it takes the way through `Value`.
pub fn decode<E: DomainEvent + DeserializeOwned>(
    event: &EventRef<'_>,
    upcasters: &[Box<dyn EventUpcaster>],
) -> Result<E, Unreadable> {
    let unreadable = |source| Unreadable::Payload {
        event_type: event.event_type.to_owned(),
        event_version: event.event_version.to_owned(),
        source,
    };
    let old = upcasters
        .iter()
        .any(|u| u.can_upcast(event.event_type, event.event_version));
    if !old {
        return serde_json::from_str(event.payload).map_err(unreadable);
    }
    let stored = SerializedEvent {
        aggregate_id: event.aggregate_id.to_owned(),
        sequence: usize::try_from(event.sequence).unwrap_or(usize::MAX),
        aggregate_type: event.aggregate_type.to_owned(),
        event_type: event.event_type.to_owned(),
        event_version: event.event_version.to_owned(),
        payload: serde_json::from_str::<Value>(event.payload).map_err(unreadable)?,
        metadata: Value::Null,
    };
    serde_json::from_value(upcast(stored, upcasters).payload).map_err(unreadable)
}

pub(crate) fn upcast(
    event: SerializedEvent,
    upcasters: &[Box<dyn EventUpcaster>],
) -> SerializedEvent {
    upcasters.iter().fold(event, |event, upcaster| {
        if upcaster.can_upcast(&event.event_type, &event.event_version) {
            upcaster.upcast(event)
        } else {
            event
        }
    })
}
