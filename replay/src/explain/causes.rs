//! What led to an event: its cause, the cause of that, and so on back to where it began.

use std::collections::HashMap;

use serde::Serialize;
use store::{Log, RecordedEvent};
use uuid::Uuid;

use crate::failure::Failure;
use crate::told::{read_metadata, stream};

/// A chain that is longer is cut; it would be longer than anybody reads.
const DEPTH_MAX: usize = 64;

/// An event because of which another happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Cause {
    pub event_id: String,
    /// Absent where the log has no such event: then the cause lies outside.
    #[serde(flatten)]
    pub found: Option<Found>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Found {
    pub position: i64,
    pub event_type: String,
    pub stream: String,
    pub actor: String,
    pub recorded_at: String,
    pub hash: String,
    #[serde(skip)]
    because_of: Option<String>,
}

/// The events that others were caused by, each read once.
#[derive(Default)]
pub(super) struct Causes(HashMap<String, Option<Found>>);

impl Causes {
    /// Reads the causes with these identities, and theirs, level by level.
    pub(super) async fn of(
        log: &Log,
        ids: impl IntoIterator<Item = String>,
    ) -> Result<Self, Failure> {
        let mut causes = Self::default();
        let mut wanted: Vec<String> = ids.into_iter().collect();
        for _ in 0..DEPTH_MAX {
            wanted.sort_unstable();
            wanted.dedup();
            wanted.retain(|id| !causes.0.contains_key(id));
            if wanted.is_empty() {
                break;
            }
            // An identity that is none of ours names something outside.
            let ids: Vec<Uuid> = wanted
                .iter()
                .filter_map(|id| Uuid::parse_str(id).ok())
                .collect();
            causes.0.extend(wanted.drain(..).map(|id| (id, None)));
            for event in log.events_by_id(&ids).await? {
                let found = Found::of(&event);
                wanted.extend(found.because_of.clone());
                causes.0.insert(event.event_id.to_string(), Some(found));
            }
        }
        Ok(causes)
    }

    /// From the nearest cause to the first one.
    pub(super) fn chain(&self, because_of: Option<&str>) -> Vec<Cause> {
        let mut chain: Vec<Cause> = Vec::new();
        let mut next = because_of;
        while let Some(id) = next {
            // A forged log may name causes in a circle.
            if chain.len() == DEPTH_MAX || chain.iter().any(|cause| cause.event_id == id) {
                break;
            }
            let found = self.0.get(id).and_then(Option::as_ref);
            chain.push(Cause {
                event_id: id.to_owned(),
                found: found.cloned(),
            });
            next = found.and_then(|found| found.because_of.as_deref());
        }
        chain
    }
}

impl Found {
    fn of(event: &RecordedEvent) -> Self {
        let metadata = read_metadata(&event.metadata);
        Self {
            position: event.position,
            event_type: event.event_type.clone(),
            stream: stream(&event.as_ref()),
            actor: metadata.actor,
            recorded_at: crate::paper::time(event.recorded_at),
            hash: event.hash.to_string(),
            because_of: metadata.causation_id,
        }
    }
}

/// `order.funded@7 ← deposit.paid@3`, the nearest cause first.
pub(super) fn told(chain: &[Cause]) -> String {
    let told: Vec<String> = chain
        .iter()
        .map(|cause| match &cause.found {
            Some(found) => format!("{}@{}", found.event_type, found.position),
            None => format!("{} (outside this log)", cause.event_id),
        })
        .collect();
    if told.is_empty() {
        "–".to_owned()
    } else {
        told.join(" ← ")
    }
}
