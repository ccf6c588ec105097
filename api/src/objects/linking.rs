//! Temporary links to what is kept.

use ::objects::Grant;
use axum::{Extension, Json};
use chrono::{DateTime, TimeDelta, Utc};
use domain::objects::{Object, ObjectId};
use domain::users::{Digest, Scope};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::files::attachment;
use super::problems::{INCOMPLETE, OVER, unshelved};
use super::{Objects, identity, key_of};
use crate::api::Routes;
use crate::parameters::Path;
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, rfc3339};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(link))
}

/// A link to all bytes of an object.
#[derive(Clone, Debug)]
pub struct Link {
    pub url: String,
    pub bytes: u64,
    pub sha256: Digest,
    pub expires_at: DateTime<Utc>,
}

impl Objects {
    /// For whoever may read it: that is the caller's to know.
    pub async fn link(&self, object: ObjectId) -> Result<Link, ApiError> {
        let lasts = TimeDelta::from_std(self.0.settings.link_lasts);
        self.link_for(object, lasts.unwrap_or(TimeDelta::minutes(15)))
            .await
    }

    /// One that is good for so long.
    pub async fn link_for(&self, object: ObjectId, lasts: TimeDelta) -> Result<Link, ApiError> {
        let (opened, bytes, sha256) = match self.object(object).await? {
            Object::Stored {
                opened,
                bytes,
                sha256,
                ..
            } => (opened, bytes, sha256),
            Object::Open(_) => return Err(ApiError::new(&INCOMPLETE)),
            Object::Over { .. } => return Err(ApiError::new(&OVER)),
            Object::Absent => return Err(ApiError::new(&kinds::NOT_FOUND)),
        };
        let key = key_of(opened.owner, opened.kind, object);
        let name = self.name(object).await?;
        let expires_at = self.now() + lasts;
        let (disposition, for_so_long) = (attachment(&name), lasts.to_std().unwrap_or_default());
        let elsewhere = self.shelf().read_url(&key, &disposition, for_so_long).await;
        let url = elsewhere.map_err(unshelved)?.unwrap_or_else(|| {
            let sha256 = sha256.to_string();
            let grant = Grant::Read {
                key,
                bytes,
                sha256,
                name,
            };
            self.file_url(grant, expires_at)
        });
        Ok(Link {
            url,
            bytes,
            sha256,
            expires_at,
        })
    }
}

/// A link that expires
#[derive(Serialize, ToSchema)]
pub struct ShownLink {
    url: String,
    bytes: u64,
    /// What the bytes come to
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: String,
    expires_at: String,
}

impl From<Link> for ShownLink {
    fn from(link: Link) -> Self {
        Self {
            url: link.url,
            bytes: link.bytes,
            sha256: link.sha256.to_string(),
            expires_at: rfc3339(link.expires_at),
        }
    }
}

/// A temporary link to an object
#[utoipa::path(get, path = "/v1/objects/{object}/link", tag = "objects",
    operation_id = "link_object", security(("bearer" = [])),
    params(("object" = String, Path, description = "Which object")),
    responses((status = 200, description = "Whoever has it may read, until it expires",
        body = ShownLink)))]
async fn link(
    caller: Caller,
    objects: Extension<Objects>,
    Path(object): Path<String>,
) -> Result<Json<ShownLink>, ApiError> {
    caller.insist(Scope::Read)?;
    let object = identity(&object)?;
    objects.own(object, caller.user()).await?;
    Ok(Json(objects.link(object).await?.into()))
}
