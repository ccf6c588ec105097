//! A job of ours as OpenAI shows one.

use chrono::{DateTime, TimeDelta, Utc};
use domain::cards::Card;
use domain::jobs::{FailedBecause, JobId, Phase, Status};
use domain::users::{Scope, UserId};
use domain::work::UnitId;
use projections::jobs::{self as read, Details, JobRow};
use projections::work::reports::{self, PROGRESS};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::choices;
use super::labels::{Labelled, Labels, Metadata};
use super::owned::OwnJob;
use super::{ids, models, settled};
use crate::api::Api;
use crate::jobs::Jobs;
use crate::money::Amount;
use crate::objects::Objects;
use crate::problem::ApiError;

/// Why a job failed
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiJobError)]
pub struct JobError {
    code: String,
    message: String,
    /// `training_file`, where that is to blame
    param: Option<&'static str>,
}

/// How it was trained
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiJobMethod)]
pub struct ShownMethod {
    #[serde(rename = "type")]
    kind: &'static str,
    supervised: ShownSupervised,
}

/// What it was trained with
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiJobSupervised)]
pub struct ShownSupervised {
    hyperparameters: choices::Shown,
}

/// What there is to know beside what OpenAI shows
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiJobOurs)]
pub struct Ours {
    /// The same job in our own API
    #[schema(value_type = String)]
    job: JobId,
    budget: Amount,
    charged: Amount,
    /// Everything that it is trained with, by the names of the card
    #[schema(value_type = Object)]
    hyperparams: Value,
    #[schema(value_type = String)]
    weights: Value,
    #[schema(value_type = Object)]
    metrics: Value,
}

/// A job
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiJob)]
pub struct FineTuningJob {
    #[schema(example = "ftjob-01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    pub id: String,
    #[schema(example = "fine_tuning.job")]
    object: &'static str,
    created_at: i64,
    finished_at: Option<i64>,
    /// While it runs, as its machine expects it
    estimated_finish: Option<i64>,
    error: Option<JobError>,
    #[schema(example = "tabular")]
    model: &'static str,
    /// Once it has succeeded
    fine_tuned_model: Option<String>,
    organization_id: String,
    /// `validating_files` until it is paid for, then `queued`, `running`, `paused`, `succeeded`,
    /// `failed` or `cancelled`
    status: &'static str,
    training_file: String,
    validation_file: Option<String>,
    /// The ZIP with the model
    result_files: Vec<String>,
    hyperparameters: choices::Shown,
    method: ShownMethod,
    seed: u64,
    /// Null: what is charged is time, and nothing here counts tokens
    trained_tokens: Option<u64>,
    #[schema(value_type = Option<Vec<Object>>)]
    integrations: Vec<Value>,
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    metadata: Option<Metadata>,
    trainnet: Ours,
}

/// The unit of work of a job has its UUID.
pub fn unit_of(job: JobId) -> UnitId {
    UnitId::new(job.uuid())
}

fn status(row: &JobRow) -> &'static str {
    match (row.status, row.details.phase) {
        (Status::Pending, _) => "validating_files",
        (_, Some(Phase::Paused(_))) => "paused",
        (Status::Queued, _) => "queued",
        (Status::Running, _) => "running",
        (Status::Done, _) => "succeeded",
        (Status::Error, _) if row.details.reason.as_deref() == Some("cancelled") => "cancelled",
        (Status::Error, _) => "failed",
    }
}

fn error(row: &JobRow, details: &Details) -> Option<JobError> {
    if status(row) != "failed" {
        return None;
    }
    let code = details
        .reason
        .clone()
        .unwrap_or_else(|| "failed".to_owned());
    let of_data = json!(FailedBecause::BadData);
    let is_of_data = of_data.as_str() == Some(code.as_str());
    let message = details.detail.clone();
    Some(JobError {
        message: message.unwrap_or_else(|| format!("The job failed: {code}.")),
        param: is_of_data.then_some("training_file"),
        code,
    })
}

impl FineTuningJob {
    fn new(row: JobRow, owner: UserId, labels: Labels, estimated: Option<DateTime<Utc>>) -> Self {
        let status = status(&row);
        let error = error(&row, &row.details);
        let details = row.details;
        let terms = &details.terms;
        let card: &Card = terms.model.card();
        let hyperparameters = || choices::Shown::of(card, &terms.hyperparams);
        let artifact = details.artifact.filter(|_| status == "succeeded");
        let model = models::name(terms.model, labels.suffix.as_deref(), row.job);
        Self {
            id: ids::of_job(row.job),
            object: "fine_tuning.job",
            created_at: row.ordered_at.timestamp(),
            finished_at: details.ended_at.map(|at| at.timestamp()),
            estimated_finish: estimated.map(|at| at.timestamp()),
            error,
            model: terms.model.name(),
            fine_tuned_model: artifact.map(|_| model),
            organization_id: owner.to_string(),
            status,
            training_file: ids::of_file(terms.dataset),
            validation_file: None,
            result_files: artifact.map(ids::of_file).into_iter().collect(),
            hyperparameters: hyperparameters(),
            method: ShownMethod {
                kind: "supervised",
                supervised: ShownSupervised {
                    hyperparameters: hyperparameters(),
                },
            },
            seed: terms.seed,
            trained_tokens: None,
            integrations: Vec::new(),
            metadata: labels.metadata,
            trainnet: Ours {
                job: row.job,
                budget: details.budget.into(),
                charged: details.charged.into(),
                hyperparams: Value::Object(terms.hyperparams.to_json(card)),
                weights: json!(terms.weights),
                metrics: json!(details.metrics),
            },
        }
    }
}

/// When a running job should end, as its machine said last.
async fn estimated_finish(jobs: &Jobs, row: &JobRow) -> Result<Option<DateTime<Utc>>, ApiError> {
    if row.status != Status::Running {
        return Ok(None);
    }
    let pool = jobs.log().pool();
    let latest = reports::latest(pool, unit_of(row.job), PROGRESS).await?;
    Ok(latest.and_then(|report| {
        let left = report.body["eta_seconds"].as_i64()?;
        report.at.checked_add_signed(TimeDelta::try_seconds(left)?)
    }))
}

/// A job as it stands when everything is shown that has happened.
pub async fn show(api: &Api, objects: &Objects, own: &OwnJob) -> Result<FineTuningJob, ApiError> {
    settled::<read::Jobs>(api).await?;
    let user = own.caller.user();
    let row = own.jobs.own(own.job, user).await?;
    let estimated = estimated_finish(&own.jobs, &row).await?;
    let labels = Labels::of(objects, user, own.job).await?;
    Ok(FineTuningJob::new(row, user, labels, estimated))
}

/// The same in a list, where the labels of all of them were read at once.
pub async fn show_among(
    jobs: &Jobs,
    row: JobRow,
    owner: UserId,
    labelled: &Labelled,
) -> Result<FineTuningJob, ApiError> {
    let estimated = estimated_finish(jobs, &row).await?;
    let labels = labelled.of_job(row.job)?;
    Ok(FineTuningJob::new(row, owner, labels, estimated))
}

impl OwnJob {
    pub fn insist_on_reading(&self) -> Result<(), ApiError> {
        self.caller.insist(Scope::Read)
    }
}
