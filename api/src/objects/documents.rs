//! Papers that show who somebody is: brought by that person, submitted, and shown to who examines.

use axum::body::Body as Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use chrono::TimeDelta;
use domain::objects::{Object, ObjectId, ObjectKind, RemovedBecause};
use domain::users::{Documents, KycCommand, ObjectKey, Scope, UserId};
use projections::objects::{self as read, Objects as Shown};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::bringing::{Called, Which};
use super::linking::ShownLink;
use super::problems::IN_USE;
use super::shown::ShownObject;
use super::{Objects, identity};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::Body;
use crate::page::Page;
use crate::parameters::{Path, Query};
use crate::position::{Position, Reached};
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, Changed, Examiner, KYC_NOT_YOURS, Signed, Users, rfc3339, user_id};

/// Long enough to look at a paper.
const LOOK_LASTS: TimeDelta = TimeDelta::minutes(5);

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, bring))
        .routes(routes!(delete))
        .routes(routes!(submit))
        .routes(routes!(look))
}

/// A document
#[derive(Serialize, ToSchema)]
pub struct ShownDocument {
    #[schema(example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    document: String,
    name: String,
    bytes: i64,
    /// Whether all of it is there
    complete: bool,
    created_at: String,
}

/// Your documents, the newest first
#[utoipa::path(get, path = "/v1/documents", tag = "objects", operation_id = "list_documents",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of documents", body = Page<ShownDocument>)))]
async fn list(
    api: Api,
    caller: Caller,
    objects: Extension<Objects>,
    Query(which): Query<Which>,
    _: Reached<Shown>,
) -> Result<Json<Page<ShownDocument>>, ApiError> {
    caller.insist(Scope::Read)?;
    let (limit, before) = which.page()?;
    let (owner, kind) = (caller.actor(), ObjectKind::Document.name());
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let found = read::list(&mut *tenant, &owner, kind, before, limit + 1).await?;
    drop(tenant);
    let names = objects.names_of(&found).await?;
    let show = |row: read::Object| ShownDocument {
        name: names.of(&row).unwrap_or_default(),
        document: row.object,
        bytes: row.bytes,
        complete: row.standing == "stored",
        created_at: rfc3339(row.opened_at),
    };
    Ok(Json(Page::of(found, limit, |it| it.opened_position, show)))
}

/// Bring a document at once
///
/// The body is the file itself, 64 MiB at most. What is larger is uploaded in parts.
#[utoipa::path(post, path = "/v1/documents", tag = "objects", operation_id = "bring_document",
    security(("bearer" = [])), params(Called),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 201, description = "The document", body = ShownObject)))]
async fn bring(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    Query(named): Query<Called>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    caller.insist(Scope::AccountWrite)?;
    let what = (ObjectKind::Document, named);
    let brought = objects.bring(&asked, &caller, what, &headers, body).await?;
    let position = Position(objects.log().head().await?.position);
    let shown = ShownObject::from(&brought);
    Ok((StatusCode::CREATED, position, Json(shown)).into_response())
}

/// Delete a document
///
/// One that waits to be examined stays until that is decided.
#[utoipa::path(delete, path = "/v1/documents/{object}", tag = "objects",
    operation_id = "delete_document", security(("bearer" = [])),
    params(("object" = String, Path, description = "Which document")),
    responses((status = 204, description = "Its bytes are gone")))]
async fn delete(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    users: Extension<Users>,
    Path(object): Path<String>,
) -> Result<Changed, ApiError> {
    caller.insist(Scope::AccountWrite)?;
    let object = identity(&object)?;
    objects.own_document(object, caller.user()).await?;
    let waiting = users.waiting_documents(caller.user()).await?;
    if waiting.contains(&object.to_string()) {
        return Err(ApiError::new(&IN_USE).detail("Wait until it has been examined."));
    }
    let context = asked.context(&caller.actor(), b"").without_key();
    let position = objects.remove(object, RemovedBecause::Owner, &context);
    Ok(Changed(Position(position.await?)))
}

/// Documents to be looked at
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDocuments {
    /// As they were brought to `/v1/documents` or uploaded
    #[schema(min_items = 1, max_items = 10,
        example = json!(["object_01936b1e-7c1a-7d3e-8f00-0123456789ab"]))]
    documents: Vec<String>,
}

/// Submit documents to be examined
#[utoipa::path(post, path = "/v1/me/kyc", tag = "users", operation_id = "submit_kyc",
    security(("bearer" = [])), request_body = NewDocuments,
    responses((status = 204, description = "The documents wait to be looked at")))]
async fn submit(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    objects: Extension<Objects>,
    body: Body<NewDocuments>,
) -> Result<Changed, ApiError> {
    let user = caller.user();
    let count = body.value.documents.len();
    let wrong_count = || {
        ApiError::new(&kinds::BODY_INVALID)
            .detail("Send 1 to 10 documents.")
            .field("documents")
    };
    if !(1..=domain::users::DOCUMENTS_MAX).contains(&count) {
        return Err(wrong_count());
    }
    let mut keys = Vec::with_capacity(count);
    for (index, text) in body.value.documents.into_iter().enumerate() {
        let known = objects.is_document_of(&text, user).await?;
        let key = ObjectKey::try_new(text).ok().filter(|_| known);
        keys.push(key.ok_or_else(|| {
            ApiError::new(&KYC_NOT_YOURS)
                .detail("Send documents of your own that are there in full.")
                .field(format!("documents[{index}]"))
        })?);
    }
    let command = KycCommand::Submit {
        user,
        documents: Documents::try_new(keys).map_err(|_| wrong_count())?,
        at: objects.now(),
    };
    users
        .examine(&asked, &caller.actor(), &body.bytes, user, command)
        .await
}

/// A temporary link to a document that waits to be examined
#[utoipa::path(get, path = "/v1/kyc/{user}/documents/{object}/link", tag = "staff",
    operation_id = "look_at_document", security(("bearer" = [])),
    params(
        ("user" = String, Path, description = "Whose examination"),
        ("object" = String, Path, description = "Which document")),
    responses((status = 200, description = "Whoever has it may read, for five minutes",
        body = ShownLink)))]
async fn look(
    _: Examiner,
    users: Extension<Users>,
    objects: Extension<Objects>,
    Path((user, object)): Path<(String, String)>,
) -> Result<Json<ShownLink>, ApiError> {
    let user = user_id(&user)?;
    let object = identity(&object)?;
    let waiting = users.waiting_documents(user).await?;
    if !waiting.contains(&object.to_string()) {
        return Err(ApiError::new(&kinds::NOT_FOUND));
    }
    objects.own_document(object, user).await?;
    Ok(Json(objects.link_for(object, LOOK_LASTS).await?.into()))
}

impl Objects {
    /// The object, if it is a document of this user and not over.
    async fn own_document(&self, object: ObjectId, user: UserId) -> Result<Object, ApiError> {
        let state = self.own(object, user).await?;
        if state.opened().map(|it| it.kind) == Some(ObjectKind::Document) {
            Ok(state)
        } else {
            Err(ApiError::new(&kinds::NOT_FOUND))
        }
    }

    /// Whether this names a document of this user that is there in full.
    async fn is_document_of(&self, text: &str, user: UserId) -> Result<bool, ApiError> {
        let Ok(object) = text.parse::<ObjectId>() else {
            return Ok(false);
        };
        let state = self.object(object).await?;
        let is_document = state.opened().map(|it| it.kind) == Some(ObjectKind::Document);
        let is_whole = matches!(state, Object::Stored { .. });
        Ok(is_document && is_whole && state.owner() == Some(user))
    }
}
