//! What a job that is paid for decides, and how an event changes it.

use chrono::{DateTime, Utc};
use ledger::Money;

use super::same_terms;
use super::{Account, Job, Phase};
use crate::jobs::commands::{JobCommand, JobError, Outcome, Reading};
use crate::jobs::events::{CancelledBecause, Charge, JobEvent, PausedBecause};

impl Account {
    pub(super) fn decide(
        &self,
        phase: Phase,
        command: JobCommand,
    ) -> Result<Vec<JobEvent>, JobError> {
        use JobCommand as C;
        match command {
            C::Order { terms, .. } => same_terms(&self.terms, &terms),
            C::OpenPayment { .. } | C::Fund { .. } | C::FundsMissing { .. } | C::Lapse { .. } => {
                Ok(vec![])
            }
            C::Start {
                fence,
                machine,
                rate,
                at,
            } => Ok(match self.lease {
                Some((last, _)) if last >= fence => vec![],
                _ => vec![JobEvent::Started {
                    fence,
                    machine,
                    rate,
                    at,
                }],
            }),
            C::Interrupt { fence, because, at } => Ok(match self.lease {
                Some((last, _)) if last == fence && phase != Phase::Queued => {
                    vec![JobEvent::Interrupted { fence, because, at }]
                }
                _ => vec![],
            }),
            C::Charge(reading) => self.charge(&reading),
            C::Settle { reading, outcome } => self.settle(phase, &reading, outcome),
            C::Pause { at } => match phase {
                Phase::Queued | Phase::Running => Ok(vec![JobEvent::PauseAsked { at }]),
                Phase::Pausing | Phase::Paused(_) => Ok(vec![]),
                Phase::Cancelling(_) => Err(JobError::Cancelling),
            },
            C::Resume { at } => self.resume(phase, at),
            C::RaiseBudget { to, at } => self.raise(phase, to, at),
            C::Cancel { because, at } => Ok(match phase {
                Phase::Queued | Phase::Running | Phase::Pausing => {
                    vec![JobEvent::CancelAsked { because, at }]
                }
                Phase::Paused(_) => vec![self.cancelled(self.charged, because, at)?],
                Phase::Cancelling(_) => vec![],
            }),
        }
    }

    fn resume(&self, phase: Phase, at: DateTime<Utc>) -> Result<Vec<JobEvent>, JobError> {
        match phase {
            Phase::Paused(PausedBecause::Asked) => Ok(vec![JobEvent::Resumed {
                budget: self.budget,
                at,
            }]),
            Phase::Paused(PausedBecause::Budget) => Err(JobError::BudgetUsedUp),
            Phase::Queued | Phase::Running => Ok(vec![]),
            Phase::Pausing => Err(JobError::NotPaused),
            Phase::Cancelling(_) => Err(JobError::Cancelling),
        }
    }

    /// A job that stopped for its budget goes on as soon as there is more of it.
    fn raise(&self, phase: Phase, to: Money, at: DateTime<Utc>) -> Result<Vec<JobEvent>, JobError> {
        if matches!(phase, Phase::Cancelling(_)) {
            return Err(JobError::Cancelling);
        }
        let by = to.checked_sub(self.budget)?;
        if by.is_negative() {
            return Err(JobError::BudgetNotRaised);
        }
        if by.is_zero() {
            return Ok(vec![]);
        }
        let mut events = vec![JobEvent::BudgetRaised {
            customer: self.terms.customer,
            by,
            budget: to,
            at,
        }];
        if phase == Phase::Paused(PausedBecause::Budget) {
            events.push(JobEvent::Resumed { budget: to, at });
        }
        Ok(events)
    }

    /// Charges what the work costs beyond what was charged before; an old reading costs nothing.
    fn charge(&self, reading: &Reading) -> Result<Vec<JobEvent>, JobError> {
        let amount = reading.spent.checked_sub(self.charged)?;
        if !amount.is_positive() {
            return Ok(vec![]);
        }
        if self.budget.checked_sub(reading.spent)?.is_negative() {
            return Err(JobError::BeyondBudget);
        }
        let provider = reading.provider.ok_or(JobError::NoProvider)?;
        let rate = match self.lease {
            Some((fence, rate)) if fence == reading.fence => rate,
            _ => return Err(JobError::NoProvider),
        };
        let points = self.terms.commission_basis_points;
        Ok(vec![JobEvent::Charged(Box::new(Charge {
            customer: self.terms.customer,
            provider,
            amount,
            split: points.deduct(self.charged, amount)?,
            commission_basis_points: points,
            charged: reading.spent,
            fence: reading.fence,
            rate,
            trained_seconds: reading.trained_seconds,
            step: reading.step,
            checkpoint: reading.checkpoint,
            at: reading.at,
        }))])
    }

    fn settle(
        &self,
        phase: Phase,
        reading: &Reading,
        outcome: Outcome,
    ) -> Result<Vec<JobEvent>, JobError> {
        let mut events = self.charge(reading)?;
        let charged = if events.is_empty() {
            self.charged
        } else {
            reading.spent
        };
        let (customer, at) = (self.terms.customer, reading.at);
        let released = self.budget.checked_sub(charged)?;
        let end = match (outcome, phase) {
            (Outcome::Done { artifact, metrics }, _) => JobEvent::Done {
                customer,
                artifact,
                metrics,
                released,
                at,
            },
            (Outcome::Failed { because, detail }, _) => JobEvent::Failed {
                customer,
                because,
                detail,
                released,
                at,
            },
            // Whoever asked for the end gets it, even if the machine stopped for another reason.
            (Outcome::Paused(_) | Outcome::Cancelled, Phase::Cancelling(because)) => {
                self.cancelled(charged, because, at)?
            }
            (Outcome::Paused(_), Phase::Paused(_)) => return Ok(events),
            // The machine stopped for a budget that had just been raised.
            (Outcome::Paused(PausedBecause::Budget), _) if self.raised => {
                events.push(JobEvent::Paused {
                    because: PausedBecause::Budget,
                    at,
                });
                JobEvent::Resumed {
                    budget: self.budget,
                    at,
                }
            }
            (Outcome::Paused(because), _) => JobEvent::Paused { because, at },
            (Outcome::Cancelled, _) => self.cancelled(charged, CancelledBecause::Asked, at)?,
        };
        events.push(end);
        Ok(events)
    }

    fn cancelled(
        &self,
        charged: Money,
        because: CancelledBecause,
        at: DateTime<Utc>,
    ) -> Result<JobEvent, JobError> {
        Ok(JobEvent::Cancelled {
            customer: self.terms.customer,
            because,
            released: self.budget.checked_sub(charged)?,
            at,
        })
    }

    pub(super) fn apply(mut self, phase: Phase, event: JobEvent) -> Job {
        let phase = match event {
            JobEvent::Started { fence, rate, .. } => {
                self.lease = Some((fence, rate));
                self.raised = false;
                match phase {
                    Phase::Queued => Phase::Running,
                    other => other,
                }
            }
            JobEvent::Charged(charge) => {
                self.charged = charge.charged;
                phase
            }
            JobEvent::Interrupted { .. } => match phase {
                Phase::Running => Phase::Queued,
                other => other,
            },
            JobEvent::PauseAsked { .. } => Phase::Pausing,
            JobEvent::Paused { because, .. } => Phase::Paused(because),
            JobEvent::Resumed { .. } => Phase::Queued,
            JobEvent::BudgetRaised { budget, .. } => {
                self.budget = budget;
                self.raised = true;
                phase
            }
            JobEvent::CancelAsked { because, .. } => Phase::Cancelling(because),
            JobEvent::Done { .. } | JobEvent::Failed { .. } => return self.over(false),
            JobEvent::Cancelled { .. } => return self.over(true),
            // None of these follows an order that is paid for.
            JobEvent::Ordered { .. }
            | JobEvent::PaymentOpened { .. }
            | JobEvent::Funded { .. }
            | JobEvent::FundsMissing { .. } => phase,
        };
        Job::Active {
            account: self,
            phase,
        }
    }

    fn over(self, cancelled: bool) -> Job {
        Job::Over {
            terms: self.terms,
            charged: self.charged,
            cancelled,
        }
    }
}
