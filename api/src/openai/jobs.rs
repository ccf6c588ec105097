//! The jobs of somebody, and what may be done with one that is under way.

use axum::{Extension, Json};
use domain::jobs::{CancelledBecause, JobCommand};
use domain::users::Scope;
use projections::jobs::{self as read, Cursor, Filter, JobRow};
use projections::tenants;
use utoipa_axum::routes;

use super::labels::Labelled;
use super::list::{List, Page, unknown_after};
use super::owned::OwnJob;
use super::shown::{FineTuningJob, show, show_among};
use super::{ids, settled};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::jobs::Jobs;
use crate::objects::Objects;
use crate::parameters::Query;
use crate::problem::{ApiError, kinds};
use crate::users::Caller;

const SHOWN: i64 = 20;
const SHOWN_AT_ONCE: i64 = 100;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(retrieve))
        .routes(routes!(cancel))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// Your jobs, the latest first
#[utoipa::path(get, path = "/openai/v1/fine_tuning/jobs", tag = "openai",
    operation_id = "openai_list_jobs", security(("bearer" = [])), params(Page),
    responses((status = 200, description = "A page of jobs", body = List<FineTuningJob>)))]
async fn list(
    api: Api,
    caller: Caller,
    jobs: Extension<Jobs>,
    objects: Extension<Objects>,
    Query(page): Query<Page>,
) -> Result<Json<List<FineTuningJob>>, ApiError> {
    caller.insist(Scope::Read)?;
    let limit = page.limit(SHOWN, SHOWN_AT_ONCE)?;
    settled::<read::Jobs>(&api).await?;
    let user = caller.user();
    let cursor = match page.after.as_deref() {
        None => Cursor::LATEST,
        Some(after) => {
            let last = ids::job(after).ok_or_else(unknown_after)?;
            let last = jobs.own(last, user).await;
            let unknown = |refusal: ApiError| match refusal.kind() {
                kind if kind == &kinds::NOT_FOUND => unknown_after(),
                _ => refusal,
            };
            last.map_err(unknown)?.cursor()
        }
    };
    let mut tenant = tenants::as_tenant(api.pool(), user).await?;
    let filter = Filter::default();
    let found: Vec<JobRow> =
        read::of_customer(&mut *tenant, user, filter, cursor, limit + 1).await?;
    drop(tenant);
    let labels = Labelled::of(&objects, user, &found).await?;
    let mut shown = Vec::new();
    for row in found {
        shown.push(show_among(&jobs, row, user, &labels).await?);
    }
    Ok(Json(List::of(shown, limit, |job| job.id.clone())))
}

/// One of your jobs
#[utoipa::path(get, path = "/openai/v1/fine_tuning/jobs/{fine_tuning_job}", tag = "openai",
    operation_id = "openai_retrieve_job", security(("bearer" = [])),
    params(("fine_tuning_job" = String, Path, description = "Which job")),
    responses((status = 200, description = "The job", body = FineTuningJob)))]
async fn retrieve(
    api: Api,
    own: OwnJob,
    objects: Extension<Objects>,
) -> Result<Json<FineTuningJob>, ApiError> {
    own.insist_on_reading()?;
    Ok(Json(show(&api, &objects, &own).await?))
}

/// Asks something of a job, and shows it as it stands then.
async fn ask(
    api: &Api,
    objects: &Objects,
    (asked, own): (&Asked, &OwnJob),
    command: JobCommand,
) -> Result<Json<FineTuningJob>, ApiError> {
    own.jobs
        .ask(asked, &own.caller, own.job, b"", command)
        .await?;
    Ok(Json(show(api, objects, own).await?))
}

/// Cancel a job
///
/// What is kept by then is charged, the rest of the budget is given back. A job that runs is
/// `cancelled` once its machine has let go.
#[utoipa::path(post, path = "/openai/v1/fine_tuning/jobs/{fine_tuning_job}/cancel",
    tag = "openai", operation_id = "openai_cancel_job", security(("bearer" = [])),
    params(("fine_tuning_job" = String, Path, description = "Which job")),
    responses((status = 200, description = "The job", body = FineTuningJob)))]
async fn cancel(
    api: Api,
    asked: Asked,
    own: OwnJob,
    objects: Extension<Objects>,
) -> Result<Json<FineTuningJob>, ApiError> {
    let command = JobCommand::Cancel {
        because: CancelledBecause::Asked,
        at: own.jobs.now(),
    };
    ask(&api, &objects, (&asked, &own), command).await
}

/// Pause a job
///
/// A job that runs is `paused` once its machine has saved its work.
#[utoipa::path(post, path = "/openai/v1/fine_tuning/jobs/{fine_tuning_job}/pause",
    tag = "openai", operation_id = "openai_pause_job", security(("bearer" = [])),
    params(("fine_tuning_job" = String, Path, description = "Which job")),
    responses((status = 200, description = "The job", body = FineTuningJob)))]
async fn pause(
    api: Api,
    asked: Asked,
    own: OwnJob,
    objects: Extension<Objects>,
) -> Result<Json<FineTuningJob>, ApiError> {
    let command = JobCommand::Pause { at: own.jobs.now() };
    ask(&api, &objects, (&asked, &own), command).await
}

/// Go on with a paused job
#[utoipa::path(post, path = "/openai/v1/fine_tuning/jobs/{fine_tuning_job}/resume",
    tag = "openai", operation_id = "openai_resume_job", security(("bearer" = [])),
    params(("fine_tuning_job" = String, Path, description = "Which job")),
    responses((status = 200, description = "The job", body = FineTuningJob)))]
async fn resume(
    api: Api,
    asked: Asked,
    own: OwnJob,
    objects: Extension<Objects>,
) -> Result<Json<FineTuningJob>, ApiError> {
    let command = JobCommand::Resume { at: own.jobs.now() };
    ask(&api, &objects, (&asked, &own), command).await
}
