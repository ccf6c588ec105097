//! What is known of a job beside what jobs are looked for by.

use chrono::{DateTime, Utc};
use domain::jobs::{Charge, JobEvent, Metrics, Phase, Status, Terms, Way};
use domain::objects::ObjectId;
use domain::payments::PaymentId;
use domain::servers::MachineId;
use domain::work::Checkpoint;
use ledger::{Money, Rate};
use serde::{Deserialize, Serialize};

use crate::stored::stored_name;

/// Of a job's checkpoints, the newest are listed.
const CHECKPOINTS_MAX: usize = 50;

/// A checkpoint from which the job could go on, and what it had cost by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointKept {
    pub position: i64,
    pub object: ObjectId,
    pub step: u64,
    pub charged: Money,
    pub at: DateTime<Utc>,
}

/// Everything that is shown of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub terms: Box<Terms>,
    pub way: Way,
    /// What was ordered, and raised since; held once the job is paid for.
    pub budget: Money,
    pub charged: Money,
    /// None before it is paid for and after its end.
    pub phase: Option<Phase>,
    pub funds_missing: bool,
    pub payment: Option<PaymentId>,
    pub machine: Option<MachineId>,
    pub rate: Option<Rate>,
    pub fence: u64,
    /// How often it began on a machine.
    pub starts: u64,
    pub interruptions: u64,
    pub step: u64,
    pub checkpoint: Option<Checkpoint>,
    pub checkpoints: Vec<CheckpointKept>,
    pub artifact: Option<ObjectId>,
    pub metrics: Metrics,
    /// Why it stands where it stands, where that is not plain.
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub released: Option<Money>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// By leases before the present one, and by the present one.
    trained_before: u64,
    trained_now: u64,
}

impl Details {
    pub(super) fn ordered(terms: Box<Terms>, way: Way, budget: Money) -> Self {
        Self {
            charged: Money::zero(budget.currency()),
            terms,
            way,
            budget,
            phase: None,
            funds_missing: false,
            payment: None,
            machine: None,
            rate: None,
            fence: 0,
            starts: 0,
            interruptions: 0,
            step: 0,
            checkpoint: None,
            checkpoints: Vec::new(),
            artifact: None,
            metrics: Metrics::new(),
            reason: None,
            detail: None,
            released: None,
            started_at: None,
            ended_at: None,
            trained_before: 0,
            trained_now: 0,
        }
    }

    /// What was paid for, over all machines.
    pub const fn trained_seconds(&self) -> u64 {
        self.trained_before.saturating_add(self.trained_now)
    }

    /// Takes an event in, and says what the job's status is after it.
    pub(super) fn take(&mut self, position: i64, event: JobEvent, was: Status) -> Status {
        match event {
            JobEvent::Ordered { .. } => return Status::Pending,
            JobEvent::PaymentOpened { payment, .. } => self.payment = Some(payment),
            JobEvent::FundsMissing { .. } => self.funds_missing = true,
            JobEvent::Funded { held, .. } => {
                self.funds_missing = false;
                self.budget = held;
                return self.waits(Phase::Queued);
            }
            JobEvent::Started {
                fence,
                machine,
                rate,
                at,
            } => return self.started(fence, machine, rate, at),
            JobEvent::Charged(charge) => self.charge(position, &charge),
            JobEvent::Interrupted { because, .. } => {
                return self.interrupted(stored_name(&because));
            }
            JobEvent::PauseAsked { .. } => self.phase = Some(Phase::Pausing),
            JobEvent::CancelAsked { because, .. } => self.phase = Some(Phase::Cancelling(because)),
            JobEvent::Paused { because, .. } => {
                self.machine = None;
                self.reason = Some(format!("paused-{}", stored_name(&because)));
                self.phase = Some(Phase::Paused(because));
                return Status::Queued;
            }
            JobEvent::Resumed { budget, .. } => {
                self.budget = budget;
                return self.waits(Phase::Queued);
            }
            JobEvent::BudgetRaised { budget, .. } => self.budget = budget,
            JobEvent::Done {
                artifact,
                metrics,
                released,
                at,
                ..
            } => {
                self.artifact = Some(artifact);
                self.metrics = metrics;
                self.over(None, released, at);
                return Status::Done;
            }
            JobEvent::Failed {
                because,
                detail,
                released,
                at,
                ..
            } => {
                self.detail = Some(detail).filter(|text| !text.is_empty());
                self.over(Some(stored_name(&because)), released, at);
                return Status::Error;
            }
            JobEvent::Cancelled {
                because,
                released,
                at,
                ..
            } => {
                self.detail = Some(format!("because: {}", stored_name(&because)));
                self.over(Some("cancelled".to_owned()), released, at);
                return Status::Error;
            }
        }
        was
    }

    fn waits(&mut self, phase: Phase) -> Status {
        self.phase = Some(phase);
        self.reason = None;
        self.machine = None;
        Status::Queued
    }

    fn started(&mut self, fence: u64, machine: MachineId, rate: Rate, at: DateTime<Utc>) -> Status {
        self.trained_before = self.trained_seconds();
        self.trained_now = 0;
        self.fence = fence;
        self.machine = Some(machine);
        self.rate = Some(rate);
        self.starts += 1;
        self.reason = None;
        self.started_at = self.started_at.or(Some(at));
        if self.phase == Some(Phase::Queued) {
            self.phase = Some(Phase::Running);
        }
        Status::Running
    }

    fn interrupted(&mut self, because: String) -> Status {
        self.interruptions += 1;
        self.machine = None;
        self.reason = Some(because);
        if self.phase == Some(Phase::Running) {
            self.phase = Some(Phase::Queued);
        }
        Status::Queued
    }

    fn charge(&mut self, position: i64, charge: &Charge) {
        self.charged = charge.charged;
        self.trained_now = self.trained_now.max(charge.trained_seconds);
        self.step = self.step.max(charge.step);
        if let Some(checkpoint) = charge.checkpoint {
            self.checkpoint = Some(checkpoint);
            self.checkpoints.push(CheckpointKept {
                position,
                object: checkpoint.object,
                step: checkpoint.step,
                charged: charge.charged,
                at: charge.at,
            });
            let superfluous = self.checkpoints.len().saturating_sub(CHECKPOINTS_MAX);
            self.checkpoints.drain(..superfluous);
        }
    }

    fn over(&mut self, reason: Option<String>, released: Money, at: DateTime<Utc>) {
        self.phase = None;
        self.machine = None;
        self.reason = reason;
        self.released = Some(released);
        self.ended_at = Some(at);
    }
}
