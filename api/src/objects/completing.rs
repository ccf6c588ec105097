//! Completing an object: all of it is read once, held against what was announced, and looked into.
//!
//! That may take longer than a request, so it goes on by itself; whoever asks again finds it under
//! way, or done. Whoever is killed meanwhile has lost nothing: the next who asks begins anew.

use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::sync::PoisonError;

use ::objects::{Finished, Report, ShelfError, Verdict};
use chrono::{DateTime, Utc};
use domain::objects::{
    FINDINGS_MAX, Found, Inspected, Object, ObjectCommand, ObjectError, ObjectId, ObjectKind,
    Opened, RemovedBecause, Under, Usable,
};
use domain::users::Digest;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use projections::objects::rooms;
use store::{Context, Refused};

use super::problems::{CHECKING, CORRUPT, OVER, of_object, parts_missing, unshelved};
use super::room::upload_of;
use super::{Objects, key_of};
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

/// So long an answer waits; what takes longer is asked for again.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// What all who wait for one completion hear.
pub type Running = Shared<BoxFuture<'static, Result<(), Failure>>>;

/// Why an object was not completed.
#[derive(Clone, Debug)]
pub enum Failure {
    PartsMissing(Vec<u32>),
    /// It is let go: what came is not what was announced.
    Corrupt(String),
    Over,
    /// It was logged where it happened.
    Broken,
}

/// An object that is there in full.
#[derive(Clone, Debug)]
pub struct Completed {
    pub object: ObjectId,
    pub opened: Opened,
    pub bytes: u64,
    pub sha256: Digest,
    /// Of a dataset, in numbers; [`Objects::report`] has all of it.
    pub inspected: Option<Inspected>,
}

/// What there is, if nothing is left to do.
fn completed(object: ObjectId, state: Object) -> Option<Completed> {
    let Object::Stored {
        opened,
        bytes,
        sha256,
        inspected,
    } = state
    else {
        return None;
    };
    let is_done = opened.kind != ObjectKind::Dataset || inspected.is_some();
    is_done.then_some(Completed {
        object,
        opened,
        bytes,
        sha256,
        inspected,
    })
}

impl Objects {
    /// Makes sure that all parts are there and are what was announced. Whether the caller may is
    /// theirs to know: see [`Objects::own`], or what the object was opened under.
    pub async fn complete(
        &self,
        object: ObjectId,
        context: &Context,
    ) -> Result<Completed, ApiError> {
        let state = self.object(object).await?;
        match &state {
            Object::Absent => return Err(ApiError::new(&kinds::NOT_FOUND)),
            Object::Over { .. } => return Err(ApiError::new(&OVER)),
            Object::Open(_) | Object::Stored { .. } => {}
        }
        if let Some(completed) = completed(object, state) {
            return Ok(completed);
        }
        let running = self.run(object, context.clone().without_key());
        let outcome = tokio::time::timeout(PATIENCE, running).await;
        let outcome = outcome.map_err(|_| {
            ApiError::new(&CHECKING)
                .detail("Complete the upload again to hear how it went.")
                .retry_after(2)
        })?;
        outcome.map_err(|failure| match failure {
            Failure::PartsMissing(missing) => parts_missing(&missing),
            Failure::Corrupt(detail) => ApiError::new(&CORRUPT).detail(detail),
            Failure::Over => ApiError::new(&OVER),
            Failure::Broken => ApiError::unavailable("a completion failed; see above"),
        })?;
        completed(object, self.object(object).await?).ok_or_else(|| ApiError::new(&OVER))
    }

    /// The same for a machine that brought it under this right; under another there is nothing.
    pub async fn complete_under(
        &self,
        object: ObjectId,
        under: &Under,
        context: &Context,
    ) -> Result<Completed, ApiError> {
        let state = self.object(object).await?;
        let right = state.opened().and_then(|it| it.under.as_ref());
        if right != Some(under) {
            return Err(ApiError::new(&kinds::NOT_FOUND));
        }
        self.complete(object, context).await
    }

    /// Joins the completion that is under way, or begins one that nobody has to wait for.
    fn run(&self, object: ObjectId, context: Context) -> Running {
        let mut running = self
            .0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let slot = match running.entry(object) {
            Entry::Occupied(under_way) => return under_way.get().clone(),
            Entry::Vacant(slot) => slot,
        };
        let objects = self.clone();
        let task = tokio::spawn(async move {
            let outcome = objects.finish(object, &context).await;
            let mut running = objects
                .0
                .running
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            running.remove(&object);
            outcome.map_err(|error| error.into_failure(object))
        });
        let ended = task.map(|joined| joined.unwrap_or(Err(Failure::Broken)));
        slot.insert(ended.boxed().shared()).clone()
    }

    async fn finish(&self, object: ObjectId, context: &Context) -> Result<(), Unfinished> {
        let room = self.room(object).await?.ok_or(Unfinished::Over)?;
        let opened = match self.object(object).await? {
            Object::Open(opened) | Object::Stored { opened, .. } => opened,
            Object::Absent | Object::Over { .. } => return Err(Unfinished::Over),
        };
        let wants_path = opened.kind == ObjectKind::Dataset;
        let finished = self.shelf().finish(&upload_of(&room)?, wants_path).await;
        let finished = match finished {
            Ok(finished) => finished,
            Err(ShelfError::PartsMissing(missing)) => return Err(Unfinished::Missing(missing)),
            Err(error) => return Err(unshelved(error).into()),
        };
        self.store(object, &opened, &finished, context).await?;
        rooms::settle(self.log().pool(), &object.to_string()).await?;
        if opened.kind == ObjectKind::Dataset {
            self.inspect(object, &opened, finished, context).await?;
        }
        Ok(())
    }

    async fn store(
        &self,
        object: ObjectId,
        opened: &Opened,
        finished: &Finished,
        context: &Context,
    ) -> Result<(), Unfinished> {
        let sha256 = Digest::new(finished.sha256);
        let command = ObjectCommand::Store {
            bytes: finished.bytes,
            sha256,
            at: self.now(),
        };
        let stream = object.to_string();
        let detail = match self.0.objects.execute(&stream, command, context).await {
            Ok(_) => return Ok(()),
            Err(Refused::Domain(ObjectError::OtherBytes)) => {
                let (came, said) = (finished.bytes, opened.bytes);
                format!("{came} bytes came, and {said} were announced. Begin a new upload.")
            }
            Err(Refused::Domain(ObjectError::OtherDigest)) => {
                format!(
                    "It comes to {sha256}, which is not what was announced. Begin a new upload."
                )
            }
            Err(Refused::Domain(ObjectError::Removed | ObjectError::Expired)) => {
                return Err(Unfinished::Over);
            }
            Err(refusal) => return Err(refused(refusal, of_object).into()),
        };
        self.remove(object, RemovedBecause::Corrupt, context)
            .await?;
        Err(Unfinished::Corrupt(detail))
    }

    /// Looks into a dataset, away from the threads that answer.
    async fn inspect(
        &self,
        object: ObjectId,
        opened: &Opened,
        finished: Finished,
        context: &Context,
    ) -> Result<(), Unfinished> {
        let place = self.0.inspecting.acquire().await;
        let place = place.map_err(ApiError::internal)?;
        let path = finished.path.clone();
        let path = path.ok_or_else(|| ApiError::internal("a dataset came without a path"))?;
        let report = tokio::task::spawn_blocking(move || look_into(path)).await;
        let report = report.map_err(ApiError::internal)?;
        let report = report.map_err(ApiError::unavailable)?;
        drop((finished, place));
        let key = key_of(opened.owner, opened.kind, object);
        let bytes = serde_json::to_vec(&report).map_err(ApiError::internal)?;
        let written = self.shelf().write_inspection(&key, bytes).await;
        written.map_err(unshelved)?;
        let command = ObjectCommand::Inspect(in_numbers(&report, self.now()));
        let stream = object.to_string();
        match self.0.objects.execute(&stream, command, context).await {
            Ok(_) => Ok(()),
            Err(Refused::Domain(ObjectError::Removed | ObjectError::Expired)) => {
                Err(Unfinished::Over)
            }
            Err(refusal) => Err(refused(refusal, of_object).into()),
        }
    }
}

fn look_into(path: PathBuf) -> std::io::Result<Report> {
    ::objects::inspect(&mut std::fs::File::open(path)?)
}

/// What an event may say of a report: nothing of what somebody wrote.
fn in_numbers(report: &Report, at: DateTime<Utc>) -> Inspected {
    let mut findings: Vec<Found> = Vec::new();
    // The reasons first: an event has room for only so many.
    let (refusals, rest): (Vec<_>, Vec<_>) = report.findings.iter().partition(|it| it.refuses);
    for finding in refusals.into_iter().chain(rest).take(FINDINGS_MAX) {
        findings.push(Found {
            code: finding.code.clone().into_owned(),
            line: finding.line,
        });
    }
    let format = report
        .format
        .map(|format| match serde_json::to_value(format) {
            Ok(serde_json::Value::String(name)) => name,
            Ok(_) | Err(_) => String::new(),
        });
    Inspected {
        verdict: match report.verdict {
            Verdict::Usable => Usable::Usable,
            Verdict::Refused => Usable::Refused,
        },
        format,
        findings,
        rows: report.shape.rows,
        columns: u64::try_from(report.shape.columns.len()).unwrap_or(u64::MAX),
        classes: report.shape.classes_total,
        at,
    }
}

/// How a completion ended early, before those who wait are told.
enum Unfinished {
    Missing(Vec<u32>),
    Corrupt(String),
    Over,
    Error(ApiError),
}

impl Unfinished {
    fn into_failure(self, object: ObjectId) -> Failure {
        match self {
            Self::Missing(missing) => Failure::PartsMissing(missing),
            Self::Corrupt(detail) => Failure::Corrupt(detail),
            Self::Over => Failure::Over,
            Self::Error(error) => {
                tracing::error!(%object, ?error, "an object could not be completed");
                Failure::Broken
            }
        }
    }
}

impl<E: Into<ApiError>> From<E> for Unfinished {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}
