//! Datasets: bring a small one at once, see what was found in each, delete.

use axum::body::Body as Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::objects::{Object, ObjectId, ObjectKind, RemovedBecause};
use domain::users::{Scope, UserId};
use projections::objects::{self as read, Objects as Shown};
use projections::tenants;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::body::length;
use super::opening::NewObject;
use super::problems::TOO_LARGE;
use super::shown::{FileName, InspectedDataset, ShownDataset};
use super::{Objects, identity, name_field};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::page::{self, Page};
use crate::parameters::{Path, Query};
use crate::position::{Position, Reached};
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, Changed};

/// What comes in one request is one part.
const AT_ONCE_BYTES_MAX: u64 = 64 << 20;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, bring))
        .routes(routes!(show, delete))
}

/// Which page of them
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Your datasets, the newest first
#[utoipa::path(get, path = "/v1/datasets", tag = "objects", operation_id = "list_datasets",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of datasets", body = Page<ShownDataset>)))]
async fn list(
    api: Api,
    caller: Caller,
    objects: Extension<Objects>,
    Query(which): Query<Which>,
    _: Reached<Shown>,
) -> Result<Json<Page<ShownDataset>>, ApiError> {
    caller.insist(Scope::Read)?;
    let limit = page::limit(which.limit)?;
    let before = page::place(which.cursor.as_deref())?.unwrap_or(i64::MAX);
    let (owner, kind) = (caller.actor(), ObjectKind::Dataset.name());
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let found = read::list(&mut *tenant, &owner, kind, before, limit + 1).await?;
    drop(tenant);
    let kept = objects.0.0.users.vault().all(&owner).await;
    let kept = kept.map_err(ApiError::internal)?;
    let show = |row: read::Object| {
        let field = row.object.parse().map(name_field).unwrap_or_default();
        let name = kept.iter().find(|(name, _)| *name == field);
        let name = name.map_or_else(|| kind.to_owned(), |(_, name)| name.clone());
        ShownDataset::of(row, name)
    };
    Ok(Json(Page::of(found, limit, |it| it.opened_position, show)))
}

/// How it is called
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Called {
    name: FileName,
}

/// Bring a dataset at once
///
/// The body is the file itself, 64 MiB at most. What is larger is uploaded in parts.
#[utoipa::path(post, path = "/v1/datasets", tag = "objects", operation_id = "bring_dataset",
    security(("bearer" = [])), params(Called),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 201, description = "The dataset, and what was found in it",
        body = InspectedDataset)))]
async fn bring(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    Query(called): Query<Called>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    caller.insist(Scope::JobsWrite)?;
    let (actor, bytes) = (caller.actor(), length(&headers)?);
    if bytes > AT_ONCE_BYTES_MAX {
        return Err(ApiError::new(&TOO_LARGE).detail("Upload it in parts: see /v1/uploads."));
    }
    let name = called.name.checked()?;
    let object = ObjectId::new(asked.id(&actor));
    // The bytes themselves are not held against the key: they have not been read.
    let fingerprint = format!("{name}\n{bytes}");
    let context = asked.context(&actor, fingerprint.as_bytes());
    let new = NewObject {
        object,
        owner: caller.user(),
        kind: ObjectKind::Dataset,
        name: Some(name),
        bytes,
        sha256: None,
        under: None,
    };
    objects.open(new, &context).await?;
    if let Object::Open(_) = objects.own(object, caller.user()).await? {
        objects.receive(object, 1, &headers, body).await?;
    }
    objects.complete(object, &context).await?;
    let shown = objects.shown(object, caller.user()).await?;
    let position = Position(objects.log().head().await?.position);
    Ok((StatusCode::CREATED, position, Json(shown)).into_response())
}

/// A dataset, and what was found in it
#[utoipa::path(get, path = "/v1/datasets/{object}", tag = "objects",
    operation_id = "show_dataset", security(("bearer" = [])),
    params(("object" = String, Path, description = "Which dataset")),
    responses((status = 200, description = "As it stands", body = InspectedDataset)))]
async fn show(
    caller: Caller,
    objects: Extension<Objects>,
    Path(object): Path<String>,
) -> Result<Json<InspectedDataset>, ApiError> {
    caller.insist(Scope::Read)?;
    let shown = objects.shown(identity(&object)?, caller.user()).await?;
    Ok(Json(shown))
}

/// Delete a dataset
#[utoipa::path(delete, path = "/v1/datasets/{object}", tag = "objects",
    operation_id = "delete_dataset", security(("bearer" = [])),
    params(("object" = String, Path, description = "Which dataset")),
    responses((status = 204, description = "Its bytes are gone")))]
async fn delete(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    Path(object): Path<String>,
) -> Result<Changed, ApiError> {
    caller.insist(Scope::JobsWrite)?;
    let object = identity(&object)?;
    objects.own_dataset(object, caller.user()).await?;
    let context = asked.context(&caller.actor(), b"").without_key();
    let position = objects.remove(object, RemovedBecause::Owner, &context);
    Ok(Changed(Position(position.await?)))
}

impl Objects {
    /// The object, if it is a dataset of this user and not over.
    pub async fn own_dataset(&self, object: ObjectId, user: UserId) -> Result<Object, ApiError> {
        let state = self.own(object, user).await?;
        let is_dataset = state.opened().map(|it| it.kind) == Some(ObjectKind::Dataset);
        if is_dataset {
            Ok(state)
        } else {
            Err(ApiError::new(&kinds::NOT_FOUND))
        }
    }

    async fn shown(&self, object: ObjectId, user: UserId) -> Result<InspectedDataset, ApiError> {
        let state = self.own_dataset(object, user).await?;
        let is_inspected =
            matches!(&state, Object::Stored { inspected, .. } if inspected.is_some());
        let inspection = if is_inspected {
            Some(self.report(object).await?)
        } else {
            None
        };
        let name = self.name(object).await?;
        Ok(InspectedDataset {
            dataset: ShownDataset::of_state(object, &state, name)?,
            inspection,
        })
    }
}
