//! A forger who rewrites everything that follows, so that the log alone cannot tell.
//!
//! Positions, sequences, hashes, entries, balances, claims and answers all fit the forged history.
//! Only somebody who remembers the head, or has it sealed, can know.

use std::collections::HashMap;

use store::{GENESIS, Metadata, RecordedEvent, StoredAnswer, ids};

use super::kind::Kind;

/// Another history, as it would have been written.
pub fn forge(
    kind: Kind,
    history: &[RecordedEvent],
    p: usize,
    q: usize,
) -> Option<Vec<RecordedEvent>> {
    let mut forged = history.to_vec();
    match kind {
        Kind::Change => change(&mut forged[p], q)?,
        Kind::Delete => drop(forged.remove(p)),
        Kind::Swap => forged.swap(p, q),
        Kind::Insert => forged.insert(p, again(&history[q])),
        Kind::Truncate => forged.truncate(p.max(1)),
    }
    restore_order(&mut forged, history);
    Some(forged)
}

fn change(event: &mut RecordedEvent, q: usize) -> Option<()> {
    let before = event.clone();
    match q % 4 {
        0 => {
            event.payload = event
                .payload
                .replace(r#""amount":"0.0"#, r#""amount":"0.1"#);
        }
        1 => {
            event.payload = event
                .payload
                .replace(r#""to":"wallet/user_"#, r#""to":"wallet/user_x"#);
        }
        2 => event.effective_at -= chrono::Duration::days(1),
        _ => {
            event.metadata = event
                .metadata
                .replace(r#""request_id":"r"#, r#""request_id":"x"#);
        }
    }
    (*event != before).then_some(())
}

/// The same once more, as a stream of its own.
fn again(event: &RecordedEvent) -> RecordedEvent {
    let event_id = ids::fresh();
    let aggregate_id = format!("{}_{event_id}", event.aggregate_type);
    RecordedEvent {
        event_id,
        aggregate_id,
        ..event.clone()
    }
}

/// Makes positions, times, sequences and hashes follow from each other again.
fn restore_order(forged: &mut [RecordedEvent], history: &[RecordedEvent]) {
    let mut sequences: HashMap<(String, String), i64> = HashMap::new();
    let mut hash = GENESIS;
    for (index, (event, position)) in forged.iter_mut().zip(1..).enumerate() {
        let slot = history.get(index).or(history.last());
        event.position = position;
        event.recorded_at = slot.map_or(event.recorded_at, |slot| slot.recorded_at);
        let stream = (event.aggregate_type.clone(), event.aggregate_id.clone());
        let sequence = sequences.entry(stream).or_insert(0);
        *sequence += 1;
        event.sequence = *sequence;
        hash = event.as_ref().link().hash(&hash);
        event.hash = hash;
    }
}

/// The answers that fit the forged history.
pub fn answers(forged: &[RecordedEvent], answers: &[StoredAnswer]) -> Vec<StoredAnswer> {
    let mut spans: HashMap<(String, String), (i64, i64)> = HashMap::new();
    for event in forged {
        let Ok(metadata) = serde_json::from_str::<Metadata>(&event.metadata) else {
            continue;
        };
        let Some(key) = metadata.idempotency_key else {
            continue;
        };
        let span = spans
            .entry((metadata.actor, key))
            .or_insert((event.position, event.position));
        span.1 = event.position;
    }
    let fit = |answer: &StoredAnswer| {
        let key = (answer.caller.clone(), answer.key.clone());
        let (first_position, last_position) = *spans.get(&key)?;
        Some(StoredAnswer {
            first_position,
            last_position,
            ..answer.clone()
        })
    };
    answers.iter().filter_map(fit).collect()
}
