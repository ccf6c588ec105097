//! Where a job stands, in the five words that everybody knows.

use axum::{Extension, Json};
use domain::users::Scope;
use projections::jobs;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::shown::{ShownProgress, reason, shown_actions};
use super::{Jobs, identity};
use crate::api::{Api, Routes};
use crate::money::Amount;
use crate::parameters::Path;
use crate::position::Reached;
use crate::problem::ApiError;
use crate::users::Caller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(status))
}

/// Where a job stands
#[derive(Serialize, ToSchema)]
pub struct TaskStatus {
    #[schema(example = "job_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    /// pending, queued, running, done or error
    #[schema(example = "running")]
    status: &'static str,
    /// Why, where that is not plain
    reason: Option<String>,
    detail: Option<String>,
    progress: ShownProgress,
    budget: Amount,
    charged: Amount,
    #[schema(value_type = Object)]
    metrics: Value,
    /// What may be done next
    #[schema(value_type = Vec<String>, example = json!(["pause", "raise-budget", "cancel"]))]
    actions: Value,
}

/// Where a job stands
#[utoipa::path(get, path = "/tasks/{unit}/status", tag = "jobs", operation_id = "task_status",
    security(("bearer" = [])), params(("unit" = String, Path, description = "Which job, or its unit of work")),
    responses((status = 200, description = "Its status", body = TaskStatus)))]
async fn status(
    api: Api,
    caller: Caller,
    jobs: Extension<Jobs>,
    Path(job): Path<String>,
    _: Reached<jobs::Jobs>,
) -> Result<Json<TaskStatus>, ApiError> {
    caller.insist(Scope::Read)?;
    let row = jobs.settled(&api, identity(&job)?, &caller).await?;
    let details = &row.details;
    Ok(Json(TaskStatus {
        id: row.job.to_string(),
        status: row.status.name(),
        reason: reason(row.status, details),
        detail: details.detail.clone(),
        progress: ShownProgress::of(details),
        budget: details.budget.into(),
        charged: details.charged.into(),
        metrics: json!(details.metrics),
        actions: shown_actions(row.status, details.phase),
    }))
}
