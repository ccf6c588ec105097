//! Bringing something in parts: begin, send, look what is missing, complete or cancel.

use axum::body::Body as Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::objects::{Object, ObjectId, ObjectKind, RemovedBecause};
use domain::users::{Digest, Scope, UserId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::opening::NewObject;
use super::problems::unshelved;
use super::shown::{Brought, FileName, ShownObject, ShownUpload};
use super::{Objects, identity};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::{Body, whole_number};
use crate::parameters::Path;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, Changed, rfc3339};

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(begin))
        .routes(routes!(show, cancel))
        .routes(routes!(part))
        .routes(routes!(complete))
}

impl Caller {
    /// A dataset is part of work, a paper part of an account.
    fn insist_for(&self, kind: ObjectKind) -> Result<(), ApiError> {
        match kind {
            ObjectKind::Document => self.insist(Scope::AccountWrite),
            ObjectKind::Dataset
            | ObjectKind::Checkpoint
            | ObjectKind::Artifact
            | ObjectKind::Part => self.insist(Scope::JobsWrite),
        }
    }
}

impl Objects {
    /// The object, if this user brings it themselves: what machines bring is theirs to complete.
    async fn own_upload(&self, object: ObjectId, user: UserId) -> Result<Object, ApiError> {
        let state = self.own(object, user).await?;
        let is_brought = state
            .opened()
            .is_some_and(|it| it.kind.is_brought() && it.kind != ObjectKind::Part);
        if is_brought {
            Ok(state)
        } else {
            Err(ApiError::new(&kinds::NOT_FOUND))
        }
    }
}

/// What is to be uploaded
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUpload {
    kind: Brought,
    name: FileName,
    /// How large it is; at most 8 GiB
    #[schema(minimum = 1, maximum = 8_589_934_592_u64)]
    #[serde(deserialize_with = "whole_number")]
    bytes: u64,
    /// What it comes to, so that nothing else is taken for it
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: Option<String>,
}

impl NewUpload {
    fn checked(self, object: ObjectId, caller: &Caller) -> Result<NewObject, ApiError> {
        let kind = match self.kind {
            Brought::Dataset => ObjectKind::Dataset,
            Brought::Document => ObjectKind::Document,
        };
        let sha256 = self.sha256.map(|text| text.parse::<Digest>()).transpose();
        let sha256 = sha256.map_err(|error| {
            ApiError::new(&kinds::BODY_INVALID)
                .detail(format!("Here {error}."))
                .field("sha256")
        })?;
        Ok(NewObject {
            object,
            owner: caller.user(),
            kind,
            name: Some(self.name.checked()?),
            bytes: self.bytes,
            sha256,
            under: None,
        })
    }
}

/// Begin an upload
///
/// Send each part to its link, or to `/v1/uploads/{object}/parts/{number}`, in any order, several
/// at once, again where one was lost; then complete it.
#[utoipa::path(post, path = "/v1/uploads", tag = "objects", operation_id = "begin_upload",
    security(("bearer" = [])), request_body = NewUpload,
    responses((status = 201, description = "Where to send the parts", body = ShownUpload)))]
async fn begin(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    body: Body<NewUpload>,
) -> Result<Response, ApiError> {
    let actor = caller.actor();
    let new = body
        .value
        .checked(ObjectId::new(asked.id(&actor)), &caller)?;
    caller.insist_for(new.kind)?;
    let (kind, bytes) = (new.kind.name(), new.bytes);
    let context = asked.context(&actor, &body.bytes);
    let opening = objects.open(new, &context).await?;
    let shown = ShownUpload::opened(&opening, kind, bytes);
    let position = Position(opening.position);
    Ok((StatusCode::CREATED, position, Json(shown)).into_response())
}

/// An upload: what has arrived, and where the rest goes
#[utoipa::path(get, path = "/v1/uploads/{object}", tag = "objects", operation_id = "show_upload",
    security(("bearer" = [])),
    params(("object" = String, Path, description = "Which upload")),
    responses((status = 200, description = "As it stands", body = ShownUpload)))]
async fn show(
    caller: Caller,
    objects: Extension<Objects>,
    Path(object): Path<String>,
) -> Result<Json<ShownUpload>, ApiError> {
    caller.insist(Scope::Read)?;
    let object = identity(&object)?;
    let state = objects.own_upload(object, caller.user()).await?;
    let mut on_its_way = None;
    if matches!(state, Object::Open(_)) {
        let room = objects.arriving(object).await?;
        let upload = objects.upload(&room).await?;
        let arrived = objects.shelf().parts(&upload).await.map_err(unshelved)?;
        let missing = upload.missing(&arrived);
        let expires_at = room.expires_at.map(rfc3339).unwrap_or_default();
        let links = objects.part_links(&upload).await?;
        on_its_way = Some((links, missing, expires_at));
    }
    Ok(Json(ShownUpload::of(object, &state, on_its_way)?))
}

/// Send a part
///
/// `x-part-sha256` may say what it comes to, in hexadecimal digits.
#[utoipa::path(put, path = "/v1/uploads/{object}/parts/{number}", tag = "objects",
    operation_id = "send_part", security(("bearer" = [])),
    params(
        ("object" = String, Path, description = "Which upload"),
        ("number" = String, Path, description = "Which part, from 1", pattern = "^[1-9][0-9]{0,3}$")),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 204, description = "The part has arrived")))]
async fn part(
    caller: Caller,
    objects: Extension<Objects>,
    Path((object, number)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, ApiError> {
    let object = identity(&object)?;
    let state = objects.own_upload(object, caller.user()).await?;
    let opened = state.opened().ok_or(&kinds::NOT_FOUND)?;
    caller.insist_for(opened.kind)?;
    let number = number.parse().map_err(|_| &kinds::NOT_FOUND)?;
    objects.receive(object, number, &headers, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Complete an upload
///
/// All of it is read once. Where that takes long, the answer is 503 with `Retry-After`: complete it
/// again to hear how it went.
#[utoipa::path(post, path = "/v1/uploads/{object}/complete", tag = "objects",
    operation_id = "complete_upload", security(("bearer" = [])),
    params(("object" = String, Path, description = "Which upload")),
    responses((status = 200, description = "It is there in full", body = ShownObject)))]
async fn complete(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    Path(object): Path<String>,
) -> Result<Json<ShownObject>, ApiError> {
    let object = identity(&object)?;
    let state = objects.own_upload(object, caller.user()).await?;
    let opened = state.opened().ok_or(&kinds::NOT_FOUND)?;
    caller.insist_for(opened.kind)?;
    let context = asked.context(&caller.actor(), b"").without_key();
    let completed = objects.complete(object, &context).await?;
    Ok(Json((&completed).into()))
}

/// Cancel an upload
#[utoipa::path(delete, path = "/v1/uploads/{object}", tag = "objects",
    operation_id = "cancel_upload", security(("bearer" = [])),
    params(("object" = String, Path, description = "Which upload")),
    responses((status = 204, description = "What arrived of it is gone")))]
async fn cancel(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    Path(object): Path<String>,
) -> Result<Changed, ApiError> {
    let object = identity(&object)?;
    let state = objects.own_upload(object, caller.user()).await?;
    let opened = state.opened().ok_or(&kinds::NOT_FOUND)?;
    caller.insist_for(opened.kind)?;
    if !matches!(state, Object::Open(_)) {
        return Err(ApiError::new(&super::problems::COMPLETE)
            .detail("Delete the dataset instead, if it is one."));
    }
    let context = asked.context(&caller.actor(), b"").without_key();
    let position = objects.remove(object, RemovedBecause::Owner, &context);
    Ok(Changed(Position(position.await?)))
}
