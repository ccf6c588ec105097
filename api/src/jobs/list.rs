//! A customer's jobs, and one of them.

use axum::{Extension, Json};
use domain::jobs::Status;
use domain::users::Scope;
use projections::jobs::{self, Cursor, Filter};
use projections::tenants;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::shown::ShownJob;
use super::{Jobs, identity};
use crate::api::{Api, Routes};
use crate::page::{Page, limit, place};
use crate::parameters::{Path, Query};
use crate::position::Reached;
use crate::problem::{ApiError, kinds};
use crate::users::Caller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(one))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// pending, queued, running, done or error
    #[param(pattern = "^(pending|queued|running|done|error)$")]
    status: Option<String>,
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,18}$")]
    cursor: Option<String>,
    /// How many to show
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

fn status(said: Option<&str>) -> Result<Option<Status>, ApiError> {
    let Some(said) = said else { return Ok(None) };
    let known = Status::ALL.into_iter().find(|it| it.name() == said);
    known.map(Some).ok_or_else(|| {
        ApiError::new(&kinds::PARAMETER_INVALID)
            .detail("Send pending, queued, running, done or error.")
            .field("status")
    })
}

/// Your jobs, the latest first
#[utoipa::path(get, path = "/v1/jobs", tag = "jobs", operation_id = "list_jobs",
    security(("bearer" = [])), params(Asked),
    responses((status = 200, description = "A page of jobs", body = Page<ShownJob>)))]
async fn list(
    api: Api,
    caller: Caller,
    Query(asked): Query<Asked>,
    _: Reached<jobs::Jobs>,
) -> Result<Json<Page<ShownJob>>, ApiError> {
    caller.insist(Scope::Read)?;
    let limit = limit(asked.limit)?;
    let cursor = place(asked.cursor.as_deref())?.map_or(Cursor::LATEST, Cursor::at);
    let filter = Filter {
        status: status(asked.status.as_deref())?,
    };
    let mut reader = tenants::as_tenant(api.pool(), caller.user()).await?;
    let found = jobs::of_customer(&mut *reader, caller.user(), filter, cursor, limit + 1).await?;
    drop(reader);
    Ok(Json(Page::of(
        found,
        limit,
        |row| row.ordered_position,
        ShownJob::of,
    )))
}

/// One of your jobs
#[utoipa::path(get, path = "/v1/jobs/{job}", tag = "jobs", operation_id = "get_job",
    security(("bearer" = [])), params(("job" = String, Path, description = "Which job")),
    responses((status = 200, description = "The job", body = ShownJob)))]
async fn one(
    api: Api,
    caller: Caller,
    jobs: Extension<Jobs>,
    Path(job): Path<String>,
    _: Reached<jobs::Jobs>,
) -> Result<Json<ShownJob>, ApiError> {
    caller.insist(Scope::Read)?;
    let row = jobs.settled(&api, identity(&job)?, &caller).await?;
    Ok(Json(ShownJob::of(row)))
}
