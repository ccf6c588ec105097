//! Orders a job, and pays for it: from the wallet at once, or by card at a checkout.

use std::time::Duration;

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::jobs::{Job, JobCommand, JobError, JobId, Terms, Way};
use domain::objects::{Object, ObjectId};
use domain::payments::PaymentId;
use domain::users::Scope;
use ledger::{BasisPoints, Money};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{Context, Refused};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::estimate::ShownEstimate;
use super::needs::MachineWanted;
use super::order::{FirstWeights, Orderable, Run, model_types};
use super::problems::{
    BUDGET_INVALID, DATASET_NOT_READY, DATASET_UNUSABLE, FUNDS_MISSING, NOT_PENDING, of_job,
};
use super::{Jobs, identity, payable};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::money::Amount;
use crate::objects::Objects;
use crate::parameters::Path;
use crate::payments::Order;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;
use crate::users::Caller;

/// A tenth of what is captured, for everybody; pinned on each order.
const COMMISSION_BASIS_POINTS: u16 = 1_000;
const COMMISSION_POLICY: u32 = 1;
/// What takes longer to fetch than eight seconds is ordered once it is there.
const FETCH_LOOK_EVERY: Duration = Duration::from_millis(100);
const FETCH_LOOKS_MAX: u32 = 80;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(train)).routes(routes!(pay))
}

/// How to pay
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum PayWith {
    #[default]
    #[serde(rename = "card")]
    Card,
    #[serde(rename = "wallet")]
    Wallet,
}

/// A job to be
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJob {
    /// Which model; the cards list them
    #[schema(schema_with = model_types)]
    model_type: String,
    /// A dataset of yours
    #[schema(example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    dataset_id: Option<String>,
    /// Instead: where a dataset can be fetched from, over https
    #[schema(max_length = 2000, example = "https://example.org/iris.csv")]
    dataset_url: Option<String>,
    /// What the model's card lets you set; the rest is the card's default
    #[serde(default)]
    #[schema(value_type = Object)]
    hyperparams: Map<String, Value>,
    /// What the job may cost at most; what the estimate suggests, where nothing is said
    budget: Option<Amount>,
    #[serde(default)]
    pay_with: PayWith,
    /// The card's first choice, where nothing is said
    weights: Option<FirstWeights>,
    /// Of a table: the column of labels, where the guess is wrong
    #[schema(min_length = 1, max_length = 200)]
    label_column: Option<String>,
    /// Of a table: the column of texts, where the guess is wrong
    #[schema(min_length = 1, max_length = 200)]
    text_column: Option<String>,
    /// The same seed, settings and data make the same model on the same machine
    #[schema(maximum = 4_294_967_295_u64)]
    seed: Option<u64>,
    #[serde(default)]
    machine: MachineWanted,
}

/// A job that was ordered
#[derive(Serialize, ToSchema)]
pub struct Ordered {
    #[schema(value_type = String, example = "job_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: JobId,
    /// pending until it is paid for, then queued
    status: &'static str,
    estimate: ShownEstimate,
    /// What is paid now, or held in the wallet; what is not used is given back
    budget: Amount,
    #[schema(value_type = Option<String>)]
    payment: Option<PaymentId>,
    /// Where to pay by card
    checkout_url: Option<String>,
}

/// A checkout
#[derive(Serialize, ToSchema)]
pub struct Checkout {
    #[schema(value_type = String)]
    payment: PaymentId,
    /// Null while the processor takes its time
    checkout_url: Option<String>,
}

/// Order a job
///
/// By card it is pending until the checkout is paid, and is cancelled when that expires; from the
/// wallet it is queued at once. Under the same Idempotency-Key it is the same job.
#[utoipa::path(post, path = "/train", tag = "jobs", operation_id = "train",
    security(("bearer" = [])), request_body = NewJob,
    responses((status = 201, description = "The job, and where to pay for it", body = Ordered,
        links(("status" = (operation_id = "task_status",
            parameters(("unit" = "$response.body#/id"))))))))]
async fn train(
    asked: Asked,
    caller: Caller,
    jobs: Extension<Jobs>,
    objects: Extension<Objects>,
    body: Body<NewJob>,
) -> Result<(StatusCode, Position, Json<Ordered>), ApiError> {
    caller.insist(Scope::JobsWrite)?;
    let Body { value: new, bytes } = body;
    let way = match new.pay_with {
        PayWith::Card => Way::Card,
        PayWith::Wallet => Way::Wallet,
    };
    let context = asked.context(&caller.actor(), &bytes);
    let job = JobId::new(asked.id(&caller.actor()));
    let dataset_id = match (&new.dataset_id, &new.dataset_url) {
        (Some(id), None) => id.clone(),
        (None, Some(url)) => fetched(&objects, &caller, job, url, &context).await?,
        (None, None) => return Err(wrong_dataset("Name a dataset of yours.")),
        (Some(_), Some(_)) => {
            return Err(wrong_dataset("Send dataset_id or dataset_url, not both."));
        }
    };
    let (said, run) = new.run(dataset_id);
    let run = jobs.orderable(&objects, caller.user(), run).await?;
    let budget = match said {
        Some(Amount(budget)) => payable(budget, "budget")?,
        None => run.budget_suggested(),
    };
    if way == Way::Card {
        jobs.payments().judge(budget).map_err(|refusal| {
            let is_about_budget = refusal.kind().status == StatusCode::UNPROCESSABLE_ENTITY;
            if is_about_budget {
                let detail = "A card pays from 0.50 to 999999.99 USD, in whole cents.";
                ApiError::new(&BUDGET_INVALID)
                    .detail(detail)
                    .field("budget")
            } else {
                refusal
            }
        })?;
    }
    let estimate = ShownEstimate::from(&run.estimate);
    let terms = Box::new(run.terms(&caller)?);
    let command = JobCommand::Order {
        terms,
        budget,
        way,
        at: jobs.now(),
    };
    let placed = jobs.place(job, command, &context).await?;
    let (payment, checkout_url) = match way {
        Way::Wallet => (None, None),
        Way::Card => {
            let opened = jobs.checkout(job, &caller, budget, &context).await?;
            (Some(opened.payment), opened.checkout_url)
        }
    };
    let ordered = Ordered {
        id: job,
        status: match way {
            Way::Card => "pending",
            Way::Wallet => "queued",
        },
        estimate,
        budget: budget.into(),
        payment,
        checkout_url,
    };
    Ok((StatusCode::CREATED, Position(placed), Json(ordered)))
}

/// Where to pay for a pending job
#[utoipa::path(post, path = "/v1/jobs/{job}/pay", tag = "jobs", operation_id = "pay_job",
    security(("bearer" = [])), params(("job" = String, Path, description = "Which job")),
    responses((status = 200, description = "The checkout", body = Checkout)))]
async fn pay(
    asked: Asked,
    caller: Caller,
    jobs: Extension<Jobs>,
    Path(job): Path<String>,
) -> Result<Json<Checkout>, ApiError> {
    caller.insist(Scope::JobsWrite)?;
    let job = identity(&job)?;
    let budget = match jobs.look(job, &caller).await? {
        Job::Pending { budget, .. } => budget,
        Job::Unordered | Job::Active { .. } | Job::Over { .. } => {
            return Err(ApiError::new(&NOT_PENDING).detail("There is nothing to pay."));
        }
    };
    let context = asked.context(&caller.actor(), b"");
    let opened = jobs.checkout(job, &caller, budget, &context).await?;
    Ok(Json(opened))
}

impl NewJob {
    /// What it may cost, if that was said, and what is to be trained.
    fn run(self, dataset_id: String) -> (Option<Amount>, Run) {
        let run = Run {
            model_type: self.model_type,
            dataset_id,
            hyperparams: self.hyperparams,
            weights: self.weights,
            label_column: self.label_column,
            text_column: self.text_column,
            seed: self.seed,
            machine: self.machine,
        };
        (self.budget, run)
    }
}

fn wrong_dataset(detail: &'static str) -> ApiError {
    ApiError::new(&kinds::BODY_INVALID)
        .detail(detail)
        .field("dataset_id")
}

/// Fetches the dataset that an order names by its address, and waits, but not for long, until it
/// has been looked into. Its name follows from the job's, so the same order asked for again under
/// its key finds it.
async fn fetched(
    objects: &Objects,
    caller: &Caller,
    job: JobId,
    url: &str,
    context: &Context,
) -> Result<String, ApiError> {
    let dataset = ObjectId::new(job.uuid());
    if matches!(objects.object(dataset).await?, Object::Absent) {
        let context = context.clone().without_key();
        objects
            .import(dataset, caller.user(), url, None, &context)
            .await
            .map_err(|refusal| refusal.field("dataset_url"))?;
    }
    for _ in 0..FETCH_LOOKS_MAX {
        match objects.object(dataset).await? {
            Object::Stored {
                inspected: Some(_), ..
            } => return Ok(dataset.to_string()),
            Object::Over { .. } => {
                return Err(ApiError::new(&DATASET_UNUSABLE)
                    .detail("The source broke off before all of it came.")
                    .field("dataset_url"));
            }
            Object::Absent | Object::Open(_) | Object::Stored { .. } => {
                tokio::time::sleep(FETCH_LOOK_EVERY).await;
            }
        }
    }
    let detail = format!("It is being fetched; order again in a moment with dataset_id {dataset}.");
    Err(ApiError::new(&DATASET_NOT_READY)
        .detail(detail)
        .field("dataset_url")
        .retry_after(5))
}

impl Orderable {
    pub fn terms(self, caller: &Caller) -> Result<Terms, ApiError> {
        let points = BasisPoints::try_new(COMMISSION_BASIS_POINTS).map_err(ApiError::internal)?;
        Ok(Terms {
            customer: caller.user(),
            model: self.model,
            card_version: self.model.card().version,
            hyperparams: self.settings,
            weights: self.weights,
            seed: self.seed,
            dataset: self.dataset,
            format: self.format,
            label_column: self.label_column,
            text_column: self.text_column,
            needs: self.needs,
            seconds_expected: self.work.seconds,
            estimate: self.estimate,
            commission_basis_points: points,
            commission_policy: COMMISSION_POLICY,
        })
    }
}

impl Jobs {
    pub(crate) async fn place(
        &self,
        job: JobId,
        command: JobCommand,
        context: &Context,
    ) -> Result<i64, ApiError> {
        let id = job.to_string();
        match self.commands().begin(&id, command, context).await {
            Ok(placed) => Ok(placed.position),
            Err(Refused::InsufficientFunds { .. }) => Err(ApiError::new(&FUNDS_MISSING)
                .detail("Top up the wallet, lower the budget, or send pay_with \"card\".")
                .field("budget")),
            Err(refusal) => Err(refused(refusal, of_job)),
        }
    }

    /// The payment of a job has the job's own UUID, so there is one however often it is asked for.
    async fn checkout(
        &self,
        job: JobId,
        caller: &Caller,
        budget: Money,
        context: &Context,
    ) -> Result<Checkout, ApiError> {
        let payment = PaymentId::new(job.uuid());
        let context = context.clone().without_key();
        let command = JobCommand::OpenPayment {
            payment,
            at: self.now(),
        };
        let id = job.to_string();
        match self.commands().execute(&id, command, &context).await {
            Ok(_) | Err(Refused::Domain(JobError::Over)) => {}
            Err(refusal) => return Err(refused(refusal, of_job)),
        }
        let order = Order::try_new(id).map_err(ApiError::internal)?;
        let opened = self
            .payments()
            .open(payment, caller.user(), budget, Some(order), &context)
            .await?;
        Ok(Checkout {
            payment: opened.payment,
            checkout_url: opened.checkout_url,
        })
    }
}
