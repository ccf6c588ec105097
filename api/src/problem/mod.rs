//! How this program says no: RFC 9457 with codes that never change, and what follows from it.

pub mod kinds;
mod tongue;

use std::borrow::Cow;
use std::error::Error;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::layers::RequestId;

pub use tongue::OpenAiError;
pub(crate) use tongue::Tongue;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What can go wrong, as a program on the other side tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub status: StatusCode,
    /// Stable for ever: clients branch on it.
    pub code: &'static str,
    pub title: &'static str,
}

impl Kind {
    pub const fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self {
            status,
            code,
            title,
        }
    }
}

/// Why a request was not granted
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem, as a URI
    #[serde(rename = "type")]
    #[schema(example = "urn:trainnet:problem:not-found")]
    kind: String,
    /// The kind of problem, for a person
    #[schema(example = "There is nothing here")]
    title: &'static str,
    /// The HTTP status
    #[schema(example = 404, minimum = 400, maximum = 599)]
    status: u16,
    /// The kind of problem, for a program; never changes
    #[schema(example = "not-found")]
    code: &'static str,
    /// What to know or to do about this one
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Cow<'static, str>>,
    /// Which part of the request is meant
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "order.amount")]
    field: Option<String>,
    /// Under which the request is found in the logs
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// A refusal on its way to whoever asked; what led to it is logged and goes no further.
#[derive(Debug)]
pub struct ApiError {
    kind: &'static Kind,
    detail: Option<Cow<'static, str>>,
    field: Option<String>,
    retry_after_seconds: Option<u64>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    pub const fn new(kind: &'static Kind) -> Self {
        Self {
            kind,
            detail: None,
            field: None,
            retry_after_seconds: None,
            source: None,
        }
    }

    /// What is nobody's business but ours: the text is logged, the caller is told nothing of it.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(&kinds::INTERNAL).because(source)
    }

    /// Something that is needed does not answer; asking again later may help.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(&kinds::UNAVAILABLE)
            .because(source)
            .retry_after(1)
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The same said of another field, where a door calls it otherwise.
    #[must_use]
    pub fn renaming(mut self, name: impl FnOnce(&str) -> String) -> Self {
        self.field = self.field.map(|field| name(&field));
        self
    }

    /// For the log alone.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub const fn kind(&self) -> &'static Kind {
        self.kind
    }

    fn report(&self) {
        let Some(source) = &self.source else { return };
        let error = chain(source.as_ref());
        if self.kind.status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code = self.kind.code, error, "refused");
        } else {
            tracing::warn!(code = self.kind.code, error, "refused");
        }
    }
}

/// An error with everything that led to it, in one line for a person.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

impl From<&'static Kind> for ApiError {
    fn from(kind: &'static Kind) -> Self {
        Self::new(kind)
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.report();
        if Tongue::current() == Tongue::OpenAi {
            return tongue::refusal(self);
        }
        let Kind {
            status,
            code,
            title,
        } = *self.kind;
        let problem = Problem {
            kind: format!("urn:trainnet:problem:{code}"),
            title,
            status: status.as_u16(),
            code,
            detail: self.detail,
            field: self.field,
            request_id: RequestId::current().map(|id| id.to_string()),
        };
        let mut response = (status, axum::Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
