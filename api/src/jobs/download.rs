//! The model that came of a job, by a link that expires.

use axum::{Extension, Json};
use domain::jobs::Status;
use domain::users::Scope;
use projections::jobs;
use utoipa_axum::routes;

use super::problems::NOT_READY;
use super::shown::reason;
use super::{Jobs, identity};
use crate::api::{Api, Routes};
use crate::objects::{Objects, ShownLink};
use crate::parameters::Path;
use crate::position::Reached;
use crate::problem::ApiError;
use crate::users::Caller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(download))
}

/// A temporary link to a trained model
///
/// The link is bound to this one file, says what its bytes come to, and needs no sign-in.
#[utoipa::path(get, path = "/models/{job}/download", tag = "jobs",
    operation_id = "download_model", security(("bearer" = [])),
    params(("job" = String, Path, description = "The job that trained it")),
    responses((status = 200, description = "The link", body = ShownLink)))]
async fn download(
    api: Api,
    caller: Caller,
    jobs: Extension<Jobs>,
    objects: Extension<Objects>,
    Path(job): Path<String>,
    _: Reached<jobs::Jobs>,
) -> Result<Json<ShownLink>, ApiError> {
    caller.insist(Scope::Read)?;
    let row = jobs.settled(&api, identity(&job)?, &caller).await?;
    match (row.status, row.details.artifact) {
        (Status::Done, Some(artifact)) => Ok(Json(objects.link(artifact).await?.into())),
        (status, _) => {
            let why = reason(status, &row.details);
            let why = why.map_or_else(String::new, |why| format!(" ({why})"));
            let detail = format!("The job is {}{why}.", status.name());
            Err(ApiError::new(&NOT_READY).detail(detail))
        }
    }
}
