//! A job as its customer sees it.

use domain::cards::Card;
use domain::jobs::{Action, Phase, Status, Way, actions};
use projections::jobs::{Details, JobRow};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::estimate::ShownEstimate;
use crate::money::Amount;
use crate::users::rfc3339;

/// How far a job has come, durably
#[derive(Serialize, ToSchema)]
pub struct ShownProgress {
    /// The last step that is kept
    step: u64,
    /// Of training that is kept, on all machines together
    trained_seconds: u64,
    /// How often a machine began with it
    starts: u64,
    /// How often a machine was lost or let go of it; never charged
    interruptions: u64,
}

/// A job
#[derive(Serialize, ToSchema)]
pub struct ShownJob {
    #[schema(example = "job_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    /// pending, queued, running, done or error
    #[schema(example = "running")]
    status: &'static str,
    /// Why it stands where it stands, where that is not plain
    reason: Option<String>,
    detail: Option<String>,
    /// What may be done next; whatever is not here is refused
    #[schema(value_type = Vec<String>, example = json!(["pause", "raise-budget", "cancel"]))]
    actions: Value,
    model_type: &'static str,
    card_version: u32,
    dataset_id: String,
    #[schema(value_type = Object)]
    hyperparams: Value,
    #[schema(value_type = String, example = "scratch")]
    weights: Value,
    seed: u64,
    estimate: ShownEstimate,
    /// card or wallet
    pay_with: &'static str,
    payment: Option<String>,
    budget: Amount,
    charged: Amount,
    /// What was given back at the end
    released: Option<Amount>,
    progress: ShownProgress,
    machine: Option<String>,
    /// What an hour costs on the machine
    rate: Option<String>,
    #[schema(value_type = Object)]
    metrics: Value,
    ordered_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    updated_at: String,
}

/// What the customer may do, as the wire has it.
pub fn shown_actions(status: Status, phase: Option<Phase>) -> Value {
    let open: &[Action] = actions(status, phase);
    json!(open)
}

/// Why a job stands where it stands.
pub fn reason(status: Status, details: &Details) -> Option<String> {
    if let Some(reason) = &details.reason {
        return Some(reason.clone());
    }
    let said = match (status, details.phase) {
        (Status::Pending, _) if details.funds_missing => "funds-missing",
        (Status::Pending, _) => "awaiting-payment",
        (Status::Queued, Some(Phase::Queued)) => "waiting-for-a-machine",
        (_, Some(Phase::Pausing)) => "pausing",
        (_, Some(Phase::Cancelling(_))) => "cancelling",
        _ => return None,
    };
    Some(said.to_owned())
}

impl ShownProgress {
    pub fn of(details: &Details) -> Self {
        Self {
            step: details.step,
            trained_seconds: details.trained_seconds(),
            starts: details.starts,
            interruptions: details.interruptions,
        }
    }
}

impl ShownJob {
    pub fn of(row: JobRow) -> Self {
        let reason = reason(row.status, &row.details);
        let actions = shown_actions(row.status, row.details.phase);
        let details = row.details;
        let terms = &details.terms;
        let card: &Card = terms.model.card();
        Self {
            id: row.job.to_string(),
            status: row.status.name(),
            reason,
            actions,
            model_type: terms.model.name(),
            card_version: terms.card_version,
            dataset_id: terms.dataset.to_string(),
            hyperparams: Value::Object(terms.hyperparams.to_json(card)),
            weights: json!(terms.weights),
            seed: terms.seed,
            estimate: (&terms.estimate).into(),
            pay_with: match details.way {
                Way::Card => "card",
                Way::Wallet => "wallet",
            },
            payment: details.payment.map(|payment| payment.to_string()),
            budget: details.budget.into(),
            charged: details.charged.into(),
            released: details.released.map(Amount::from),
            progress: ShownProgress::of(&details),
            machine: details.machine.map(|machine| machine.to_string()),
            rate: details.rate.map(|rate| rate.price().to_string()),
            metrics: json!(details.metrics),
            ordered_at: rfc3339(row.ordered_at),
            started_at: details.started_at.map(rfc3339),
            ended_at: details.ended_at.map(rfc3339),
            updated_at: rfc3339(row.updated_at),
            detail: details.detail,
        }
    }
}
