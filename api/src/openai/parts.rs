//! Parts of an upload: each is kept on its own until they are put together, or for an hour.

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, Multipart};
use domain::objects::{Object, ObjectId, ObjectKind, Under};
use domain::users::{Digest, Scope};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::bringing::size_of;
use super::form::{FORM_BYTES_MAX, Form};
use super::ids;
use super::owned::OwnUpload;
use super::problems::invalid;
use super::uploads::still_open;
use crate::api::Routes;
use crate::asked::Asked;
use crate::objects::NewObject;
use crate::problem::ApiError;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(add))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}

/// A form with a part
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenAiNewPart)]
#[expect(dead_code, reason = "it only says what the form looks like")]
struct NewPart {
    /// 64 MiB at most
    #[schema(value_type = String, format = Binary)]
    data: Vec<u8>,
}

/// A part of an upload
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiUploadPart)]
pub struct UploadPart {
    #[schema(example = "part_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    #[schema(example = "upload.part")]
    object: &'static str,
    created_at: i64,
    upload_id: String,
}

/// To which upload a part belongs, as its event has it.
pub fn under(upload: ObjectId) -> Result<Under, ApiError> {
    Under::try_new(format!("upload/{}", upload.uuid())).map_err(ApiError::internal)
}

/// Add a part to an upload
///
/// Of any size, in any order, several at once: completing the upload says in which order they go.
#[utoipa::path(post, path = "/openai/v1/uploads/{upload}/parts", tag = "openai",
    operation_id = "openai_add_upload_part", security(("bearer" = [])),
    params(("upload" = String, Path, description = "Which upload")),
    request_body(content = NewPart, content_type = "multipart/form-data"),
    responses((status = 200, description = "The part", body = UploadPart)))]
async fn add(
    asked: Asked,
    upload: OwnUpload,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Json<UploadPart>, ApiError> {
    upload.caller.insist(Scope::JobsWrite)?;
    still_open(&upload)?;
    let form = Form::read(form, "data", &[]).await?;
    let bytes = u64::try_from(form.file.len()).map_err(ApiError::internal)?;
    if bytes > upload.opened.bytes {
        let announced = upload.opened.bytes;
        return Err(invalid(
            "data",
            format!("The part has {bytes} bytes, and {announced} were announced in all."),
        ));
    }
    let actor = upload.caller.actor();
    let objects = &upload.objects;
    let part = ObjectId::new(asked.id(&actor));
    let sha256: [u8; 32] = Sha256::digest(&form.file).into();
    let sha256 = Digest::new(sha256);
    let context = asked.context(&actor, sha256.to_string().as_bytes());
    let new = NewObject {
        object: part,
        owner: upload.caller.user(),
        kind: ObjectKind::Part,
        name: None,
        bytes,
        sha256: Some(sha256),
        under: Some(under(upload.object)?),
    };
    let opened = objects.open(new, &context).await;
    opened.map_err(|refusal| size_of("data", refusal))?;
    if let Object::Open(_) = objects.object(part).await? {
        let mut pouring = objects.pour(part).await?;
        pouring.push(&form.file).await?;
        pouring.end().await?;
    }
    objects.goes_on_with(upload.object).await?;
    Ok(Json(UploadPart {
        id: ids::of_part(part),
        object: "upload.part",
        created_at: objects.now().timestamp(),
        upload_id: ids::of_upload(upload.object),
    }))
}
