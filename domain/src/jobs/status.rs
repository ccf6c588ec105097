//! What a job's state is called outside, and what may be done next.

use serde::{Deserialize, Serialize};

use super::job::{Job, Phase};

/// The five words that customers know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Awaits its payment.
    #[serde(rename = "pending")]
    Pending,
    /// Waits for a machine, or is paused.
    #[serde(rename = "queued")]
    Queued,
    #[serde(rename = "running")]
    Running,
    #[serde(rename = "done")]
    Done,
    /// Failed, or cancelled.
    #[serde(rename = "error")]
    Error,
}

/// What the customer may do with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Action {
    #[serde(rename = "pay")]
    Pay,
    #[serde(rename = "pause")]
    Pause,
    #[serde(rename = "resume")]
    Resume,
    #[serde(rename = "raise-budget")]
    RaiseBudget,
    #[serde(rename = "cancel")]
    Cancel,
    #[serde(rename = "download")]
    Download,
}

impl Status {
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Queued,
        Self::Running,
        Self::Done,
        Self::Error,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Error => "error",
        }
    }
}

/// What is open to the customer; what is not in the list is refused.
pub fn actions(status: Status, phase: Option<Phase>) -> &'static [Action] {
    use super::events::PausedBecause;
    match (status, phase) {
        (Status::Pending, _) => &[Action::Pay, Action::Cancel],
        (Status::Queued | Status::Running, Some(Phase::Queued | Phase::Running)) => {
            &[Action::Pause, Action::RaiseBudget, Action::Cancel]
        }
        (Status::Queued | Status::Running, Some(Phase::Pausing)) => {
            &[Action::RaiseBudget, Action::Cancel]
        }
        (_, Some(Phase::Paused(PausedBecause::Asked))) => {
            &[Action::Resume, Action::RaiseBudget, Action::Cancel]
        }
        (_, Some(Phase::Paused(PausedBecause::Budget))) => &[Action::RaiseBudget, Action::Cancel],
        (Status::Queued | Status::Running, Some(Phase::Cancelling(_)) | None)
        | (Status::Error, _) => &[],
        (Status::Done, _) => &[Action::Download],
    }
}

impl Job {
    /// Nothing was ordered yet: nothing to say.
    pub fn phase(&self) -> Option<Phase> {
        match self {
            Self::Active { phase, .. } => Some(*phase),
            Self::Unordered | Self::Pending { .. } | Self::Over { .. } => None,
        }
    }
}
