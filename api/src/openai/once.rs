//! Orders that come twice: OpenAI's clients ask again by themselves, and send no key with it.
//!
//! What they do send is how often they have asked (`x-stainless-retry-count`). So an order without
//! a key gets one that follows from what it says and from how many such orders there are already:
//! asked for the first time it is the next one, asked again it is the last one.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::TimeDelta;
use domain::jobs::JobId;
use projections::jobs as read;
use sha2::{Digest as _, Sha256};
use store::{Context, hex, ids};

use super::problems::invalid;
use super::settled;
use crate::api::Api;
use crate::asked::Asked;
use crate::jobs::Jobs;
use crate::problem::{ApiError, kinds};
use crate::users::Caller;

const RETRY_COUNT: &str = "x-stainless-retry-count";
/// Their clients wait no longer for an answer before they ask again.
const AGAIN_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// Whoever wants more of exactly the same says so with a key.
const ALIKE_MAX: u32 = 1_000;

/// Whether the client says that it has asked before.
#[derive(Clone, Copy, Debug)]
pub struct AskedAgain(bool);

impl<S: Sync> FromRequestParts<S> for AskedAgain {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let count = parts.headers.get(RETRY_COUNT);
        let count = count.and_then(|it| it.to_str().ok()?.parse::<u32>().ok());
        Ok(Self(count.is_some_and(|count| count > 0)))
    }
}

/// Under which name an order goes.
pub enum Place {
    /// It was placed when it was asked for before.
    Taken(JobId),
    Free(JobId, Box<Context>),
}

pub async fn place(
    api: &Api,
    jobs: &Jobs,
    caller: &Caller,
    (asked, again): (&Asked, AskedAgain),
    order: &[u8],
) -> Result<Place, ApiError> {
    let actor = caller.actor();
    let context = asked.context(&actor, order);
    if asked.key().is_some() {
        let job = JobId::new(asked.id(&actor));
        return Ok(Place::Free(job, Box::new(context)));
    }
    let digest = hex::encode(&Sha256::digest(order));
    let mut last = None;
    for number in 0..ALIKE_MAX {
        let key = format!("openai-job/{digest}/{number}");
        let job = JobId::new(ids::derived(&actor, &key));
        if is_there(jobs, caller, job).await? {
            last = Some(job);
            continue;
        }
        if let Some(last) = last.filter(|_| again.0)
            && is_recent(api, jobs, caller, last).await?
        {
            return Ok(Place::Taken(last));
        }
        return Ok(Place::Free(job, Box::new(context.with_key(&key, order))));
    }
    Err(invalid(
        "seed",
        "The same was ordered a thousand times; change something, or send an Idempotency-Key.",
    ))
}

async fn is_there(jobs: &Jobs, caller: &Caller, job: JobId) -> Result<bool, ApiError> {
    match jobs.look(job, caller).await {
        Ok(_) => Ok(true),
        Err(refusal) if refusal.kind() == &kinds::NOT_FOUND => Ok(false),
        Err(refusal) => Err(refusal),
    }
}

async fn is_recent(api: &Api, jobs: &Jobs, caller: &Caller, job: JobId) -> Result<bool, ApiError> {
    settled::<read::Jobs>(api).await?;
    let row = jobs.own(job, caller.user()).await?;
    Ok(jobs.now() - row.ordered_at < AGAIN_WITHIN)
}
