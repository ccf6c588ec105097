//! What happened to a job and what its machines said of it, as one list with the latest first.
//!
//! The two are numbered each on its own, so the name of an entry says where both lists go on after
//! it: whoever shows a page sees each entry once, whatever has come since.

use chrono::{DateTime, Utc};
use domain::jobs::{JobEvent, JobId};
use projections::work::reports::{LOG, Report};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::ids;

const OPENING: &str = "ftevent-";

/// Where both lists go on: numbers and positions below these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Below {
    pub number: i64,
    pub position: i64,
}

impl Below {
    pub const LATEST: Self = Self {
        number: i64::MAX,
        position: i64::MAX,
    };

    /// From the name of an entry.
    pub fn after(name: &str) -> Option<Self> {
        let (number, position) = name.strip_prefix(OPENING)?.split_once('-')?;
        let whole = |text: &str| {
            let number = text.parse::<i64>().ok();
            number.filter(|it| *it >= 0 && it.to_string() == text)
        };
        Some(Self {
            number: whole(number)?,
            position: whole(position)?,
        })
    }

    pub fn name(self) -> String {
        format!("{OPENING}{}-{}", self.number, self.position)
    }
}

/// Something that happened to a job.
pub struct Happened {
    pub position: i64,
    pub at: DateTime<Utc>,
    pub event: JobEvent,
}

/// One line about a job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    pub name: String,
    pub at: DateTime<Utc>,
    pub level: &'static str,
    pub kind: &'static str,
    pub message: String,
    pub data: Value,
}

/// Both lists as one, each given with its latest first; at most `limit` entries.
pub fn merged(job: JobId, said: &[Report], happened: &[Happened], limit: usize) -> Vec<Entry> {
    let (mut said, mut happened) = (said.iter().peekable(), happened.iter().peekable());
    let mut entries = Vec::new();
    while entries.len() < limit {
        // What was said at the same moment was said of what had happened.
        let is_said = match (said.peek(), happened.peek()) {
            (Some(report), Some(event)) => report.at >= event.at,
            (report, _) => report.is_some(),
        };
        let mut entry = if is_said {
            let Some(report) = said.next() else { break };
            of_report(report)
        } else {
            let Some(event) = happened.next() else { break };
            of_event(job, event)
        };
        let below = Below {
            number: said.peek().map_or(0, |it| it.number + 1),
            position: happened.peek().map_or(0, |it| it.position + 1),
        };
        entry.name = below.name();
        entries.push(entry);
    }
    entries
}

fn entry(at: DateTime<Utc>, level: &'static str, message: impl Into<String>) -> Entry {
    Entry {
        name: String::new(),
        at,
        level,
        kind: "message",
        message: message.into(),
        data: json!({}),
    }
}

fn of_report(report: &Report) -> Entry {
    let body = &report.body;
    if report.kind == LOG {
        let level = match body["level"].as_str() {
            Some("error") => "error",
            Some("warn") => "warn",
            _ => "info",
        };
        return entry(report.at, level, body["text"].as_str().unwrap_or_default());
    }
    let (step, total) = (&body["step"], &body["steps_total"]);
    let metrics = numbers(&body["metrics"]);
    let said: Vec<String> = metrics
        .iter()
        .map(|(name, it)| format!("{name}={it}"))
        .collect();
    let mut data = Map::from_iter([
        ("step".to_owned(), step.clone()),
        ("total_steps".to_owned(), total.clone()),
    ]);
    data.extend(metrics);
    let message = format!("Step {step}/{total}: {}", said.join(", "));
    Entry {
        kind: "metrics",
        data: Value::Object(data),
        ..entry(report.at, "info", message.trim_end_matches([':', ' ']))
    }
}

/// What was measured, by OpenAI's names where it has any. Decimal texts are numbers again.
pub fn numbers(metrics: &Value) -> Map<String, Value> {
    let number = |value: &Value| value.as_str()?.parse().ok().map(Value::Number);
    let named = |(name, value): (&String, &Value)| {
        let name = match name.as_str() {
            "loss" => "train_loss",
            "validation_loss" => "valid_loss",
            other => other,
        };
        Some((name.to_owned(), number(value)?))
    };
    metrics
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(named)
        .collect()
}

/// As it is stored.
fn word(value: impl Serialize) -> String {
    json!(value).as_str().unwrap_or_default().to_owned()
}

fn of_event(job: JobId, happened: &Happened) -> Entry {
    let (level, message, data) = told(job, &happened.event);
    Entry {
        data,
        ..entry(happened.at, level, message)
    }
}

fn told(job: JobId, event: &JobEvent) -> (&'static str, String, Value) {
    let none = json!({});
    match event {
        JobEvent::Ordered { .. } => (
            "info",
            format!("Created fine-tuning job: {}", ids::of_job(job)),
            none,
        ),
        JobEvent::PaymentOpened { .. } => ("info", "Waiting for the payment".to_owned(), none),
        JobEvent::Funded { held, .. } => {
            let message = format!("Files validated, {held} held, moving job to queued state");
            ("info", message, json!({ "budget": held }))
        }
        JobEvent::FundsMissing { .. } => (
            "warn",
            "The wallet does not hold the budget".to_owned(),
            none,
        ),
        JobEvent::Started { machine, rate, .. } => {
            let data = json!({ "machine": machine.to_string(), "rate": rate.price().to_string() });
            ("info", "Fine-tuning job started".to_owned(), data)
        }
        JobEvent::Charged(charge) => {
            let data = json!({ "step": charge.step, "trained_seconds": charge.trained_seconds,
                "charged": charge.charged });
            let message = match charge.checkpoint {
                Some(_) => format!("Checkpoint created at step {}", charge.step),
                None => format!("Charged {} in all", charge.charged),
            };
            ("info", message, data)
        }
        JobEvent::Interrupted { because, .. } => {
            let message = format!(
                "The machine was lost ({}); the job goes on elsewhere, and what was lost is not \
                 charged",
                word(because)
            );
            ("warn", message, none)
        }
        JobEvent::PauseAsked { .. } => ("info", "Pausing fine-tuning job".to_owned(), none),
        JobEvent::Paused { because, .. } => {
            let message = format!("Fine-tuning job paused ({})", word(because));
            ("info", message, none)
        }
        JobEvent::Resumed { .. } => ("info", "Fine-tuning job resumed".to_owned(), none),
        JobEvent::BudgetRaised { budget, .. } => (
            "info",
            format!("The budget is now {budget}"),
            json!({ "budget": budget }),
        ),
        JobEvent::CancelAsked { .. } => ("info", "Cancelling fine-tuning job".to_owned(), none),
        JobEvent::Done { artifact, .. } => {
            let data = json!({ "result_files": [ids::of_file(*artifact)] });
            (
                "info",
                "The job has successfully completed".to_owned(),
                data,
            )
        }
        JobEvent::Failed {
            because, detail, ..
        } => {
            let message = format!("Fine-tuning job failed ({}): {detail}", word(because));
            ("error", message, none)
        }
        JobEvent::Cancelled { .. } => ("info", "Fine-tuning job cancelled".to_owned(), none),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn said(number: i64, second: i64) -> Report {
        Report {
            number,
            at: at(second),
            kind: LOG.to_owned(),
            body: json!({ "level": "debug", "text": format!("said {number}") }),
        }
    }

    fn happened(position: i64, second: i64) -> Happened {
        Happened {
            position,
            at: at(second),
            event: JobEvent::PauseAsked { at: at(second) },
        }
    }

    /// What a reader sees who asks for pages of this size, of what is below.
    fn read(said: &[Report], happened: &[Happened], size: usize) -> Vec<String> {
        let job = "job_01936b1e-7c1a-7d3e-8f00-0123456789ab".parse().unwrap();
        let (mut below, mut seen) = (Below::LATEST, Vec::new());
        loop {
            // A page is read with one more than is shown, as a handler reads it.
            let said: Vec<Report> = said
                .iter()
                .filter(|it| it.number < below.number)
                .take(size + 1)
                .cloned()
                .collect();
            let from = happened.iter().position(|it| it.position < below.position);
            let rest = from.map_or(&[][..], |from| &happened[from..]);
            let page = merged(job, &said, rest, size);
            let Some(last) = page.last() else { return seen };
            below = Below::after(&last.name).unwrap();
            seen.extend(
                page.iter()
                    .map(|it| format!("{} {}", it.at.timestamp() % 100, it.message)),
            );
        }
    }

    #[test]
    fn pages_of_any_size_show_each_entry_once_and_in_one_order() {
        let reports = [
            said(90, 9),
            said(70, 7),
            said(60, 5),
            said(50, 5),
            said(10, 1),
        ];
        let events = [happened(12, 8), happened(11, 5), happened(4, 0)];
        let whole = read(&reports, &events, 100);
        assert_eq!(
            whole,
            [
                "9 said 90",
                "8 Pausing fine-tuning job",
                "7 said 70",
                "5 said 60",
                "5 said 50",
                "5 Pausing fine-tuning job",
                "1 said 10",
                "0 Pausing fine-tuning job",
            ]
        );
        for size in 1..9 {
            assert_eq!(read(&reports, &events, size), whole, "pages of {size}");
        }
        assert!(read(&[], &[], 5).is_empty());
        assert_eq!(read(&[], &events, 2).len(), 3);
        assert_eq!(read(&reports, &[], 2).len(), 5);
    }

    #[test]
    fn a_name_says_where_to_go_on_and_nothing_else_does() {
        let below = Below {
            number: 7,
            position: 0,
        };
        assert_eq!(Below::after(&below.name()), Some(below));
        for wrong in [
            "",
            "ftevent-",
            "ftevent-7",
            "ftevent-7-x",
            "ftevent-07-1",
            "ftevent--1-1",
        ] {
            assert_eq!(Below::after(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn progress_is_told_in_openais_names_as_numbers() {
        let report = Report {
            number: 1,
            at: at(0),
            kind: "progress".to_owned(),
            body: json!({ "step": 3, "steps_total": 9,
                "metrics": { "loss": "0.25", "validation_loss": "1e-3", "accuracy": "1" } }),
        };
        let entry = of_report(&report);
        assert_eq!(entry.kind, "metrics");
        assert_eq!(
            (&entry.data["step"], &entry.data["total_steps"]),
            (&json!(3), &json!(9))
        );
        assert_eq!(entry.data["train_loss"].as_f64(), Some(0.25));
        assert_eq!(entry.data["valid_loss"].as_f64(), Some(0.001));
        assert!(entry.message.starts_with("Step 3/9: "), "{}", entry.message);
    }
}
