//! The checkpoints of a job: from where it would go on, and how good it was there.

use axum::{Extension, Json};
use projections::jobs as read;
use projections::work::reports;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::entries::numbers;
use super::labels::Labels;
use super::list::{List, Page, unknown_after};
use super::owned::OwnJob;
use super::shown::unit_of;
use super::{ids, models, settled};
use crate::api::{Api, Routes};
use crate::objects::Objects;
use crate::parameters::Query;
use crate::problem::ApiError;

const SHOWN: i64 = 10;
const SHOWN_AT_ONCE: i64 = 100;
/// A job lists so many; of twice as many it is known how good they were.
const SAVED_MAX: i64 = 100;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list))
}

/// A checkpoint
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiCheckpoint)]
pub struct Checkpoint {
    #[schema(example = "ftckpt-01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    #[schema(example = "fine_tuning.job.checkpoint")]
    object: &'static str,
    created_at: i64,
    /// A name alone: what can be used is the model at the end
    #[serde(rename = "fine_tuned_model_checkpoint")]
    named: String,
    fine_tuning_job_id: String,
    /// What was measured when it was saved
    #[schema(value_type = Object)]
    metrics: Value,
    step_number: u64,
}

/// The checkpoints of a job, the latest first
#[utoipa::path(get, path = "/openai/v1/fine_tuning/jobs/{fine_tuning_job}/checkpoints",
    tag = "openai", operation_id = "openai_list_job_checkpoints", security(("bearer" = [])),
    params(("fine_tuning_job" = String, Path, description = "Which job"), Page),
    responses((status = 200, description = "A page of checkpoints", body = List<Checkpoint>)))]
async fn list(
    api: Api,
    own: OwnJob,
    objects: Extension<Objects>,
    Query(page): Query<Page>,
) -> Result<Json<List<Checkpoint>>, ApiError> {
    own.insist_on_reading()?;
    let limit = page.limit(SHOWN, SHOWN_AT_ONCE)?;
    settled::<read::Jobs>(&api).await?;
    let user = own.caller.user();
    let details = own.jobs.own(own.job, user).await?.details;
    let labels = Labels::of(&objects, user, own.job).await?;
    let model = models::name(details.terms.model, labels.suffix.as_deref(), own.job);
    let saved = reports::saved(own.jobs.log().pool(), unit_of(own.job), SAVED_MAX).await?;
    let mut kept = details.checkpoints;
    kept.reverse();
    if let Some(after) = page.after.as_deref() {
        let last = ids::checkpoint(after).ok_or_else(unknown_after)?;
        let last = kept.iter().position(|it| it.object == last);
        kept.drain(..=last.ok_or_else(unknown_after)?);
    }
    let shown = kept.into_iter().map(|kept| {
        let report = saved.iter().find(|it| it.body["saved_step"] == kept.step);
        let measured = report.map(|it| numbers(&it.body["metrics"]));
        let mut metrics: Map<String, Value> = measured.unwrap_or_default();
        metrics.insert("step".to_owned(), json!(kept.step));
        Checkpoint {
            id: ids::of_checkpoint(kept.object),
            object: "fine_tuning.job.checkpoint",
            created_at: kept.at.timestamp(),
            named: format!("{model}:ckpt-step-{}", kept.step),
            fine_tuning_job_id: ids::of_job(own.job),
            metrics: Value::Object(metrics),
            step_number: kept.step,
        }
    });
    let shown = shown.collect();
    Ok(Json(List::of(shown, limit, |it: &Checkpoint| {
        it.id.clone()
    })))
}
