//! What was when: balances and streams as of a position or a time, on either axis.

mod balances;
mod events;

use std::io::Write;

use chrono::{DateTime, Utc};
use serde::Serialize;
use store::{Catalogue, Log};

use crate::arguments::Axis;
use crate::failure::{Failure, Verdict};
use crate::paper;
use crate::subject::Subject;
use crate::when::When;

/// Which events count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub axis: Axis,
    /// The last position that was known.
    pub until: i64,
    /// What takes effect later does not count.
    pub effective: Option<DateTime<Utc>>,
}

/// The question, as it is repeated in the answer.
#[derive(Clone, Debug, Serialize)]
struct Asked {
    axis: Axis,
    known_until_position: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_until: Option<String>,
}

impl Cut {
    fn counts(&self, effective_at: DateTime<Utc>) -> bool {
        self.effective.is_none_or(|until| effective_at <= until)
    }

    fn asked(&self) -> Asked {
        Asked {
            axis: self.axis,
            known_until_position: self.until,
            effective_until: self.effective.map(paper::time),
        }
    }
}

impl Asked {
    fn headline(&self) -> String {
        let known = format!("as of position {}", self.known_until_position);
        match &self.effective_until {
            Some(time) => format!("{known}, what counts by {time}"),
            None => known,
        }
    }
}

/// A question that `as-of` answers.
pub(crate) struct Question {
    pub when: When,
    pub axis: Axis,
    pub known: Option<When>,
    pub subject: Subject,
}

pub(crate) async fn as_of(
    log: &Log,
    catalogue: &Catalogue,
    question: Question,
    json: bool,
    out: &mut dyn Write,
) -> Result<Verdict, Failure> {
    let head = log.head().await?;
    let cut = match (question.axis, question.when, question.known) {
        (Axis::Recorded, _, Some(_)) => {
            return Err(Failure::Usage(
                "--known belongs to --axis effective".to_owned(),
            ));
        }
        (Axis::Effective, When::Position(_), _) => {
            let advice = "a position is on the axis of recording; --axis effective wants a time";
            return Err(Failure::Usage(advice.to_owned()));
        }
        (axis @ Axis::Recorded, when, None) => Cut {
            axis,
            until: when.position(log, &head).await?,
            effective: None,
        },
        (axis @ Axis::Effective, When::Time(time), known) => {
            let known = known.unwrap_or(When::Position(head.position));
            Cut {
                axis,
                until: known.position(log, &head).await?,
                effective: Some(time),
            }
        }
    };
    match question.subject {
        Subject::Account(account) => {
            let wanted = |name: &str| name == account.as_str();
            let answer = balances::as_of(log, catalogue, &head, &cut, wanted).await?;
            paper::show(out, json, &answer)?;
        }
        Subject::Accounts(prefix) => {
            let wanted = |name: &str| name.starts_with(&prefix);
            let answer = balances::as_of(log, catalogue, &head, &cut, wanted).await?;
            paper::show(out, json, &answer)?;
        }
        Subject::Stream {
            aggregate_type,
            aggregate_id,
        } => {
            let answer = events::as_of(log, &cut, &aggregate_type, &aggregate_id).await?;
            paper::show(out, json, &answer)?;
        }
        Subject::Entry { .. } => {
            let advice = "an entry never changes; ask about an account or a stream";
            return Err(Failure::Usage(advice.to_owned()));
        }
    }
    Ok(Verdict::Holds)
}
