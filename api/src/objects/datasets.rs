//! Datasets: bring a small one at once, see what was found in each, delete.

use axum::body::Body as Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::objects::{Object, ObjectId, ObjectKind, RemovedBecause};
use domain::users::{Scope, UserId};
use projections::objects::{self as read, Objects as Shown};
use projections::tenants;
use utoipa_axum::routes;

use super::bringing::{Called, Which};
use super::shown::{InspectedDataset, ShownDataset};
use super::{Objects, identity};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::page::Page;
use crate::parameters::{Path, Query};
use crate::position::{Position, Reached};
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, Changed};

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, bring))
        .routes(routes!(show, delete))
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
    let (limit, before) = which.page()?;
    let (owner, kind) = (caller.actor(), ObjectKind::Dataset.name());
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let found = read::list(&mut *tenant, &owner, kind, before, limit + 1).await?;
    drop(tenant);
    let names = objects.names_of(&found).await?;
    let show = |row: read::Object| {
        let name = names.of(&row).unwrap_or_else(|| kind.to_owned());
        ShownDataset::of(row, name)
    };
    Ok(Json(Page::of(found, limit, |it| it.opened_position, show)))
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
    Query(named): Query<Called>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    caller.insist(Scope::JobsWrite)?;
    let what = (ObjectKind::Dataset, named);
    let brought = objects.bring(&asked, &caller, what, &headers, body).await?;
    let shown = objects.shown(brought.object, caller.user()).await?;
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

    pub(super) async fn shown(
        &self,
        object: ObjectId,
        user: UserId,
    ) -> Result<InspectedDataset, ApiError> {
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
