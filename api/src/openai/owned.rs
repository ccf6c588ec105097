//! What a path names, if it is the caller's: another's is not there, whatever is asked of it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::jobs::JobId;
use domain::objects::{Object, ObjectId, ObjectKind, Opened};

use super::ids;
use crate::jobs::Jobs;
use crate::objects::Objects;
use crate::parameters::Path;
use crate::problem::{ApiError, kinds};
use crate::users::Caller;

/// A file of whoever asks that is there in full.
pub struct OwnFile {
    pub caller: Caller,
    pub objects: Objects,
    pub object: ObjectId,
    pub state: Object,
}

/// An upload of whoever asks, whatever became of it.
pub struct OwnUpload {
    pub caller: Caller,
    pub objects: Objects,
    pub object: ObjectId,
    pub opened: Opened,
    pub state: Object,
}

/// A job of whoever asks.
pub struct OwnJob {
    pub caller: Caller,
    pub jobs: Jobs,
    pub job: JobId,
}

fn nothing() -> ApiError {
    ApiError::new(&kinds::NOT_FOUND)
}

async fn named<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, ApiError> {
    let Path(named) = Path::<String>::from_request_parts(parts, state).await?;
    Ok(named)
}

fn objects(parts: &Parts) -> Result<Objects, ApiError> {
    let objects = parts.extensions.get::<Objects>().cloned();
    objects.ok_or_else(|| ApiError::internal("there are no objects here"))
}

impl<S: Send + Sync> FromRequestParts<S> for OwnFile {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let objects = objects(parts)?;
        let object = ids::file(&named(parts, state).await?).ok_or_else(nothing)?;
        let state = objects.own(object, caller.user()).await?;
        let is_file = matches!(&state, Object::Stored { opened, .. }
            if matches!(opened.kind, ObjectKind::Dataset | ObjectKind::Artifact));
        if !is_file {
            return Err(nothing());
        }
        Ok(Self {
            caller,
            objects,
            object,
            state,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OwnUpload {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let objects = objects(parts)?;
        let object = ids::upload(&named(parts, state).await?).ok_or_else(nothing)?;
        let state = objects.object(object).await?;
        let opened = state.opened().filter(|it| it.owner == caller.user());
        let opened = opened.filter(|it| it.kind == ObjectKind::Dataset).cloned();
        Ok(Self {
            opened: opened.ok_or_else(nothing)?,
            caller,
            objects,
            object,
            state,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OwnJob {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let jobs = parts.extensions.get::<Jobs>().cloned();
        let jobs = jobs.ok_or_else(|| ApiError::internal("there are no jobs here"))?;
        let job = ids::job(&named(parts, state).await?).ok_or_else(nothing)?;
        jobs.look(job, &caller).await?;
        Ok(Self { caller, jobs, job })
    }
}
