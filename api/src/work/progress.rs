//! A machine says how far it has come; what is saved is owed, the rest is told to who watches.

use std::collections::BTreeMap;

use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use dispatch::Directions;
use domain::objects::ObjectKind;
use domain::work::{Checkpoint, Report};
use projections::work::reports::{self, LOG, NewReport, PROGRESS};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::directed::Directed;
use super::{Work, not_held, said, unit_in};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::{Body, whole, whole_number};
use crate::moment::Moment;
use crate::parameters::Path;
use crate::problem::{ApiError, kinds};
use crate::servers::MachineCaller;
use crate::users::rfc3339;

const LOGS_MAX: usize = 500;
const LINE_CHARACTERS_MAX: usize = 4_000;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(progress))
}

/// How much a line of a log matters
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// Something that the trainer said
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    at: Moment,
    level: Level,
    /// The first 4000 characters are kept
    text: String,
}

/// A checkpoint that has been uploaded
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedCheckpoint {
    #[schema(example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    object: String,
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    step: u64,
    /// In this lease, up to the checkpoint
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    trained_seconds: u64,
}

/// How far a unit has come
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskProgress {
    /// As it came with the unit
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    fence: u64,
    /// In this lease, as the trainer counts them
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    trained_seconds: u64,
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    step: u64,
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    steps_total: u64,
    /// Counted from 0, in whole
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    epoch: u64,
    /// By name in lower case, as plain decimal numbers in text
    #[schema(example = json!({ "loss": "0.123", "accuracy": "0.97" }))]
    #[serde(default)]
    metrics: BTreeMap<String, String>,
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(default, deserialize_with = "whole")]
    eta_seconds: Option<u64>,
    #[schema(max_items = 500)]
    #[serde(default)]
    logs: Vec<LogLine>,
    /// Once it has been uploaded; up to here the work is owed
    checkpoint: Option<SavedCheckpoint>,
}

/// Say how far a unit has come
///
/// Counts as a heartbeat. A checkpoint makes what was trained durable, and with it owed.
#[utoipa::path(post, path = "/tasks/{unit}/progress", tag = "work",
    operation_id = "task_progress", security(("machine" = [])), request_body = TaskProgress,
    params(("unit" = String, Path, description = "Which unit")),
    responses((status = 200, description = "What is to do", body = Directed)))]
async fn progress(
    asked: Asked,
    caller: MachineCaller,
    work: Extension<Work>,
    Path(unit): Path<String>,
    body: Body<TaskProgress>,
) -> Result<Json<Directed>, ApiError> {
    let unit = unit_in(&unit)?;
    let said = body.value;
    let fence = said::fence(said.fence)?;
    let metrics = said::metrics(said.metrics.clone())?;
    if said.logs.len() > LOGS_MAX {
        return Err(ApiError::new(&kinds::BODY_INVALID)
            .detail("Send at most 500 lines at once.")
            .field("logs"));
    }
    let heard = work.dispatcher().hear(unit, fence, caller.machine()).await;
    let mut directions = heard.map_err(not_held)?;
    if let Some(saved) = &said.checkpoint {
        let checkpoint = Checkpoint {
            object: said::object(&saved.object, "checkpoint.object")?,
            step: saved.step,
        };
        let customer = work.customer_of(unit).await?.ok_or(&kinds::NOT_FOUND)?;
        let (of, what) = (
            (unit, customer),
            (checkpoint.object, ObjectKind::Checkpoint),
        );
        work.brought((&caller, fence), of, what, "checkpoint.object")
            .await?;
        let report = Report::Progress {
            checkpoint,
            trained_seconds: saved.trained_seconds,
        };
        let (now, _) = work.report(&asked, &caller, (unit, fence), report).await?;
        directions = Directions::of(&now).unwrap_or(directions);
    }
    let told = told(&said, metrics.as_map(), work.now());
    reports::keep(work.log().pool(), unit, work.now(), &told).await?;
    work.ring();
    Ok(Json(directions.into()))
}

/// The lines first: they led to where it stands now.
fn told(
    said: &TaskProgress,
    metrics: &BTreeMap<String, String>,
    now: DateTime<Utc>,
) -> Vec<NewReport> {
    let lines = said.logs.iter().map(|line| NewReport {
        kind: LOG,
        body: json!({
            "at": rfc3339(line.at.0),
            "level": line.level,
            "text": said::plain(&line.text, LINE_CHARACTERS_MAX),
        }),
    });
    let progress = NewReport {
        kind: PROGRESS,
        body: json!({
            "at": rfc3339(now),
            "fence": said.fence,
            "step": said.step,
            "steps_total": said.steps_total,
            "epoch": said.epoch,
            "trained_seconds": said.trained_seconds,
            "eta_seconds": said.eta_seconds,
            "metrics": metrics,
            "saved_step": said.checkpoint.as_ref().map(|saved| saved.step),
        }),
    };
    lines.chain([progress]).collect()
}
