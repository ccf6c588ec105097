//! A machine lets go of a unit that can go on, after it has saved it.

use axum::{Extension, Json};
use domain::work::{Report, WhyReleased};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::complete::TaskOver;
use super::{Work, said, unit_in};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::{Body, whole_number};
use crate::parameters::Path;
use crate::position::Position;
use crate::problem::ApiError;
use crate::servers::MachineCaller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(release))
}

/// Why a machine lets go of a unit
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReleaseBecause {
    /// It was asked to
    Paused,
    /// It was asked to
    Cancelled,
    /// The machine is about to stop; the unit goes on elsewhere
    Draining,
    /// What the lease may cost has been trained
    Allowance,
}

/// A unit that is let go
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskRelease {
    /// As it came with the unit
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    fence: u64,
    because: ReleaseBecause,
    /// In this lease, as the trainer counts them
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    trained_seconds: u64,
}

/// Let go of a unit
///
/// Report the last checkpoint first: what was not saved is lost, and owed by nobody.
#[utoipa::path(post, path = "/tasks/{unit}/release", tag = "work", operation_id = "release_task",
    security(("machine" = [])), request_body = TaskRelease,
    params(("unit" = String, Path, description = "Which unit")),
    responses((status = 200, description = "It was taken", body = TaskOver)))]
async fn release(
    asked: Asked,
    caller: MachineCaller,
    work: Extension<Work>,
    Path(unit): Path<String>,
    body: Body<TaskRelease>,
) -> Result<(Position, Json<TaskOver>), ApiError> {
    let task = unit_in(&unit)?;
    let said = body.value;
    let fence = said::fence(said.fence)?;
    let report = Report::Release {
        because: match said.because {
            ReleaseBecause::Paused => WhyReleased::Paused,
            ReleaseBecause::Cancelled => WhyReleased::Cancelled,
            ReleaseBecause::Draining => WhyReleased::Draining,
            ReleaseBecause::Allowance => WhyReleased::Allowance,
        },
        trained_seconds: said.trained_seconds,
    };
    let (_, position) = work.report(&asked, &caller, (task, fence), report).await?;
    Ok((position, Json(TaskOver { task })))
}
