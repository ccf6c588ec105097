//! How a job's loss and accuracy went so far, in few enough points to draw.

use axum::{Extension, Json};
use domain::users::Scope;
use domain::work::UnitId;
use projections::jobs;
use projections::work::reports;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Jobs, identity};
use crate::api::{Api, Routes};
use crate::parameters::{Path, Query};
use crate::position::Reached;
use crate::problem::{ApiError, kinds};
use crate::users::Caller;

const POINTS_DEFAULT: i64 = 500;
const POINTS_MAX: i64 = 2_000;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(curves))
}

/// How many points
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// At most; where more was said, every so manieth is shown, the latest always
    #[param(minimum = 2, maximum = 2000, default = 500)]
    points: Option<i64>,
}

/// Where training stood at a moment
#[derive(Debug, Serialize, ToSchema)]
struct Point {
    at: String,
    /// Of which lease: what another one says of the same steps takes its place
    fence: u64,
    step: u64,
    steps_total: u64,
    epoch: u64,
    trained_seconds: u64,
    /// By name, as decimal text
    #[schema(value_type = Object)]
    metrics: Value,
}

/// What was said of a job's training so far
#[derive(Debug, Serialize, ToSchema)]
struct Curves {
    points: Vec<Point>,
    /// Send it as `after` to the stream of events, to go on from here
    #[schema(minimum = 0)]
    after: i64,
}

/// How training went so far
///
/// It is kept for some weeks; what it came to at the end stands with the job for ever.
#[utoipa::path(get, path = "/v1/jobs/{job}/curves", tag = "jobs", operation_id = "job_curves",
    security(("bearer" = [])),
    params(("job" = String, Path, description = "Which job"), Asked),
    responses((status = 200, description = "The points, in order", body = Curves)))]
async fn curves(
    api: Api,
    caller: Caller,
    jobs: Extension<Jobs>,
    Path(job): Path<String>,
    Query(asked): Query<Asked>,
    _: Reached<jobs::Jobs>,
) -> Result<Json<Curves>, ApiError> {
    caller.insist(Scope::Read)?;
    let limit = asked.points.unwrap_or(POINTS_DEFAULT);
    if !(2..=POINTS_MAX).contains(&limit) {
        return Err(ApiError::new(&kinds::PARAMETER_INVALID)
            .detail("A curve has 2 to 2000 points.")
            .field("points"));
    }
    let row = jobs.settled(&api, identity(&job)?, &caller).await?;
    let unit = UnitId::new(row.job.uuid());
    let pool = jobs.log().pool();
    let found = reports::sampled(pool, unit, reports::PROGRESS, limit).await?;
    let after = found.last().map_or(0, |it| it.number);
    let points = found.iter().map(|it| point(&it.body));
    Ok(Json(Curves {
        points: points.collect(),
        after,
    }))
}

fn point(body: &Value) -> Point {
    let number = |name: &str| body[name].as_u64().unwrap_or(0);
    Point {
        at: body["at"].as_str().unwrap_or_default().to_owned(),
        fence: number("fence"),
        step: number("step"),
        steps_total: number("steps_total"),
        epoch: number("epoch"),
        trained_seconds: number("trained_seconds"),
        metrics: body["metrics"].clone(),
    }
}
