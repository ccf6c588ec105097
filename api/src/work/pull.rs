//! A machine asks for its next unit, and waits for one if there is none.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use dispatch::{Granted, NotGranted};
use domain::work::{HEARTBEAT, Isolation, LEASE, UnitId};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Work;
use super::problems::of_unit;
use crate::api::{Api, Routes};
use crate::body::{Body, whole_number};
use crate::layers::Place;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;
use crate::server::Stopping;
use crate::servers::MachineCaller;
use crate::users::{rfc3339, unread};

const WAIT_SECONDS_MAX: u64 = 30;
/// Whoever waits is answered before the frame lets go of the request.
const BEFORE_THE_END: Duration = Duration::from_secs(3);

pub fn routes() -> Routes {
    Routes::new().routes(routes!(pull))
}

/// How long a machine wants to wait
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    /// Not at all, or until there is something, for at most so long
    #[schema(minimum = 0, maximum = 30, example = 25)]
    #[serde(deserialize_with = "whole_number")]
    wait_seconds: u64,
}

/// How a unit is to be kept from the rest of the machine
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaskIsolation {
    Any,
    Sandbox,
    Container,
}

/// A file to fetch before the work begins
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskInput {
    #[schema(example = "dataset")]
    pub name: String,
    pub url: String,
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits
    pub sha256: String,
}

/// From where the work goes on
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskCheckpoint {
    pub url: String,
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits
    pub sha256: String,
    pub step: u64,
}

/// A unit of work, leased to the machine that asked
#[expect(clippy::struct_field_names, reason = "machines know it as a task")]
#[derive(Debug, Serialize, ToSchema)]
pub struct Task {
    #[schema(value_type = String, example = "unit_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    task: UnitId,
    /// To be sent with everything that is said of the unit
    #[schema(example = 7)]
    fence: u64,
    /// So long nothing may be heard before the unit goes to somebody else
    #[schema(example = 20)]
    lease_seconds: i64,
    /// So often something should be heard
    #[schema(example = 5)]
    heartbeat_seconds: i64,
    /// How many trained seconds this lease may cost
    #[schema(example = 812)]
    seconds_max: u64,
    /// Until when it must have ended, whatever is heard
    #[schema(format = DateTime)]
    deadline: String,
    isolation: TaskIsolation,
    /// What to do, in the words of the runtime
    #[schema(value_type = Object)]
    spec: serde_json::Value,
    inputs: Vec<TaskInput>,
    checkpoint: Option<TaskCheckpoint>,
}

/// Ask for work
///
/// Answers as soon as there is a unit that this machine may have, and with 204 if there was none.
/// A machine is given one unit a slot: a GPU, or the whole machine if it has none.
#[utoipa::path(post, path = "/tasks/pull", tag = "work", operation_id = "pull_task",
    security(("machine" = [])), request_body = Pull,
    responses((status = 200, description = "A unit, leased", body = Task),
        (status = 204, description = "Nothing, for as long as was waited")))]
async fn pull(
    api: Api,
    caller: MachineCaller,
    Extension(work): Extension<Work>,
    place: Place,
    stopping: Stopping,
    body: Body<Pull>,
) -> Result<Response, ApiError> {
    let seconds = body.value.wait_seconds;
    if seconds > WAIT_SECONDS_MAX {
        return Err(ApiError::new(&kinds::BODY_INVALID)
            .detail("Wait for 0 to 30 seconds.")
            .field("wait_seconds"));
    }
    let most = api.settings().request_time_max;
    let most = most.saturating_sub(BEFORE_THE_END).max(most / 2);
    let wait = Duration::from_secs(seconds).min(most);
    let Ok(_waiting) = work.0.waiting.try_acquire() else {
        return Err(ApiError::new(&kinds::OVERLOADED).retry_after(1));
    };
    // Waiting costs next to nothing, and is not to keep others from being answered.
    place.leave();
    let until = Instant::now() + wait;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let pulled = tokio::select! {
            pulled = work.dispatcher().pull(caller.machine(), left) => pulled,
            () = stopping.stopped() => Ok(None),
        };
        let Some(granted) = pulled.map_err(not_granted)? else {
            return Ok(StatusCode::NO_CONTENT.into_response());
        };
        if let Some(files) = work.files(&granted).await? {
            return Ok(Json(Task::new(&granted, files)).into_response());
        }
    }
}

fn not_granted(error: NotGranted) -> ApiError {
    match error {
        NotGranted::Refused(refusal) => refused(refusal, of_unit),
        NotGranted::Store(error) => unread(error),
        NotGranted::Database(error) => error.into(),
    }
}

impl Task {
    /// What the machine needs to know to begin.
    fn new(
        granted: &Granted,
        (inputs, checkpoint): (Vec<TaskInput>, Option<TaskCheckpoint>),
    ) -> Self {
        let terms = &granted.terms;
        Self {
            task: granted.unit,
            fence: granted.lease.holding.fence,
            lease_seconds: LEASE.num_seconds(),
            heartbeat_seconds: HEARTBEAT.num_seconds(),
            seconds_max: granted.lease.seconds_max,
            deadline: rfc3339(granted.lease.deadline),
            isolation: match terms.needs.isolation {
                Isolation::Any => TaskIsolation::Any,
                Isolation::Sandbox => TaskIsolation::Sandbox,
                Isolation::Container => TaskIsolation::Container,
            },
            spec: terms.spec.as_value().clone(),
            inputs,
            checkpoint,
        }
    }
}
