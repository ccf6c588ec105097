//! Files of units: links to what a machine needs, and places for what it brings.

use axum::http::StatusCode;
use axum::{Extension, Json};
use chrono::TimeDelta;
use dispatch::Granted;
use domain::objects::{Object, ObjectId, ObjectKind, Under};
use domain::users::{Digest, UserId};
use domain::work::{Detail, Report, ReportedCause, Terms, UnitId};
use serde::{Deserialize, Serialize};
use store::{Context, ids};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::problems::NOT_BROUGHT;
use super::pull::{TaskCheckpoint, TaskInput};
use super::{Work, not_held, said, unit_in};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::{Body, whole_number};
use crate::objects::{FileName, NewObject, PartLink};
use crate::parameters::Path;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::servers::MachineCaller;

/// A link is used when the work begins, and again by whoever's download broke off.
const LINKS_LAST: TimeDelta = TimeDelta::hours(6);

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(open))
        .routes(routes!(complete))
}

/// What a machine brings
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BroughtKind {
    /// From where the work can go on
    Checkpoint,
    /// What came of it
    Artifact,
}

impl BroughtKind {
    const fn of_object(self) -> ObjectKind {
        match self {
            Self::Checkpoint => ObjectKind::Checkpoint,
            Self::Artifact => ObjectKind::Artifact,
        }
    }
}

/// A file that a machine brings
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskUpload {
    /// As it came with the unit
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    fence: u64,
    kind: BroughtKind,
    name: FileName,
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    bytes: u64,
    /// What all of it comes to, in hexadecimal digits
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
}

/// Where to send a file
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskUploadParts {
    #[schema(value_type = String, example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    object: ObjectId,
    /// All parts but the last have so many
    part_bytes: u64,
    /// Those that are still to be sent
    parts: Vec<PartLink>,
}

/// Bring a file of a unit
///
/// Asked again for the same file under the same fence, it is the same upload.
#[utoipa::path(post, path = "/tasks/{unit}/uploads", tag = "work", operation_id = "upload_of_task",
    security(("machine" = [])), request_body = TaskUpload,
    params(("unit" = String, Path, description = "Which unit")),
    responses((status = 201, description = "Where to send its parts", body = TaskUploadParts)))]
async fn open(
    asked: Asked,
    caller: MachineCaller,
    work: Extension<Work>,
    Path(unit): Path<String>,
    body: Body<TaskUpload>,
) -> Result<(StatusCode, Position, Json<TaskUploadParts>), ApiError> {
    let unit = unit_in(&unit)?;
    let said = body.value;
    let fence = said::fence(said.fence)?;
    let name = said.name.checked()?;
    let sha256: Digest = said.sha256.parse().map_err(|_| {
        ApiError::new(&kinds::BODY_INVALID)
            .detail("Send 64 hexadecimal digits in lower case.")
            .field("sha256")
    })?;
    let heard = work.dispatcher().hear(unit, fence, caller.machine()).await;
    heard.map_err(not_held)?;
    let customer = work.customer_of(unit).await?.ok_or(&kinds::NOT_FOUND)?;
    let under = under(unit, fence)?;
    let kind = said.kind.of_object();
    let this = format!("{}/{sha256}/{name}", kind.name());
    let object = ObjectId::new(ids::derived(&under.to_string(), &this));
    let context = asked.context(&caller.actor(), b"").without_key();
    let context = context.with_key(format!("upload/{object}"), this.as_bytes());
    let new = NewObject {
        object,
        owner: customer,
        kind,
        name: Some(name),
        bytes: said.bytes,
        sha256: Some(sha256),
        under: Some(under),
    };
    let opening = work.objects().open(new, &context).await?;
    let parts = TaskUploadParts {
        object,
        part_bytes: opening.part_bytes,
        parts: opening.parts,
    };
    let position = Position(opening.position);
    Ok((StatusCode::CREATED, position, Json(parts)))
}

/// A file of which all parts were sent
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskUploadDone {
    /// As it came with the unit
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64)]
    #[serde(deserialize_with = "whole_number")]
    fence: u64,
}

/// A file that is there
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskFile {
    #[schema(value_type = String, example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    object: ObjectId,
    bytes: u64,
    /// What the bytes come to
    sha256: String,
}

/// Say that all parts of a file were sent
#[utoipa::path(post, path = "/tasks/{unit}/uploads/{object}/complete", tag = "work",
    operation_id = "complete_upload_of_task", security(("machine" = [])),
    request_body = TaskUploadDone,
    params(("unit" = String, Path, description = "Which unit"),
        ("object" = String, Path, description = "Which file")),
    responses((status = 200, description = "It is there", body = TaskFile)))]
async fn complete(
    asked: Asked,
    caller: MachineCaller,
    work: Extension<Work>,
    Path((unit, object)): Path<(String, String)>,
    body: Body<TaskUploadDone>,
) -> Result<Json<TaskFile>, ApiError> {
    let nothing = || ApiError::new(&kinds::NOT_FOUND);
    let unit = unit_in(&unit)?;
    let object: ObjectId = object.parse().map_err(|_| nothing())?;
    let fence = said::fence(body.value.fence)?;
    let heard = work.dispatcher().hear(unit, fence, caller.machine()).await;
    heard.map_err(not_held)?;
    let found = work.objects().object(object).await?;
    let opened = found.opened().ok_or_else(nothing)?;
    if opened.under.as_ref() != Some(&under(unit, fence)?) {
        return Err(nothing());
    }
    let context = asked.context(&caller.actor(), b"").without_key();
    let completed = work.objects().complete(object, &context).await?;
    Ok(Json(TaskFile {
        object,
        bytes: completed.bytes,
        sha256: completed.sha256.to_string(),
    }))
}

fn under(unit: UnitId, fence: u64) -> Result<Under, ApiError> {
    Under::try_new(format!("{unit}/{fence}")).map_err(ApiError::internal)
}

impl Work {
    /// Makes sure that a machine names what it has brought for this unit and for nothing else. One
    /// that lost the unit learns that, and not what it forgot to bring.
    pub(super) async fn brought(
        &self,
        (caller, fence): (&MachineCaller, u64),
        (unit, customer): (UnitId, UserId),
        (object, kind): (ObjectId, ObjectKind),
        field: &'static str,
    ) -> Result<(), ApiError> {
        let found = self.objects().seen(object).await?;
        if let Object::Stored { opened, .. } = &found
            && opened.kind == kind
            && opened.owner == customer
            && is_under(opened.under.as_ref(), unit)
        {
            return Ok(());
        }
        let heard = self.dispatcher().hear(unit, fence, caller.machine()).await;
        heard.map_err(not_held)?;
        Err(not_brought(field))
    }

    /// Links to what is needed. What is not there any more ends the unit: no machine will find it.
    pub(super) async fn files(
        &self,
        granted: &Granted,
    ) -> Result<Option<(Vec<TaskInput>, Option<TaskCheckpoint>)>, ApiError> {
        match self.links(&granted.terms, granted).await {
            Ok(files) => Ok(Some(files)),
            Err(error) if error.kind().status.is_client_error() => {
                let report = Report::Fail {
                    cause: ReportedCause::BadData,
                    detail: Detail::new("A file that is needed is not there any more."),
                    trained_seconds: 0,
                };
                let holding = &granted.lease.holding;
                let under = (holding.fence, holding.machine);
                let context = Context::by("dispatch");
                let failed = self.dispatcher();
                let failed = failed.report(granted.unit, under, report, &context).await;
                failed.map_err(ApiError::internal)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn links(
        &self,
        terms: &Terms,
        granted: &Granted,
    ) -> Result<(Vec<TaskInput>, Option<TaskCheckpoint>), ApiError> {
        let mut inputs = Vec::with_capacity(terms.inputs.len());
        for input in &terms.inputs {
            let link = self.objects().link_for(input.object, LINKS_LAST).await?;
            inputs.push(TaskInput {
                name: input.name.clone(),
                url: link.url,
                bytes: link.bytes,
                sha256: link.sha256.to_string(),
            });
        }
        let Some(checkpoint) = granted.checkpoint else {
            return Ok((inputs, None));
        };
        let link = self
            .objects()
            .link_for(checkpoint.object, LINKS_LAST)
            .await?;
        let checkpoint = TaskCheckpoint {
            url: link.url,
            bytes: link.bytes,
            sha256: link.sha256.to_string(),
            step: checkpoint.step,
        };
        Ok((inputs, Some(checkpoint)))
    }
}

fn not_brought(field: &'static str) -> ApiError {
    ApiError::new(&NOT_BROUGHT)
        .detail("Upload it for this unit and complete the upload first.")
        .field(field)
}

/// Under whichever fence it was brought: it lies there for the unit.
fn is_under(under: Option<&Under>, unit: UnitId) -> bool {
    let under = under.map(ToString::to_string).unwrap_or_default();
    let rest = under.strip_prefix(&unit.to_string());
    rest.is_some_and(|rest| rest.starts_with('/'))
}
