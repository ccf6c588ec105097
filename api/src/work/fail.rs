//! A machine says that a unit cannot go on there, and why.

use axum::{Extension, Json};
use domain::work::{Detail, Report, ReportedCause};
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
    Routes::new().routes(routes!(fail))
}

/// Why a unit cannot go on
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// More is needed than there is; it goes on where there is twice as much
    OutOfMemory,
    /// What was uploaded cannot be trained on; it is not tried again
    BadData,
    /// The trainer ended with an error; it is tried again twice
    Trainer,
    /// Something is wrong with the machine; it goes on elsewhere
    Machine,
    /// Files could not be fetched or brought; it goes on elsewhere
    Network,
    /// It did not end in time
    Time,
}

impl From<Cause> for ReportedCause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::OutOfMemory => Self::OutOfMemory,
            Cause::BadData => Self::BadData,
            Cause::Trainer => Self::Trainer,
            Cause::Machine => Self::Machine,
            Cause::Network => Self::Network,
            Cause::Time => Self::Time,
        }
    }
}

/// A unit that cannot go on
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskFailure {
    /// As it came with the unit
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    fence: u64,
    cause: Cause,
    /// For the customer to read; the first 500 characters are kept for ever
    detail: String,
    /// In this lease, as the trainer counts them
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    trained_seconds: u64,
}

/// Say that a unit cannot go on
#[utoipa::path(post, path = "/tasks/{unit}/fail", tag = "work", operation_id = "fail_task",
    security(("machine" = [])), request_body = TaskFailure,
    params(("unit" = String, Path, description = "Which unit")),
    responses((status = 200, description = "It was taken", body = TaskOver)))]
async fn fail(
    asked: Asked,
    caller: MachineCaller,
    work: Extension<Work>,
    Path(unit): Path<String>,
    body: Body<TaskFailure>,
) -> Result<(Position, Json<TaskOver>), ApiError> {
    let task = unit_in(&unit)?;
    let said = body.value;
    let fence = said::fence(said.fence)?;
    let report = Report::Fail {
        cause: said.cause.into(),
        detail: Detail::new(&said.detail),
        trained_seconds: said.trained_seconds,
    };
    let (_, position) = work.report(&asked, &caller, (task, fence), report).await?;
    Ok((position, Json(TaskOver { task })))
}
