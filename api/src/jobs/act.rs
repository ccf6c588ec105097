//! What a customer may do with a job that is under way.

use axum::Extension;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::jobs::{CancelledBecause, JobCommand, JobId};
use domain::users::Scope;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::problems::{FUNDS_MISSING, of_job};
use super::{Jobs, identity, payable};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::money::Amount;
use crate::parameters::Path;
use crate::position::Position;
use crate::problem::ApiError;
use crate::refused::refused;
use crate::users::{Caller, Changed};
use store::Refused;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(cancel))
        .routes(routes!(change))
}

/// What is to change
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobChange {
    /// More than the present one; a job that used it up goes on
    budget: Amount,
}

/// A job of whoever asks; another's is not there, whatever is asked of it.
struct Theirs {
    caller: Caller,
    job: JobId,
    jobs: Jobs,
}

impl<S: Send + Sync> FromRequestParts<S> for Theirs {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let jobs = parts.extensions.get::<Jobs>().cloned();
        let jobs = jobs.ok_or_else(|| ApiError::internal("there are no jobs here"))?;
        let Path(named) = Path::<String>::from_request_parts(parts, state).await?;
        let job = identity(&named)?;
        jobs.look(job, &caller).await?;
        Ok(Self { caller, job, jobs })
    }
}

impl Jobs {
    /// Asks something of a customer's own job; another's does not exist.
    pub(crate) async fn ask(
        &self,
        asked: &Asked,
        caller: &Caller,
        job: JobId,
        bytes: &[u8],
        command: JobCommand,
    ) -> Result<Changed, ApiError> {
        caller.insist(Scope::JobsWrite)?;
        self.look(job, caller).await?;
        let id = job.to_string();
        let context = asked.context(&caller.actor(), bytes);
        match self.commands().execute(&id, command, &context).await {
            Ok(done) => Ok(Changed(Position(done.position))),
            Err(Refused::InsufficientFunds { .. }) => Err(ApiError::new(&FUNDS_MISSING)
                .detail("Top up the wallet with POST /v1/wallet/top-ups.")
                .field("budget")),
            Err(refusal) => Err(refused(refusal, of_job)),
        }
    }
}

/// Pause a job
///
/// The machine saves its work and lets go; nothing is charged while it is paused.
#[utoipa::path(post, path = "/v1/jobs/{job}/pause", tag = "jobs", operation_id = "pause_job",
    security(("bearer" = [])), params(("job" = String, Path, description = "Which job")),
    responses((status = 204, description = "It is paused, or will be at its next checkpoint")))]
async fn pause(
    asked: Asked,
    caller: Caller,
    jobs: Extension<Jobs>,
    Path(job): Path<String>,
) -> Result<Changed, ApiError> {
    let command = JobCommand::Pause { at: jobs.now() };
    jobs.ask(&asked, &caller, identity(&job)?, b"", command)
        .await
}

/// Go on with a paused job
#[utoipa::path(post, path = "/v1/jobs/{job}/resume", tag = "jobs", operation_id = "resume_job",
    security(("bearer" = [])), params(("job" = String, Path, description = "Which job")),
    responses((status = 204, description = "It waits for a machine")))]
async fn resume(
    asked: Asked,
    caller: Caller,
    jobs: Extension<Jobs>,
    Path(job): Path<String>,
) -> Result<Changed, ApiError> {
    let command = JobCommand::Resume { at: jobs.now() };
    jobs.ask(&asked, &caller, identity(&job)?, b"", command)
        .await
}

/// Cancel a job
///
/// What is kept by then is charged, the rest of the budget is given back.
#[utoipa::path(post, path = "/v1/jobs/{job}/cancel", tag = "jobs", operation_id = "cancel_job",
    security(("bearer" = [])), params(("job" = String, Path, description = "Which job")),
    responses((status = 204, description = "It is cancelled, or will be in a moment")))]
async fn cancel(
    asked: Asked,
    caller: Caller,
    jobs: Extension<Jobs>,
    Path(job): Path<String>,
) -> Result<Changed, ApiError> {
    let command = JobCommand::Cancel {
        because: CancelledBecause::Asked,
        at: jobs.now(),
    };
    jobs.ask(&asked, &caller, identity(&job)?, b"", command)
        .await
}

/// Raise a job's budget
#[utoipa::path(patch, path = "/v1/jobs/{job}", tag = "jobs", operation_id = "change_job",
    security(("bearer" = [])), params(("job" = String, Path, description = "Which job")),
    request_body = JobChange,
    responses((status = 204, description = "The difference is held")))]
async fn change(
    asked: Asked,
    Theirs { caller, job, jobs }: Theirs,
    body: Body<JobChange>,
) -> Result<Changed, ApiError> {
    let Amount(budget) = body.value.budget;
    let to = payable(budget, "budget")?;
    let command = JobCommand::RaiseBudget { to, at: jobs.now() };
    jobs.ask(&asked, &caller, job, &body.bytes, command).await
}
