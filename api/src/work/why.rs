//! Tells a customer why a unit is where it is, or why it still waits.

use axum::{Extension, Json};
use dispatch::{Seen, Verdict, Why};
use domain::work::{Because, MachineId, Unfit, UnitId};
use ledger::Money;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Work;
use crate::api::Routes;
use crate::parameters::Path;
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, rfc3339, unread};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(why))
}

/// Where a unit stands
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhyStatus {
    Waiting,
    Leased,
    Over,
}

/// What stands against a machine
#[derive(Debug, Serialize, ToSchema)]
pub struct WhyMachine {
    #[schema(value_type = String, example = "machine_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    machine: MachineId,
    /// `fits`, `not-asking`, `busy`, `draining`, or what it lacks: `runtime`, `isolation`,
    /// `gpu-memory`, `gpu-model`, `memory`, `region`, `not-verified`, `too-dear`, `currency`,
    /// `own-machine`, `excluded`, `nothing-left`
    #[schema(example = "gpu-memory")]
    verdict: String,
    /// The same, for a person
    #[schema(example = "Its GPU has too little memory.")]
    says: &'static str,
}

/// The choice of a machine, in so few numbers that it can be made again
#[derive(Debug, Serialize, ToSchema)]
pub struct WhyDecision {
    #[schema(value_type = String, example = "machine_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    machine: MachineId,
    /// The version of the rule
    rule: u32,
    /// How many machines waited that could have had it
    candidates: u32,
    /// What it was expected to cost there, until its end
    #[schema(value_type = Object, example = json!({ "amount": "0.42", "currency": "USD" }))]
    score: Money,
    /// `only-one`, `cheapest`, `turn` or `longest-waiting`
    #[schema(example = "cheapest")]
    because: &'static str,
    /// Since when the machine has it
    #[schema(format = DateTime)]
    since: String,
}

/// Why a unit is where it is
#[derive(Debug, Serialize, ToSchema)]
pub struct WhyTask {
    status: WhyStatus,
    /// In a sentence
    says: String,
    /// How many units with the same needs have waited for longer
    ahead: Option<usize>,
    /// How many units have the same needs
    in_line: Option<usize>,
    /// How many customers' turns come before
    customers_before: Option<usize>,
    /// How many machines are there at all
    machines_there: Option<usize>,
    /// What stands against each, up to a hundred
    machines: Vec<WhyMachine>,
    decision: Option<WhyDecision>,
}

/// Why a unit is where it is
#[utoipa::path(get, path = "/v1/tasks/{unit}/why", tag = "work", operation_id = "why_task",
    security(("bearer" = [])), params(("unit" = String, Path, description = "Which unit")),
    responses((status = 200, description = "Why", body = WhyTask)))]
async fn why(
    caller: Caller,
    work: Extension<Work>,
    Path(unit): Path<String>,
) -> Result<Json<WhyTask>, ApiError> {
    let (unit, _) = work.own(&caller, &unit).await?;
    Ok(Json(work.why(unit).await?))
}

impl Work {
    /// Why a unit is where it is, for whoever may know it.
    pub async fn why(&self, unit: UnitId) -> Result<WhyTask, ApiError> {
        let why = self.dispatcher().why(unit).await.map_err(unread)?;
        Ok(match why {
            Why::Nothing => return Err(ApiError::new(&kinds::NOT_FOUND)),
            Why::Over => WhyTask::of(WhyStatus::Over, "It is over.".to_owned()),
            Why::Leased {
                machine,
                since,
                decision,
                ..
            } => WhyTask {
                decision: Some(WhyDecision {
                    machine,
                    rule: decision.rule,
                    candidates: decision.candidates,
                    score: decision.score,
                    because: because(decision.because).0,
                    since: rfc3339(since),
                }),
                ..WhyTask::of(
                    WhyStatus::Leased,
                    format!("{machine} has it. {}", because(decision.because).1),
                )
            },
            Why::Waits {
                place,
                machines,
                machines_there,
                ..
            } => WhyTask {
                ahead: place.map(|it| it.ahead),
                in_line: place.map(|it| it.length),
                customers_before: place.map(|it| it.customers_before),
                machines_there: Some(machines_there),
                ..WhyTask::of(WhyStatus::Waiting, waiting(&machines).to_owned())
            }
            .with(machines),
        })
    }
}

impl WhyTask {
    const fn of(status: WhyStatus, says: String) -> Self {
        Self {
            status,
            says,
            ahead: None,
            in_line: None,
            customers_before: None,
            machines_there: None,
            machines: Vec::new(),
            decision: None,
        }
    }

    fn with(mut self, machines: Vec<Seen>) -> Self {
        let shown = machines.into_iter().map(|seen| {
            let (verdict, says) = verdict(seen.verdict);
            WhyMachine {
                machine: seen.machine,
                verdict: verdict.to_owned(),
                says,
            }
        });
        self.machines = shown.collect();
        self
    }
}

fn waiting(machines: &[Seen]) -> &'static str {
    let any = |is: fn(Verdict) -> bool| machines.iter().any(|it| is(it.verdict));
    if machines.is_empty() {
        "It waits: no machine is there."
    } else if any(|it| it == Verdict::Fits) {
        "It is about to go to a machine."
    } else if any(|it| matches!(it, Verdict::Busy)) {
        "It waits for a machine that has other work."
    } else if any(|it| matches!(it, Verdict::NotAsking | Verdict::Draining)) {
        "It waits: the machines that could have it do not ask for work."
    } else {
        "It waits: no machine that is there can have it."
    }
}

const fn because(because: Because) -> (&'static str, &'static str) {
    match because {
        Because::OnlyOne => (
            "only-one",
            "No other machine waited that could have had it.",
        ),
        Because::Cheapest => (
            "cheapest",
            "Of the machines that waited it was expected to cost the least there.",
        ),
        Because::Turn => (
            "turn",
            "The machine asked for work, and it was this customer's turn.",
        ),
        Because::LongestWaiting => (
            "longest-waiting",
            "The machine asked for work, and nothing that it could have had waited for longer.",
        ),
    }
}

const fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Fits => ("fits", "It can have the unit."),
        Verdict::NotAsking => (
            "not-asking",
            "It could have the unit, but does not ask for work.",
        ),
        Verdict::Busy => ("busy", "It has other work."),
        Verdict::Draining => ("draining", "It takes no more work."),
        Verdict::Unfit(unfit) => match unfit {
            Unfit::Runtime => ("runtime", "It cannot train this type of model."),
            Unfit::Isolation => (
                "isolation",
                "It cannot keep programs apart as is asked for.",
            ),
            Unfit::GpuMemory => ("gpu-memory", "Its GPU has too little memory."),
            Unfit::GpuModel => ("gpu-model", "Its GPU is of another model."),
            Unfit::Memory => ("memory", "It has too little memory."),
            Unfit::Region => ("region", "It stands in another region."),
            Unfit::NotVerified => ("not-verified", "Nobody has verified it."),
            Unfit::TooDear => ("too-dear", "It costs more than was agreed to."),
            Unfit::Currency => ("currency", "It is paid in another currency."),
            Unfit::OwnMachine => ("own-machine", "It belongs to the customer."),
            Unfit::Excluded => ("excluded", "It lost the unit not long ago."),
            Unfit::NothingLeft => (
                "nothing-left",
                "What is left to spend buys no second there.",
            ),
        },
    }
}
