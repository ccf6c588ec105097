//! The events of a job: what happened to it, and what its machines said of it.

use axum::Json;
use cqrs_es::Aggregate as _;
use domain::jobs::{Job, JobEvent};
use projections::work::reports;
use serde::Serialize;
use serde_json::Value;
use store::decode;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::entries::{Below, Entry, Happened, merged};
use super::list::{List, Page, unknown_after};
use super::owned::OwnJob;
use super::shown::unit_of;
use crate::api::Routes;
use crate::parameters::Query;
use crate::problem::ApiError;

const SHOWN: i64 = 20;
const SHOWN_AT_ONCE: i64 = 100;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list))
}

/// Something about a job
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiJobEvent)]
pub struct JobEventShown {
    #[schema(example = "ftevent-1041-77")]
    id: String,
    #[schema(example = "fine_tuning.job.event")]
    object: &'static str,
    created_at: i64,
    /// `info`, `warn` or `error`
    level: &'static str,
    message: String,
    /// `message` or `metrics`
    #[serde(rename = "type")]
    kind: &'static str,
    #[schema(value_type = Object)]
    data: Value,
}

impl From<Entry> for JobEventShown {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.name,
            object: "fine_tuning.job.event",
            created_at: entry.at.timestamp(),
            level: entry.level,
            message: entry.message,
            kind: entry.kind,
            data: entry.data,
        }
    }
}

/// The events of a job, the latest first
///
/// What its machines said is kept for thirty days.
#[utoipa::path(get, path = "/openai/v1/fine_tuning/jobs/{fine_tuning_job}/events",
    tag = "openai", operation_id = "openai_list_job_events", security(("bearer" = [])),
    params(("fine_tuning_job" = String, Path, description = "Which job"), Page),
    responses((status = 200, description = "A page of events", body = List<JobEventShown>)))]
async fn list(
    own: OwnJob,
    Query(page): Query<Page>,
) -> Result<Json<List<JobEventShown>>, ApiError> {
    own.insist_on_reading()?;
    let limit = page.limit(SHOWN, SHOWN_AT_ONCE)?;
    let below = match page.after.as_deref() {
        None => Below::LATEST,
        Some(after) => Below::after(after).ok_or_else(unknown_after)?,
    };
    let log = own.jobs.log();
    let said = reports::before(log.pool(), unit_of(own.job), below.number, limit + 2).await?;
    let until = log
        .head()
        .await?
        .position
        .min(below.position.saturating_sub(1));
    let stream = log.stream(Job::TYPE, &own.job.to_string(), until).await?;
    let mut happened = Vec::new();
    for event in stream.into_iter().rev() {
        happened.push(Happened {
            position: event.position,
            at: event.recorded_at,
            event: decode::<JobEvent>(&event.as_ref(), &[]).map_err(ApiError::internal)?,
        });
    }
    let wanted = usize::try_from(limit + 1).map_err(ApiError::internal)?;
    let entries = merged(own.job, &said, &happened, wanted);
    let shown = entries.into_iter().map(JobEventShown::from).collect();
    Ok(Json(List::of(shown, limit, |event| event.id.clone())))
}
