//! A machine says that it is still at a unit.

use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::directed::Directed;
use super::{Work, not_held, said, unit_in};
use crate::api::Routes;
use crate::body::{Body, whole_number};
use crate::parameters::Path;
use crate::problem::ApiError;
use crate::servers::MachineCaller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(heartbeat))
}

/// What a machine does with a unit at the moment
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Fetching,
    Training,
    Saving,
}

/// A sign of life
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskHeartbeat {
    /// As it came with the unit
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    fence: u64,
    #[expect(
        dead_code,
        reason = "machines say it; nobody decides anything by it yet"
    )]
    phase: Phase,
}

/// Say that a unit is being worked on
#[utoipa::path(post, path = "/tasks/{unit}/heartbeat", tag = "work",
    operation_id = "task_heartbeat", security(("machine" = [])), request_body = TaskHeartbeat,
    params(("unit" = String, Path, description = "Which unit")),
    responses((status = 200, description = "What is to do", body = Directed)))]
async fn heartbeat(
    caller: MachineCaller,
    work: Extension<Work>,
    Path(unit): Path<String>,
    body: Body<TaskHeartbeat>,
) -> Result<Json<Directed>, ApiError> {
    let unit = unit_in(&unit)?;
    let fence = said::fence(body.value.fence)?;
    let heard = work.dispatcher().hear(unit, fence, caller.machine()).await;
    Ok(Json(heard.map_err(not_held)?.into()))
}
