//! A machine hands in what came of a unit.

use std::collections::BTreeMap;

use axum::{Extension, Json};
use domain::objects::ObjectKind;
use domain::work::{Report, UnitId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Work, said, unit_in};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::{Body, whole_number};
use crate::parameters::Path;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::servers::MachineCaller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(complete))
}

/// What came of a unit
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskResult {
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
    /// Once it has been uploaded
    #[schema(example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    artifact: String,
    /// By name in lower case, as plain decimal numbers in text
    #[schema(example = json!({ "loss": "0.123", "accuracy": "0.97" }))]
    #[serde(default)]
    metrics: BTreeMap<String, String>,
}

/// A unit that the machine no longer has
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskOver {
    #[schema(value_type = String, example = "unit_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    pub task: UnitId,
}

/// Hand in what came of a unit
///
/// Said again under the same fence with the same artifact, it is answered the same.
#[utoipa::path(post, path = "/tasks/{unit}/complete", tag = "work",
    operation_id = "complete_task", security(("machine" = [])), request_body = TaskResult,
    params(("unit" = String, Path, description = "Which unit")),
    responses((status = 200, description = "It was taken", body = TaskOver)))]
async fn complete(
    asked: Asked,
    caller: MachineCaller,
    work: Extension<Work>,
    Path(unit): Path<String>,
    body: Body<TaskResult>,
) -> Result<(Position, Json<TaskOver>), ApiError> {
    let task = unit_in(&unit)?;
    let said = body.value;
    let fence = said::fence(said.fence)?;
    let artifact = said::object(&said.artifact, "artifact")?;
    let customer = work.customer_of(task).await?.ok_or(&kinds::NOT_FOUND)?;
    // Whoever never had the unit does not learn what there is of it.
    work.insist_on_holder(task, &caller).await?;
    let (of, what) = ((task, customer), (artifact, ObjectKind::Artifact));
    work.brought((&caller, fence), of, what, "artifact").await?;
    let report = Report::Complete {
        artifact,
        step: said.step,
        trained_seconds: said.trained_seconds,
        metrics: said::metrics(said.metrics)?,
    };
    let (_, position) = work.report(&asked, &caller, (task, fence), report).await?;
    Ok((position, Json(TaskOver { task })))
}
