//! Bounds what requests may take: bytes, time, and places.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use tokio::sync::OwnedSemaphorePermit;

use crate::api::Api;
use crate::objects::STREAMS;
use crate::problem::{ApiError, kinds};

/// Whether bytes flow through the route that was asked for: it bounds them itself.
fn flows(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map(MatchedPath::as_str);
    let method = request.method().as_str();
    STREAMS
        .iter()
        .any(|(known, route)| *known == method && Some(*route) == path)
}

/// Refuses a body that is said to be too large before a byte of it is read. One that says nothing
/// is cut off where the route reads it.
pub async fn body(State(api): State<Api>, request: Request, next: Next) -> Response {
    let said = request.headers().get(CONTENT_LENGTH);
    let length = said.and_then(|said| said.to_str().ok()?.parse::<u64>().ok());
    let bytes_max = api.settings().body_bytes_max;
    if flows(&request) {
        return next.run(request).await;
    }
    if length.is_some_and(|length| usize::try_from(length).map_or(true, |l| l > bytes_max)) {
        let detail = format!("At most {bytes_max} bytes are taken.");
        return ApiError::new(&kinds::BODY_TOO_LARGE)
            .detail(detail)
            .into_response();
    }
    next.run(request).await
}

/// Lets go of a request that takes too long. What it asked the log for may be done all the same.
pub async fn time(State(api): State<Api>, request: Request, next: Next) -> Response {
    let time_max = api.settings().request_time_max;
    if flows(&request) {
        return next.run(request).await;
    }
    match tokio::time::timeout(time_max, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(&kinds::TIMED_OUT)
            .detail("It may have been done: ask again under the same Idempotency-Key.")
            .retry_after(1)
            .into_response(),
    }
}

/// Refuses at once what would only wait: a queue in front of a full house helps nobody.
pub async fn places(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let Ok(permit) = Arc::clone(&api.guards().places).try_acquire_owned() else {
        return ApiError::new(&kinds::OVERLOADED)
            .retry_after(1)
            .into_response();
    };
    let place = Place(Arc::new(Mutex::new(Some(permit))));
    request.extensions_mut().insert(place.clone());
    let response = next.run(request).await;
    place.leave();
    response
}

/// The place of a request among those that are being answered.
#[derive(Clone, Debug)]
pub struct Place(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

impl Place {
    /// Whoever only waits from here on keeps nobody else from being answered.
    pub fn leave(&self) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(held.take());
    }
}

impl<S: Sync> FromRequestParts<S> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| ApiError::internal("the route is not in the frame"))
    }
}
