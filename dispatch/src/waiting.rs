//! A unit as the queue knows it: small, because there may be a million of them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::users::UserId;
use domain::work::{Brief, Candidate, Checkpoint, Excluded, Needs, ObjectId, Outline, Tally};
use ledger::Money;

/// What decides when, and where, a unit is worked on next.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Where in the log it was enqueued: the earlier, the longer it has waited.
    pub number: i64,
    pub since: DateTime<Utc>,
    /// Of its last lease.
    pub fence: u64,
    pub customer: UserId,
    pub needs: Arc<Needs>,
    pub budget: Money,
    pub spent: Money,
    pub weight: u32,
    pub seconds_expected: u64,
    pub excluded: Vec<Excluded>,
    /// The inputs, and behind them the checkpoint if there is one.
    pub objects: Vec<ObjectId>,
    pub inputs: usize,
}

impl Waiting {
    pub fn new(number: i64, since: DateTime<Utc>, brief: &Brief, tally: &Tally) -> Self {
        let mut waiting = Self {
            number,
            since,
            fence: tally.fence,
            customer: brief.customer,
            needs: Arc::new(tally.needs.clone()),
            budget: tally.budget,
            spent: tally.spent,
            weight: brief.weight,
            seconds_expected: brief.seconds_expected,
            excluded: tally.excluded.clone(),
            objects: brief.inputs.clone(),
            inputs: brief.inputs.len(),
        };
        waiting.reached(tally.checkpoint, tally.spent);
        waiting
    }

    /// As it stands by an outline that is known to be of the same unit.
    pub fn brought_up_to(&self, outline: &Outline) -> Self {
        match (outline.terms(), outline.tally()) {
            (Some(brief), Some(tally)) => Self::new(self.number, self.since, brief, tally),
            _ => self.clone(),
        }
    }

    pub fn reached(&mut self, checkpoint: Option<Checkpoint>, spent: Money) {
        self.spent = spent;
        self.objects.truncate(self.inputs);
        self.objects.extend(checkpoint.map(|it| it.object));
    }

    pub fn left(&self) -> Money {
        let nothing = Money::zero(self.budget.currency());
        self.budget.checked_sub(self.spent).unwrap_or(nothing)
    }

    pub fn candidate(&self) -> Candidate<'_> {
        Candidate {
            customer: self.customer,
            left: self.left(),
            seconds_expected: self.seconds_expected,
            excluded: &self.excluded,
            objects: &self.objects,
        }
    }
}
