//! Uploads: something large that comes in parts of any size, put together in the order that is
//! said at the end.

use std::collections::BTreeSet;

use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use domain::objects::{Object, ObjectId, ObjectKind, Over, RemovedBecause};
use domain::users::Scope;
use serde::{Deserialize, Serialize};
use store::ids as fresh;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::bringing::{Brought, Source, is_json_lines, keep};
use super::files::{FileObject, file_name};
use super::ids;
use super::owned::OwnUpload;
use super::parts::under;
use super::problems::{UPLOAD_STATE, invalid, purpose};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::{Body, whole_number};
use crate::objects::{NewObject, Objects};
use crate::problem::{ApiError, kinds};
use crate::users::Caller;

const PARTS_MAX: usize = 10_000;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create))
        .routes(routes!(complete))
        .routes(routes!(cancel))
}

/// An upload to be
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenAiNewUpload)]
pub struct NewUpload {
    /// How large all of it is; at most 8 GiB
    #[schema(minimum = 1, maximum = 8_589_934_592_u64)]
    #[serde(deserialize_with = "whole_number")]
    bytes: u64,
    #[schema(min_length = 1, max_length = 200, example = "reviews.jsonl")]
    filename: String,
    /// What it is; what is in the file counts
    #[schema(example = "text/jsonl")]
    #[expect(
        dead_code,
        reason = "whoever sends a file knows less of it than the file says"
    )]
    mime_type: String,
    /// `fine-tune`
    #[schema(pattern = "^fine-tune$")]
    purpose: String,
}

/// All parts have come
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenAiUploadCompletion)]
pub struct Completion {
    /// In the order in which they make the file
    #[schema(max_items = 10000)]
    part_ids: Vec<String>,
    /// What all of it comes to, in hexadecimal digits
    #[schema(pattern = "^[0-9A-Fa-f]{32}$")]
    md5: Option<String>,
}

/// An upload
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiUpload)]
pub struct Upload {
    #[schema(example = "upload_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    #[schema(example = "upload")]
    object: &'static str,
    bytes: u64,
    created_at: i64,
    expires_at: i64,
    filename: String,
    purpose: &'static str,
    /// `pending`, `completed`, `cancelled` or `expired`
    status: &'static str,
    /// What came of it
    file: Option<FileObject>,
}

impl Upload {
    fn new(
        object: ObjectId,
        bytes: u64,
        (at, until): (DateTime<Utc>, DateTime<Utc>),
        filename: String,
        status: &'static str,
    ) -> Self {
        Self {
            id: ids::of_upload(object),
            object: "upload",
            bytes,
            created_at: at.timestamp(),
            expires_at: until.timestamp(),
            filename,
            purpose: super::files::FINE_TUNE,
            status,
            file: None,
        }
    }

    fn of(upload: &OwnUpload, filename: String, status: &'static str) -> Self {
        let opened = &upload.opened;
        let times = (opened.at, opened.expires_at);
        Self::new(upload.object, opened.bytes, times, filename, status)
    }
}

/// Lines of JSON become a table of another size, so that is another object: always the same one.
fn table_of(upload: ObjectId) -> ObjectId {
    ObjectId::new(fresh::derived(&upload.to_string(), "openai-table"))
}

/// Begin an upload
///
/// It is let go when no part of it has come for an hour.
#[utoipa::path(post, path = "/openai/v1/uploads", tag = "openai",
    operation_id = "openai_create_upload", security(("bearer" = [])), request_body = NewUpload,
    responses((status = 200, description = "The upload", body = Upload)))]
async fn create(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    body: Body<NewUpload>,
) -> Result<Json<Upload>, ApiError> {
    caller.insist(Scope::JobsWrite)?;
    let Body { value: new, bytes } = body;
    purpose(&new.purpose)?;
    let object = ObjectId::new(asked.id(&caller.actor()));
    let name = file_name(Some(new.filename), object)
        .map_err(|refusal| refusal.renaming(|_| "filename".to_owned()))?;
    let context = asked.context(&caller.actor(), &bytes);
    let opening = NewObject {
        object,
        owner: caller.user(),
        kind: ObjectKind::Dataset,
        name: Some(name.clone()),
        bytes: new.bytes,
        sha256: None,
        under: None,
    };
    let opening = objects.open(opening, &context).await?;
    let times = (objects.now(), opening.expires_at);
    Ok(Json(Upload::new(object, new.bytes, times, name, "pending")))
}

/// Complete an upload
///
/// Its parts are put together, held against the size and the MD5 that were said, and looked into.
#[utoipa::path(post, path = "/openai/v1/uploads/{upload}/complete", tag = "openai",
    operation_id = "openai_complete_upload", security(("bearer" = [])),
    params(("upload" = String, Path, description = "Which upload")), request_body = Completion,
    responses((status = 200, description = "The upload, with its file", body = Upload)))]
async fn complete(
    asked: Asked,
    upload: OwnUpload,
    body: Body<Completion>,
) -> Result<Json<Upload>, ApiError> {
    upload.caller.insist(Scope::JobsWrite)?;
    let objects = &upload.objects;
    if let Some(file) = came_of(&upload).await? {
        return Ok(Json(completed(&upload, file).await?));
    }
    if !matches!(upload.state, Object::Open(_)) {
        return Err(ApiError::new(&UPLOAD_STATE).detail("Begin a new one."));
    }
    let parts = upload.parts(&body.value.part_ids).await?;
    let name = objects.name(upload.object).await?;
    let is_table = is_json_lines(&name);
    let object = if is_table {
        table_of(upload.object)
    } else {
        upload.object
    };
    let context = asked.context(&upload.caller.actor(), b"").without_key();
    let brought = Brought {
        object,
        owner: upload.caller.user(),
        name,
        md5: body.value.md5,
    };
    let source = Source::Parts(parts);
    keep(objects, brought, &source, &context).await?;
    let shown = completed(&upload, object).await?;
    let Source::Parts(mut superfluous) = source else {
        return Ok(Json(shown));
    };
    superfluous.extend(is_table.then_some(upload.object));
    for part in superfluous {
        objects
            .remove(part, RemovedBecause::Superseded, &context)
            .await?;
    }
    Ok(Json(shown))
}

/// Cancel an upload
#[utoipa::path(post, path = "/openai/v1/uploads/{upload}/cancel", tag = "openai",
    operation_id = "openai_cancel_upload", security(("bearer" = [])),
    params(("upload" = String, Path, description = "Which upload")),
    responses((status = 200, description = "The upload, cancelled", body = Upload)))]
async fn cancel(asked: Asked, upload: OwnUpload) -> Result<Json<Upload>, ApiError> {
    upload.caller.insist(Scope::JobsWrite)?;
    if came_of(&upload).await?.is_some() {
        return Err(ApiError::new(&UPLOAD_STATE)
            .detail("It is complete; delete its file, if it is not wanted."));
    }
    let name = upload.objects.name(upload.object).await?;
    let status = match &upload.state {
        Object::Over {
            over: Over::Expired,
            ..
        } => "expired",
        Object::Over { .. } => "cancelled",
        Object::Absent | Object::Open(_) | Object::Stored { .. } => {
            let context = asked.context(&upload.caller.actor(), b"").without_key();
            upload
                .objects
                .remove(upload.object, RemovedBecause::Owner, &context)
                .await?;
            "cancelled"
        }
    };
    Ok(Json(Upload::of(&upload, name, status)))
}

/// The file that came of an upload, if one did.
async fn came_of(upload: &OwnUpload) -> Result<Option<ObjectId>, ApiError> {
    if matches!(upload.state, Object::Stored { .. }) {
        return Ok(Some(upload.object));
    }
    let table = table_of(upload.object);
    let state = upload.objects.object(table).await?;
    Ok(matches!(state, Object::Stored { .. }).then_some(table))
}

async fn completed(upload: &OwnUpload, file: ObjectId) -> Result<Upload, ApiError> {
    let state = upload.objects.object(file).await?;
    let file = FileObject::of(&upload.objects, file, &state).await?;
    let name = upload.objects.name(upload.object).await?;
    let mut shown = Upload::of(upload, name, "completed");
    shown.file = Some(file);
    Ok(shown)
}

impl OwnUpload {
    /// The parts that were named, each once, of this upload, and as much as was announced.
    async fn parts(&self, named: &[String]) -> Result<Vec<ObjectId>, ApiError> {
        let wrong = |detail: String| invalid("part_ids", detail);
        if named.is_empty() || named.len() > PARTS_MAX {
            return Err(wrong(format!("Name 1 to {PARTS_MAX} parts.")));
        }
        let (mut parts, mut seen, mut bytes) = (Vec::new(), BTreeSet::new(), 0);
        for name in named {
            let nothing = || wrong(format!("This upload has no part {name:?}."));
            let part = ids::part(name).ok_or_else(nothing)?;
            let state = self.objects.object(part).await?;
            let opened = match &state {
                Object::Open(opened) => opened,
                Object::Absent | Object::Stored { .. } | Object::Over { .. } => {
                    return Err(nothing());
                }
            };
            let is_of_this = opened.owner == self.opened.owner
                && opened.kind == ObjectKind::Part
                && opened.under == Some(under(self.object)?);
            if !is_of_this {
                return Err(nothing());
            }
            if !seen.insert(part) {
                return Err(wrong(format!("{name:?} is named twice.")));
            }
            bytes += opened.bytes;
            parts.push(part);
        }
        let announced = self.opened.bytes;
        if bytes != announced {
            return Err(wrong(format!(
                "These parts have {bytes} bytes, and {announced} were announced."
            )));
        }
        Ok(parts)
    }
}

/// Nothing of it may be sent any more.
pub fn still_open(upload: &OwnUpload) -> Result<(), ApiError> {
    match upload.state {
        Object::Open(_) => Ok(()),
        Object::Absent => Err(ApiError::new(&kinds::NOT_FOUND)),
        Object::Stored { .. } | Object::Over { .. } => {
            Err(ApiError::new(&UPLOAD_STATE).detail("Begin a new one."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_an_upload_is_always_the_same_and_never_the_upload() {
        let upload: ObjectId = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab"
            .parse()
            .unwrap();
        assert_eq!(table_of(upload), table_of(upload));
        assert_ne!(table_of(upload), upload);
    }
}
