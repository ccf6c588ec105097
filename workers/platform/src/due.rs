//! What is to be asked for because of events.

use std::collections::HashMap;

use cqrs_es::Aggregate;
use store::{Context, EventRef, Metadata};

use crate::process::{Next, Process};

/// What is to be asked for because of one event.
pub struct Due<A: Aggregate> {
    pub position: i64,
    pub next: Next<A>,
    pub context: Context,
}

/// What is due to each stream, in the order of the events.
pub fn by_stream<A: Aggregate>(due: Vec<Due<A>>) -> Vec<Vec<Due<A>>> {
    let mut place = HashMap::new();
    let mut streams: Vec<Vec<Due<A>>> = Vec::new();
    for due in due {
        let at = *place.entry(due.next.0.clone()).or_insert(streams.len());
        match streams.get_mut(at) {
            Some(stream) => stream.push(due),
            None => streams.push(vec![due]),
        }
    }
    streams
}

pub fn because_of<P: Process>(event: &EventRef<'_>, next: Next<P::Asked>) -> Due<P::Asked> {
    // Metadata that does not fit says nothing about the event itself.
    let metadata: Metadata = serde_json::from_str(event.metadata).unwrap_or_default();
    let mut context = Context::by(format!("reaction/{}", P::NAME)).because_of(event.event_id);
    context.correlation_id = metadata.correlation_id;
    Due {
        position: event.position,
        next,
        context,
    }
}
