//! What is known of a unit: its terms, what came of its leases so far, and the lease under way.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use ledger::{Money, Rate};
use serde::{Deserialize, Serialize};

use super::super::events::{
    Checkpoint, Decision, Excluded, FailedCause, Holding, StoppedBecause, Want,
};
use super::super::ids::{MachineId, ObjectId};
use super::super::terms::{Brief, Needs, Terms};

/// Machines that ever had the unit are remembered up to so many, the latest ones.
const MACHINES_MAX: usize = 64;

/// With its terms, or with as much of them as whoever folds it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit<T = Arc<Terms>> {
    #[default]
    Unqueued,
    Queued {
        terms: T,
        tally: Box<Tally>,
    },
    Leased {
        terms: T,
        tally: Box<Tally>,
        lease: Box<Lease>,
    },
    Over {
        terms: T,
        tally: Box<Tally>,
        end: End,
    },
}

/// What came of all leases so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Of the last lease.
    pub fence: u64,
    /// As the terms have it, and what was added since.
    pub budget: Money,
    pub spent: Money,
    pub checkpoint: Option<Checkpoint>,
    /// As they are after what was escalated.
    pub needs: Needs,
    pub losses: u32,
    pub failures: u32,
    pub escalations: u32,
    pub excluded: Vec<Excluded>,
    pub machines: Vec<MachineId>,
    pub ended: Option<Ended>,
}

/// How the last lease ended by its machine's own word, so that it may say so twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub fence: u64,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    Completed { artifact: ObjectId },
    LetGo,
}

/// The lease under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub holding: Holding,
    pub rate: Rate,
    pub seconds_max: u64,
    pub since: DateTime<Utc>,
    pub deadline: DateTime<Utc>,
    /// Up to its last checkpoint.
    pub trained_seconds: u64,
    /// By the leases before.
    pub spent_before: Money,
    pub asked: Option<(Want, DateTime<Utc>)>,
    pub decision: Decision,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    Completed { artifact: ObjectId },
    Failed(FailedCause),
    Stopped(StoppedBecause),
}

/// A unit without what only its machine needs to know: what is folded for reading and dispatch.
pub type Outline = Unit<Brief>;

impl<T> Unit<T> {
    pub const fn terms(&self) -> Option<&T> {
        match self {
            Self::Unqueued => None,
            Self::Queued { terms, .. } | Self::Leased { terms, .. } | Self::Over { terms, .. } => {
                Some(terms)
            }
        }
    }

    pub const fn tally(&self) -> Option<&Tally> {
        match self {
            Self::Unqueued => None,
            Self::Queued { tally, .. } | Self::Leased { tally, .. } | Self::Over { tally, .. } => {
                Some(tally)
            }
        }
    }

    pub const fn lease(&self) -> Option<&Lease> {
        match self {
            Self::Leased { lease, .. } => Some(lease),
            Self::Unqueued | Self::Queued { .. } | Self::Over { .. } => None,
        }
    }

    /// Whether a machine ever had it; to every other machine it does not exist.
    pub fn was_held_by(&self, machine: MachineId) -> bool {
        self.tally()
            .is_some_and(|tally| tally.machines.contains(&machine))
    }
}

impl Unit {
    pub fn outline(&self) -> Outline {
        let brief = |terms: &Arc<Terms>| Brief::from(terms.as_ref());
        match self {
            Self::Unqueued => Unit::Unqueued,
            Self::Queued { terms, tally } => Unit::Queued {
                terms: brief(terms),
                tally: tally.clone(),
            },
            Self::Leased {
                terms,
                tally,
                lease,
            } => Unit::Leased {
                terms: brief(terms),
                tally: tally.clone(),
                lease: lease.clone(),
            },
            Self::Over { terms, tally, end } => Unit::Over {
                terms: brief(terms),
                tally: tally.clone(),
                end: *end,
            },
        }
    }
}

impl Tally {
    pub(super) fn of(terms: &Terms) -> Self {
        Self {
            fence: 0,
            budget: terms.budget,
            spent: Money::zero(terms.budget.currency()),
            checkpoint: terms.checkpoint,
            needs: terms.needs.clone(),
            losses: 0,
            failures: 0,
            escalations: 0,
            excluded: vec![],
            machines: vec![],
            ended: None,
        }
    }

    pub fn excludes(&self, machine: MachineId, now: DateTime<Utc>) -> bool {
        let counts = |it: &Excluded| it.until.is_none_or(|until| now < until);
        self.excluded
            .iter()
            .any(|it| it.machine == machine && counts(it))
    }

    pub(super) fn exclude(&mut self, excluded: Excluded, now: DateTime<Utc>) {
        self.excluded
            .retain(|it| it.until.is_none_or(|until| now < until));
        self.excluded.push(excluded);
    }

    pub(super) fn remember(&mut self, machine: MachineId) {
        self.machines.retain(|it| *it != machine);
        if self.machines.len() == MACHINES_MAX {
            self.machines.remove(0);
        }
        self.machines.push(machine);
    }
}
