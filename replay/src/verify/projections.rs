//! Whether the rows of each projection are what the log folds to.

use projections::{Engine, Status};
use serde::Serialize;

use crate::failure::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// The rows, their checksum and a fold from the first event agree.
    Holds,
    Differs,
    /// It stands at a position that the log has not reached.
    AheadOfLog,
    /// The fold that made the rows is not the one in this program.
    OtherVersion,
    NotBuilt,
    /// A log that does not hold cannot be folded to compare.
    NotChecked,
}

impl State {
    pub(super) const fn is_difference(self) -> bool {
        matches!(self, Self::Differs | Self::AheadOfLog)
    }

    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Differs => "DIFFERS",
            Self::AheadOfLog => "AHEAD of the log",
            Self::OtherVersion => "other version, rebuild it",
            Self::NotBuilt => "not built",
            Self::NotChecked => "not checked",
        }
    }
}

#[derive(Serialize)]
pub(super) struct Checked {
    pub projection: &'static str,
    pub state: State,
    pub position: i64,
    pub rows: Option<u64>,
    /// What the checkpoint says that the rows sum to.
    pub checksum: String,
    /// What they do sum to.
    pub summed: Option<String>,
    /// What they should sum to by the log.
    pub folded: Option<String>,
}

pub(super) async fn check(engine: &Engine, log_holds: bool) -> Result<Vec<Checked>, Failure> {
    let mut checked = Vec::new();
    for status in engine.status().await? {
        let state = match status.stored_version {
            None => State::NotBuilt,
            Some(_) if status.position > status.head => State::AheadOfLog,
            Some(version) if version != status.version => State::OtherVersion,
            Some(_) if !log_holds => State::NotChecked,
            Some(_) => {
                checked.push(compare(engine, &status).await?);
                continue;
            }
        };
        checked.push(Checked {
            projection: status.projection,
            state,
            position: status.position,
            rows: None,
            checksum: status.checksum.to_string(),
            summed: None,
            folded: None,
        });
    }
    Ok(checked)
}

async fn compare(engine: &Engine, status: &Status) -> Result<Checked, Failure> {
    let rows = engine.recompute(status.projection).await?;
    let folded = engine.refold(status.projection, rows.position).await?;
    let holds = rows.agrees() && rows.actual == folded;
    Ok(Checked {
        projection: status.projection,
        state: if holds { State::Holds } else { State::Differs },
        position: rows.position,
        rows: Some(rows.rows),
        checksum: rows.stored.to_string(),
        summed: Some(rows.actual.to_string()),
        folded: Some(folded.to_string()),
    })
}
