//! A stream as it was at the moment that was asked about.

use std::io::Write;

use serde::Serialize;
use store::Log;

use super::{Asked, Cut};
use crate::failure::Failure;
use crate::paper::{self, Answer, Table};
use crate::told::Told;

#[derive(Serialize)]
pub(super) struct History {
    #[serde(flatten)]
    asked: Asked,
    stream: String,
    events: Vec<Told>,
}

pub(super) async fn as_of(
    log: &Log,
    cut: &Cut,
    aggregate_type: &str,
    aggregate_id: &str,
) -> Result<History, Failure> {
    let recorded = log.stream(aggregate_type, aggregate_id, cut.until).await?;
    let counted = recorded
        .iter()
        .filter(|event| cut.counts(event.effective_at));
    let events = counted
        .map(|event| Told::of(&event.as_ref()))
        .collect::<Result<_, _>>()?;
    let stream = format!("{aggregate_type}/{aggregate_id}");
    Ok(History {
        asked: cut.asked(),
        stream,
        events,
    })
}

impl Answer for History {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{} {}", self.stream, self.asked.headline())?;
        if self.events.is_empty() {
            return writeln!(out, "nothing had happened there");
        }
        let names = [
            ">sequence",
            ">position",
            "recorded",
            "effective",
            "event",
            "actor",
            "payload",
        ];
        let mut table = Table::with_columns(&names);
        for event in &self.events {
            table.row([
                event.sequence.to_string(),
                event.position.to_string(),
                event.recorded_at.clone(),
                event.effective_at.clone(),
                event.event_type.clone(),
                event.actor(),
                event.payload.get().to_owned(),
            ]);
        }
        writeln!(out)?;
        table.write(out)?;
        writeln!(
            out,
            "{}",
            paper::counted(i64::try_from(self.events.len()).unwrap_or(0), "event")
        )
    }
}
