//! Gives every request a name that its answer, its log lines and its events carry.

use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use store::ids;

use crate::problem::{ApiError, Tongue};

pub(crate) const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");
const BYTES_MAX: usize = 64;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The name of a request: the caller's, if it is one that may stand in a log, or a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    pub(crate) fn fresh() -> Self {
        Self(format!("req_{}", ids::fresh().simple()).into())
    }

    /// It goes into logs and events, so it may not be able to say anything there.
    fn try_new(sent: &HeaderValue) -> Option<Self> {
        let text = sent.to_str().ok()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let fits = (1..=BYTES_MAX).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Self(text.into()))
    }

    /// That of the request that this task is answering.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    pub(crate) fn of(parts: &Parts) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| ApiError::internal("the route is not in the frame"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::of(parts)
    }
}

pub async fn identify(mut request: Request, next: Next) -> Response {
    let sent = request.headers().get(REQUEST_ID_HEADER);
    let id = sent
        .and_then(RequestId::try_new)
        .unwrap_or_else(RequestId::fresh);
    request.extensions_mut().insert(id.clone());
    let tongue = Tongue::at(request.uri().path());
    let answered = tongue.speak(next.run(request));
    let mut response = CURRENT.scope(id.clone(), answered).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_say_something_in_a_log_is_not_taken() {
        let taken = |text: &'static str| RequestId::try_new(&HeaderValue::from_static(text));
        assert!(taken("a-B_3.x").is_some());
        for wrong in ["", "a b", "me@example.com", "a\tb", "<script>", "\"", "a=b"] {
            assert_eq!(taken(wrong), None, "{wrong}");
        }
        let long = "a".repeat(BYTES_MAX + 1);
        assert_eq!(RequestId::try_new(&long.parse().unwrap()), None);
        assert!(RequestId::try_new(&long[1..].parse().unwrap()).is_some());
    }
}
