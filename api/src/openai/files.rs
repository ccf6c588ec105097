//! Files: datasets that somebody brought, and what came of their trainings.

use ::objects::Report;
use axum::body::Bytes;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use domain::objects::{Object, ObjectId, ObjectKind, RemovedBecause, Usable};
use domain::users::{Digest, Scope, UserId};
use projections::objects::{self as read, From};
use projections::tenants;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::bringing::{Brought, Source, keep};
use super::form::{FORM_BYTES_MAX, Form, unnamed};
use super::list::{List, Page, unknown_after};
use super::owned::OwnFile;
use super::problems::{FILE_KEPT, invalid, purpose};
use super::{ids, settled};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::objects::{FileName, Objects};
use crate::parameters::Query;
use crate::problem::ApiError;
use crate::users::Caller;

pub const FINE_TUNE: &str = "fine-tune";
const RESULTS: &str = "fine-tune-results";
const SHOWN_AT_ONCE: i64 = 1_000;
/// Of what is wrong with a file, so much is said.
const FINDINGS_SAID: usize = 5;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create, list))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .routes(routes!(retrieve, delete))
        .routes(routes!(content))
}

/// A form with a file
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenAiNewFile)]
#[expect(dead_code, reason = "it only says what the form looks like")]
struct NewFile {
    /// `fine-tune`
    #[schema(pattern = "^fine-tune$")]
    purpose: String,
    /// 64 MiB at most; what is larger is uploaded in parts
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A file
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiFile)]
pub struct FileObject {
    #[schema(example = "file-01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    pub id: String,
    #[schema(example = "file")]
    object: &'static str,
    bytes: u64,
    created_at: i64,
    filename: String,
    /// `fine-tune`, or `fine-tune-results` for what came of a job
    purpose: &'static str,
    /// `processed`, or `error` for what cannot be trained on
    status: &'static str,
    status_details: Option<String>,
    expires_at: Option<i64>,
}

/// A file that is gone
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiFileDeleted)]
pub struct FileDeleted {
    id: String,
    object: &'static str,
    deleted: bool,
}

/// Which files
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// The last one that was seen
    #[param(max_length = 200)]
    after: Option<String>,
    #[param(minimum = 1, maximum = 10000)]
    limit: Option<i64>,
    /// `asc` or `desc`, by when they came
    #[param(pattern = "^(asc|desc)$")]
    order: Option<String>,
    /// `fine-tune` or `fine-tune-results`
    purpose: Option<String>,
}

fn purpose_of(kind: &str) -> &'static str {
    if kind == ObjectKind::Artifact.name() {
        RESULTS
    } else {
        FINE_TUNE
    }
}

impl FileObject {
    fn new(
        object: ObjectId,
        kind: &str,
        bytes: u64,
        at: DateTime<Utc>,
        filename: String,
        refused: bool,
    ) -> Self {
        Self {
            id: ids::of_file(object),
            object: "file",
            bytes,
            created_at: at.timestamp(),
            filename,
            purpose: purpose_of(kind),
            status: if refused { "error" } else { "processed" },
            status_details: None,
            expires_at: None,
        }
    }

    /// As it stands, with what is wrong with it.
    pub async fn of(objects: &Objects, object: ObjectId, state: &Object) -> Result<Self, ApiError> {
        let Object::Stored {
            opened,
            bytes,
            inspected,
            ..
        } = state
        else {
            return Err(ApiError::new(&crate::problem::kinds::NOT_FOUND));
        };
        let verdict = inspected.as_ref().map(|it| it.verdict);
        let refused = verdict == Some(Usable::Refused);
        let name = objects.name(object).await?;
        let mut shown = Self::new(object, opened.kind.name(), *bytes, opened.at, name, refused);
        if opened.kind == ObjectKind::Dataset && inspected.is_none() {
            shown.status = "uploaded";
        }
        if refused {
            shown.status_details = Some(why(&objects.report(object).await?));
        }
        Ok(shown)
    }

    fn of_row(row: &read::Object, name: Option<String>) -> Result<Self, ApiError> {
        let object: ObjectId = row.object.parse().map_err(ApiError::internal)?;
        let refused = row.verdict.as_deref() == Some("refused");
        let bytes = u64::try_from(row.bytes).map_err(ApiError::internal)?;
        let name = name.unwrap_or_else(|| row.kind.clone());
        Ok(Self::new(
            object,
            &row.kind,
            bytes,
            row.opened_at,
            name,
            refused,
        ))
    }
}

fn why(report: &Report) -> String {
    let refusing = report.findings.iter().filter(|it| it.refuses);
    let said: Vec<String> = refusing
        .take(FINDINGS_SAID)
        .map(|finding| match finding.line {
            Some(line) => format!("line {line}: {}", finding.message),
            None => finding.message.clone(),
        })
        .collect();
    said.join("; ")
}

/// Upload a file
///
/// A CSV, a ZIP of images or CIFAR-10 is kept as it is. A file named `.jsonl` is read as examples,
/// `{"messages"}`, `{"prompt", "completion"}` or `{"text", "label"}`, and kept as the table
/// `text,label` that they make.
#[utoipa::path(post, path = "/openai/v1/files", tag = "openai",
    operation_id = "openai_create_file", security(("bearer" = [])),
    request_body(content = NewFile, content_type = "multipart/form-data"),
    responses((status = 200, description = "The file", body = FileObject)))]
async fn create(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Json<FileObject>, ApiError> {
    caller.insist(Scope::JobsWrite)?;
    let mut form = Form::read(form, "file", &["purpose"]).await?;
    purpose(form.text("purpose")?)?;
    let object = ObjectId::new(asked.id(&caller.actor()));
    let name = file_name(form.name.take(), object)?;
    let bytes = Bytes::from(std::mem::take(&mut form.file));
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    let fingerprint = format!("{name}\n{}", Digest::new(sha256));
    let context = asked.context(&caller.actor(), fingerprint.as_bytes());
    let brought = Brought {
        object,
        owner: caller.user(),
        name,
        md5: None,
    };
    keep(&objects, brought, &Source::Memory(bytes), &context).await?;
    let state = objects.object(object).await?;
    Ok(Json(FileObject::of(&objects, object, &state).await?))
}

/// A path is left off, as some programs send one.
pub fn file_name(said: Option<String>, object: ObjectId) -> Result<String, ApiError> {
    let Some(said) = said.filter(|it| !it.is_empty()) else {
        return Ok(unnamed(object));
    };
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    FileName::from(last.to_owned())
        .checked()
        .map_err(|_| invalid("file", "A file's name is one line of 1 to 200 characters."))
}

/// Your files, the latest first
#[utoipa::path(get, path = "/openai/v1/files", tag = "openai", operation_id = "openai_list_files",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of files", body = List<FileObject>)))]
async fn list(
    api: Api,
    caller: Caller,
    objects: Extension<Objects>,
    Query(which): Query<Which>,
) -> Result<Json<List<FileObject>>, ApiError> {
    caller.insist(Scope::Read)?;
    let page = Page {
        after: which.after,
        limit: which.limit,
    };
    let limit = page.limit(SHOWN_AT_ONCE, SHOWN_AT_ONCE)?;
    let kinds: &[&str] = match which.purpose.as_deref() {
        None => &[ObjectKind::Dataset.name(), ObjectKind::Artifact.name()],
        Some(FINE_TUNE) => &[ObjectKind::Dataset.name()],
        Some(RESULTS) => &[ObjectKind::Artifact.name()],
        Some(_) => return Err(invalid("purpose", "Send fine-tune or fine-tune-results.")),
    };
    let ascending = match which.order.as_deref() {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(_) => return Err(invalid("order", "Send asc or desc.")),
    };
    settled::<read::Objects>(&api).await?;
    let user = caller.user();
    let place = place(&api, user, page.after.as_deref()).await?;
    let from = match (ascending, place) {
        (true, place) => From::After(place.unwrap_or(0)),
        (false, place) => From::Before(place.unwrap_or(i64::MAX)),
    };
    let mut tenant = tenants::as_tenant(api.pool(), user).await?;
    let found = read::stored(&mut *tenant, &caller.actor(), kinds, from, limit + 1).await?;
    drop(tenant);
    let names = objects.names_of(&found).await?;
    let shown = found.into_iter().map(|row| {
        let name = names.of(&row);
        FileObject::of_row(&row, name)
    });
    let shown = shown.collect::<Result<Vec<_>, _>>()?;
    Ok(Json(List::of(shown, limit, |file| file.id.clone())))
}

/// Where the file came that was seen last.
async fn place(api: &Api, user: UserId, after: Option<&str>) -> Result<Option<i64>, ApiError> {
    let Some(after) = after else { return Ok(None) };
    let object = ids::file(after).ok_or_else(unknown_after)?;
    let mut tenant = tenants::as_tenant(api.pool(), user).await?;
    let found = read::of(&mut *tenant, &object.to_string()).await?;
    let found = found.filter(|it| it.owner == user.to_string());
    Ok(Some(found.ok_or_else(unknown_after)?.opened_position))
}

/// One of your files
#[utoipa::path(get, path = "/openai/v1/files/{file}", tag = "openai",
    operation_id = "openai_retrieve_file", security(("bearer" = [])),
    params(("file" = String, Path, description = "Which file")),
    responses((status = 200, description = "The file", body = FileObject)))]
async fn retrieve(file: OwnFile) -> Result<Json<FileObject>, ApiError> {
    file.caller.insist(Scope::Read)?;
    let shown = FileObject::of(&file.objects, file.object, &file.state).await?;
    Ok(Json(shown))
}

/// Delete a file
///
/// A dataset goes; what came of a job stays with it.
#[utoipa::path(delete, path = "/openai/v1/files/{file}", tag = "openai",
    operation_id = "openai_delete_file", security(("bearer" = [])),
    params(("file" = String, Path, description = "Which file")),
    responses((status = 200, description = "It is gone", body = FileDeleted)))]
async fn delete(asked: Asked, file: OwnFile) -> Result<Json<FileDeleted>, ApiError> {
    file.caller.insist(Scope::JobsWrite)?;
    if file.state.opened().map(|it| it.kind) != Some(ObjectKind::Dataset) {
        return Err(ApiError::new(&FILE_KEPT).detail("Files that you brought can be deleted."));
    }
    let context = asked.context(&file.caller.actor(), b"").without_key();
    file.objects
        .remove(file.object, RemovedBecause::Owner, &context)
        .await?;
    Ok(Json(FileDeleted {
        id: ids::of_file(file.object),
        object: "file",
        deleted: true,
    }))
}

/// What is in a file
///
/// Of what came of a job, this is the ZIP with the model, what was measured, and `predict.py`.
#[utoipa::path(get, path = "/openai/v1/files/{file}/content", tag = "openai",
    operation_id = "openai_file_content", security(("bearer" = [])),
    params(("file" = String, Path, description = "Which file")),
    responses(
        (status = 200, description = "The bytes", body = String,
            content_type = "application/octet-stream"),
        (status = 206, description = "Some of the bytes", body = String,
            content_type = "application/octet-stream")))]
async fn content(file: OwnFile, headers: HeaderMap) -> Result<Response, ApiError> {
    file.caller.insist(Scope::Read)?;
    file.objects.content(file.object, &headers).await
}
