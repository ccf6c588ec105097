//! What bringing a dataset and bringing a document have in common.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::HeaderMap;
use domain::objects::{Object, ObjectId, ObjectKind};
use projections::objects as read;
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::length;
use super::completing::Completed;
use super::opening::NewObject;
use super::problems::TOO_LARGE;
use super::shown::FileName;
use super::{Objects, name_field};
use crate::asked::Asked;
use crate::page;
use crate::problem::ApiError;
use crate::users::Caller;

/// What comes in one request is one part.
const AT_ONCE_BYTES_MAX: u64 = 64 << 20;

/// Which page of them
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

impl Which {
    /// How many to show, and before which place.
    pub fn page(&self) -> Result<(i64, i64), ApiError> {
        let limit = page::limit(self.limit)?;
        let before = page::place(self.cursor.as_deref())?;
        Ok((limit, before.unwrap_or(i64::MAX)))
    }
}

/// How it is named
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Called {
    name: FileName,
}

/// What objects of one owner are called.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    pub fn of(&self, row: &read::Object) -> Option<String> {
        self.0.get(&field_of(row)).cloned()
    }
}

fn field_of(row: &read::Object) -> String {
    row.object.parse().map(name_field).unwrap_or_default()
}

impl Objects {
    /// Takes in something small in one request.
    pub(super) async fn bring(
        &self,
        asked: &Asked,
        caller: &Caller,
        (kind, named): (ObjectKind, Called),
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Completed, ApiError> {
        let (actor, bytes) = (caller.actor(), length(headers)?);
        if bytes > AT_ONCE_BYTES_MAX {
            return Err(ApiError::new(&TOO_LARGE).detail("Upload it in parts: see /v1/uploads."));
        }
        let name = named.name.checked()?;
        let object = ObjectId::new(asked.id(&actor));
        // The bytes themselves are not held against the key: they have not been read.
        let fingerprint = format!("{name}\n{bytes}");
        let context = asked.context(&actor, fingerprint.as_bytes());
        let new = NewObject {
            object,
            owner: caller.user(),
            kind,
            name: Some(name),
            bytes,
            sha256: None,
            under: None,
        };
        self.open(new, &context).await?;
        if let Object::Open(_) = self.own(object, caller.user()).await? {
            self.receive(object, 1, headers, body).await?;
        }
        self.complete(object, &context).await
    }

    /// What somebody calls what they brought, by the field that it is kept under.
    pub(crate) async fn names_of(&self, found: &[read::Object]) -> Result<Names, ApiError> {
        let Some(first) = found.first() else {
            return Ok(Names::default());
        };
        let fields: Vec<String> = found.iter().map(field_of).collect();
        let kept = self.0.users.vault().some(&first.owner, &fields).await;
        Ok(Names(kept.map_err(ApiError::internal)?))
    }
}
