//! Explains a stream: its events, who asked for them, and why.

use std::io::Write;

use serde::Serialize;
use store::{GENESIS, Log, RecordedEvent};

use super::causes::{self, Cause, Causes};
use crate::failure::{Failure, Verdict};
use crate::paper::{self, Answer, Table};
use crate::told::{Told, read_metadata};

#[derive(Serialize)]
struct Explanation {
    stream: String,
    until_position: i64,
    events: Vec<Explained>,
}

#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    event: Told,
    causes: Vec<Cause>,
}

pub(super) async fn explain(
    log: &Log,
    aggregate_type: &str,
    aggregate_id: &str,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let head = log.head().await?;
    let stream = format!("{aggregate_type}/{aggregate_id}");
    let recorded = log
        .stream(aggregate_type, aggregate_id, head.position)
        .await?;
    if recorded.is_empty() {
        return Err(Failure::Usage(format!(
            "nothing has ever happened in {stream}"
        )));
    }
    check_links(log, &recorded).await?;
    let cause = |event: &RecordedEvent| read_metadata(&event.metadata).causation_id;
    let causes = Causes::of(log, recorded.iter().filter_map(cause)).await?;
    let explained = |event: &RecordedEvent| {
        let chain = causes.chain(cause(event).as_deref());
        Ok::<_, Failure>(Explained {
            event: Told::of(&event.as_ref())?,
            causes: chain,
        })
    };
    let events = recorded.iter().map(explained).collect::<Result<_, _>>()?;
    paper::show(
        out,
        json,
        &Explanation {
            stream,
            until_position: head.position,
            events,
        },
    )?;
    Ok(Verdict::Holds)
}

/// Each event must follow from the one before it in the log, whichever stream that is in.
async fn check_links(log: &Log, events: &[RecordedEvent]) -> Result<(), Failure> {
    let before: Vec<i64> = events.iter().map(|event| event.position - 1).collect();
    let before = log.events_at(&before).await?;
    for event in events {
        let position = event.position;
        let previous = match before.binary_search_by_key(&(position - 1), |event| event.position) {
            Ok(index) => before[index].hash,
            Err(_) if position == 1 => GENESIS,
            Err(_) => {
                return Err(Failure::Missing {
                    position: position - 1,
                });
            }
        };
        if event.as_ref().link().hash(&previous) != event.hash {
            return Err(Failure::Broken { position });
        }
    }
    Ok(())
}

impl Answer for Explanation {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(
            out,
            "{}, every event up to position {}\n",
            self.stream, self.until_position
        )?;
        let mut table = Table::with_columns(&[
            ">sequence",
            ">position",
            "recorded",
            "event",
            "actor",
            "because of",
            "hash",
            "payload",
        ]);
        for Explained { event, causes } in &self.events {
            table.row([
                event.sequence.to_string(),
                event.position.to_string(),
                event.recorded_at.clone(),
                event.event_type.clone(),
                event.actor(),
                causes::told(causes),
                paper::short(&event.hash),
                event.payload.get().to_owned(),
            ]);
        }
        table.write(out)
    }
}
