//! What is remembered of a task, so that a restart of the agent is no end of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::process::Process;
use crate::wire::{Assignment, Isolation};

/// How far it has come, for whoever asks the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Come {
    pub step: u64,
    pub steps_total: u64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Kept {
    pub assignment: Assignment,
    pub slot: usize,
    /// The GPU of the slot.
    pub gpu: Option<String>,
    /// Runs of the trainer under this lease.
    pub runs: u32,
    /// What runs before the present one trained, as far as it was saved.
    pub trained_before_ms: u64,
    pub process: Option<(Process, Isolation)>,
    /// The step of the last checkpoint that the server knows, and what was trained until then.
    pub reported_step: u64,
    pub reported_ms: u64,
    /// Up to where the server has heard what the present run said.
    pub told_bytes: u64,
    #[serde(default)]
    pub come: Come,
}

impl Kept {
    pub fn new(assignment: Assignment, slot: usize, gpu: Option<String>) -> Self {
        let step = assignment.checkpoint.as_ref().map(|given| given.step);
        let come = Come {
            step: step.unwrap_or_default(),
            steps_total: 0,
        };
        Self {
            assignment,
            slot,
            gpu,
            runs: 0,
            trained_before_ms: 0,
            process: None,
            reported_step: 0,
            reported_ms: 0,
            told_bytes: 0,
            come,
        }
    }

    /// All that was trained under the lease, once the present run has trained so long.
    pub fn trained(&self, in_this_run: Duration) -> Duration {
        Duration::from_millis(self.trained_before_ms) + in_this_run
    }
}
