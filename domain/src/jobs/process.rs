//! Which commands follow which events: a job's, its payment's and its unit's.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::JobId;
use super::commands::{JobCommand, Outcome, Reading};
use super::events::{FailedBecause, InterruptedBecause, JobEvent, LapsedBecause, PausedBecause};
use super::terms::Terms;
use crate::cards::Accepts;
use crate::payments::{PaymentEvent, PaymentId};
use crate::work::{
    self, FailedCause, Holding, Input, OrderReference, ReturnedBecause, Spec, StoppedBecause,
    UnitCommand, UnitEvent, UnitId, Want,
};

/// Nobody's jobs weigh more than another's.
const WEIGHT: u32 = 1;

/// The one unit that does a job's work.
pub const fn unit_of(job: JobId) -> UnitId {
    UnitId::new(job.uuid())
}

/// Whose work a unit does, if it is a job's.
pub fn job_of(order: &OrderReference) -> Option<JobId> {
    order.as_str().parse().ok()
}

/// What a job's event asks of its unit.
pub fn after_job(job: JobId, event: &JobEvent) -> Option<(UnitId, UnitCommand)> {
    let command = match event {
        JobEvent::Funded { terms, held, at } => UnitCommand::Enqueue {
            terms: std::sync::Arc::new(ordered(job, terms, *held)?),
            at: *at,
        },
        JobEvent::PauseAsked { at } => ask(Want::Pause, *at),
        JobEvent::CancelAsked { at, .. } => ask(Want::Cancel, *at),
        JobEvent::Resumed { budget, at } => UnitCommand::Resume {
            budget: *budget,
            at: *at,
        },
        JobEvent::BudgetRaised { budget, at, .. } => UnitCommand::RaiseBudget {
            to: *budget,
            at: *at,
        },
        JobEvent::Ordered { .. }
        | JobEvent::PaymentOpened { .. }
        | JobEvent::FundsMissing { .. }
        | JobEvent::Started { .. }
        | JobEvent::Charged(_)
        | JobEvent::Interrupted { .. }
        | JobEvent::Paused { .. }
        | JobEvent::Done { .. }
        | JobEvent::Failed { .. }
        | JobEvent::Cancelled { .. } => return None,
    };
    Some((unit_of(job), command))
}

const fn ask(want: Want, at: DateTime<Utc>) -> UnitCommand {
    UnitCommand::Ask { want, at }
}

/// What the machine is to do, and on what terms.
fn ordered(job: JobId, terms: &Terms, held: ledger::Money) -> Option<work::Terms> {
    Some(work::Terms {
        order: OrderReference::try_new(job.to_string()).ok()?,
        customer: terms.customer,
        needs: terms.needs.clone(),
        budget: held,
        weight: WEIGHT,
        seconds_expected: terms.seconds_expected,
        spec: Spec::try_new(Value::Object(spec(terms))).ok()?,
        inputs: vec![Input {
            name: dataset_name(terms.format).to_owned(),
            object: terms.dataset,
        }],
        checkpoint: None,
        commission_basis_points: terms.commission_basis_points,
    })
}

fn spec(terms: &Terms) -> Map<String, Value> {
    let text = |value: &Option<String>| value.as_deref().map(Value::from);
    let weights = serde_json::to_value(terms.weights).unwrap_or_default();
    let settings = terms.hyperparams.to_json(terms.model.card());
    [
        ("model_type", Some(Value::from(terms.model.name()))),
        ("hyperparams", Some(Value::Object(settings))),
        ("weights", Some(weights)),
        ("seed", Some(Value::from(terms.seed))),
        ("label_column", text(&terms.label_column)),
        ("text_column", text(&terms.text_column)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// The trainer knows the form of the data by the ending.
const fn dataset_name(format: Accepts) -> &'static str {
    match format {
        Accepts::Csv => "dataset.csv",
        Accepts::ImageFolders => "dataset.zip",
        Accepts::Cifar10 => "dataset.cifar10",
    }
}

/// What a payment's event asks of the job that it was opened for, if it was opened for one.
pub fn after_payment(payment: PaymentId, event: &PaymentEvent) -> Option<(JobId, JobCommand)> {
    let lapse = |because, at| JobCommand::Lapse {
        payment,
        because,
        at,
    };
    let (order, command) = match event {
        PaymentEvent::Paid(paid) => (paid.order.as_ref(), JobCommand::Fund { at: paid.at }),
        PaymentEvent::Expired { order, at } => {
            (order.as_ref(), lapse(LapsedBecause::PaymentExpired, *at))
        }
        PaymentEvent::Failed { order, at, .. } => {
            (order.as_ref(), lapse(LapsedBecause::PaymentFailed, *at))
        }
        PaymentEvent::Requested(_)
        | PaymentEvent::CheckoutOpened(_)
        | PaymentEvent::Processing { .. }
        | PaymentEvent::RefundRequested(_)
        | PaymentEvent::RefundSent { .. }
        | PaymentEvent::RefundSucceeded(_)
        | PaymentEvent::RefundFailed(_)
        | PaymentEvent::DisputeOpened { .. }
        | PaymentEvent::DisputeWithdrawn(_)
        | PaymentEvent::DisputeReinstated(_)
        | PaymentEvent::DisputeLost(_)
        | PaymentEvent::DisputeClosed { .. } => return None,
    };
    Some((order?.as_str().parse().ok()?, command))
}

/// What a unit's event asks of the job whose work it is, if it is a job's.
pub fn after_unit(event: &UnitEvent) -> Option<(JobId, JobCommand)> {
    match event {
        UnitEvent::Enqueued { .. }
        | UnitEvent::Asked { .. }
        | UnitEvent::Resumed { .. }
        | UnitEvent::BudgetRaised { .. } => None,
        UnitEvent::Leased {
            order,
            holding,
            rate,
            at,
            ..
        } => {
            let command = JobCommand::Start {
                fence: holding.fence,
                machine: holding.machine,
                rate: *rate,
                at: *at,
            };
            Some((job_of(order)?, command))
        }
        UnitEvent::Returned {
            order,
            holding,
            because,
            at,
            ..
        } => {
            let command = JobCommand::Interrupt {
                fence: holding.fence,
                because: interrupted(*because),
                at: *at,
            };
            Some((job_of(order)?, command))
        }
        UnitEvent::Progressed {
            order,
            holding,
            checkpoint,
            trained_seconds,
            spent,
            at,
            ..
        } => {
            let mut reading = reading(Some(holding), *spent, *at);
            reading.checkpoint = Some(*checkpoint);
            reading.step = checkpoint.step;
            reading.trained_seconds = *trained_seconds;
            Some((job_of(order)?, JobCommand::Charge(reading)))
        }
        UnitEvent::Completed { .. } | UnitEvent::Failed { .. } | UnitEvent::Stopped { .. } => {
            settle(event)
        }
    }
}

/// The work is over, at least for now.
fn settle(event: &UnitEvent) -> Option<(JobId, JobCommand)> {
    let (order, reading, outcome) = match event {
        UnitEvent::Completed {
            order,
            holding,
            artifact,
            step,
            trained_seconds,
            spent,
            metrics,
            at,
            ..
        } => {
            let mut reading = reading(Some(holding), *spent, *at);
            reading.step = *step;
            reading.trained_seconds = *trained_seconds;
            let outcome = Outcome::Done {
                artifact: *artifact,
                metrics: metrics.clone().into(),
            };
            (order, reading, outcome)
        }
        UnitEvent::Failed {
            order,
            holding,
            cause,
            detail,
            trained_seconds,
            spent,
            at,
            ..
        } => {
            let mut reading = reading(Some(holding), *spent, *at);
            reading.trained_seconds = *trained_seconds;
            let outcome = Outcome::Failed {
                because: failed(*cause),
                detail: detail.as_str().to_owned(),
            };
            (order, reading, outcome)
        }
        UnitEvent::Stopped {
            order,
            holding,
            because,
            checkpoint,
            spent,
            at,
        } => {
            let mut reading = reading(holding.as_ref(), *spent, *at);
            reading.checkpoint = *checkpoint;
            reading.step = checkpoint.map_or(0, |checkpoint| checkpoint.step);
            (order, reading, stopped(*because))
        }
        UnitEvent::Enqueued { .. }
        | UnitEvent::Leased { .. }
        | UnitEvent::Progressed { .. }
        | UnitEvent::Asked { .. }
        | UnitEvent::Returned { .. }
        | UnitEvent::Resumed { .. }
        | UnitEvent::BudgetRaised { .. } => return None,
    };
    Some((job_of(order)?, JobCommand::Settle { reading, outcome }))
}

fn reading(holding: Option<&Holding>, spent: ledger::Money, at: DateTime<Utc>) -> Reading {
    Reading {
        provider: holding.map(|holding| holding.provider),
        fence: holding.map_or(0, |holding| holding.fence),
        spent,
        step: 0,
        trained_seconds: 0,
        checkpoint: None,
        at,
    }
}

const fn stopped(because: StoppedBecause) -> Outcome {
    match because {
        StoppedBecause::Paused => Outcome::Paused(PausedBecause::Asked),
        StoppedBecause::Allowance => Outcome::Paused(PausedBecause::Budget),
        StoppedBecause::Cancelled => Outcome::Cancelled,
    }
}

const fn interrupted(because: ReturnedBecause) -> InterruptedBecause {
    match because {
        ReturnedBecause::Lost | ReturnedBecause::Time => InterruptedBecause::MachineLost,
        ReturnedBecause::Draining => InterruptedBecause::MachineDraining,
        ReturnedBecause::Machine | ReturnedBecause::Network => InterruptedBecause::MachineFailed,
        ReturnedBecause::OutOfMemory => InterruptedBecause::OutOfMemory,
        ReturnedBecause::Trainer => InterruptedBecause::TrainerFailed,
    }
}

const fn failed(cause: FailedCause) -> FailedBecause {
    match cause {
        FailedCause::BadData => FailedBecause::BadData,
        FailedCause::Trainer => FailedBecause::Trainer,
        FailedCause::OutOfMemory => FailedBecause::OutOfMemory,
        FailedCause::Time => FailedBecause::Time,
        FailedCause::Machines => FailedBecause::Machines,
    }
}
