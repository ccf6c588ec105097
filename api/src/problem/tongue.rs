//! The two ways in which a refusal is written: our own, and the one that OpenAI's clients read.

use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, Kind, kinds};

/// Everything behind it speaks as OpenAI's API does.
const DOOR: &str = "/openai";
/// Their clients obey it, whatever the status.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

tokio::task_local! {
    static SPOKEN: Tongue;
}

/// In which words whoever asks expects to be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tongue {
    Ours,
    OpenAi,
}

impl Tongue {
    /// By the path alone: a layer that answers knows no more.
    pub fn at(path: &str) -> Self {
        let behind = path.strip_prefix(DOOR);
        if behind.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            Self::OpenAi
        } else {
            Self::Ours
        }
    }

    pub async fn speak<T>(self, answering: impl Future<Output = T>) -> T {
        SPOKEN.scope(self, answering).await
    }

    /// That of the request that this task is answering.
    pub fn current() -> Self {
        SPOKEN.try_with(|tongue| *tongue).unwrap_or(Self::Ours)
    }
}

/// Why a request was not granted, as OpenAI says it
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenAiError {
    error: Said,
}

/// What is in it
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenAiErrorDetail)]
struct Said {
    message: String,
    /// The family of errors
    #[serde(rename = "type")]
    #[schema(example = "invalid_request_error")]
    kind: &'static str,
    /// Which part of the request is meant
    #[schema(example = "training_file")]
    param: Option<String>,
    /// The kind of error, for a program; never changes
    #[schema(example = "jobs/order/dataset-unfit")]
    code: &'static str,
}

/// OpenAI's statuses are fewer: what is wrong with a request is 400, whether it could be read or
/// not, and who cannot pay has come to a limit.
fn status(kind: &Kind) -> StatusCode {
    match kind.status {
        StatusCode::UNPROCESSABLE_ENTITY if *kind != kinds::IDEMPOTENCY_KEY_REUSED => {
            StatusCode::BAD_REQUEST
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::LENGTH_REQUIRED
        | StatusCode::RANGE_NOT_SATISFIABLE
        | StatusCode::GONE => StatusCode::BAD_REQUEST,
        StatusCode::PAYMENT_REQUIRED => StatusCode::TOO_MANY_REQUESTS,
        other => other,
    }
}

fn family(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        other if other.is_server_error() => "server_error",
        _ => "invalid_request_error",
    }
}

/// Where OpenAI has a code that programs branch on, it is theirs.
fn code(kind: &Kind) -> &'static str {
    match *kind {
        kinds::UNAUTHENTICATED => "invalid_api_key",
        kinds::TOO_MANY_REQUESTS => "rate_limit_exceeded",
        Kind {
            status: StatusCode::PAYMENT_REQUIRED,
            ..
        } => "insufficient_quota",
        Kind { code, .. } => code,
    }
}

pub(super) fn refusal(error: ApiError) -> Response {
    let kind = error.kind;
    let status = status(kind);
    let message = match &error.detail {
        Some(detail) => format!("{}. {detail}", kind.title),
        None => format!("{}.", kind.title),
    };
    let said = OpenAiError {
        error: Said {
            message,
            kind: family(status),
            param: error.field,
            code: code(kind),
        },
    };
    let mut response = (status, axum::Json(said)).into_response();
    let headers = response.headers_mut();
    if let Some(seconds) = error.retry_after_seconds {
        headers.insert(RETRY_AFTER, seconds.into());
    } else if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT {
        // Their clients ask again after every 409 and 429; where nothing says when, it is in vain.
        headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    async fn refused(error: ApiError) -> (StatusCode, Option<String>, Value) {
        let response = Tongue::OpenAi.speak(async { error.into_response() }).await;
        let retry = response.headers().get(SHOULD_RETRY);
        let retry = retry.map(|it| it.to_str().unwrap().to_owned());
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 4096).await;
        let body = serde_json::from_slice(&body.unwrap()).unwrap();
        (status, retry, body)
    }

    #[test]
    fn the_door_is_a_whole_word_of_the_path() {
        for path in ["/openai", "/openai/", "/openai/v1/files", "/openai/nothing"] {
            assert_eq!(Tongue::at(path), Tongue::OpenAi, "{path}");
        }
        for path in ["/", "/openapi.json", "/openais", "/v1/openai/files"] {
            assert_eq!(Tongue::at(path), Tongue::Ours, "{path}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_said_in_the_words_and_statuses_of_openai() {
        const UNFIT: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "a/b", "It is unfit");
        const POOR: Kind = Kind::new(StatusCode::PAYMENT_REQUIRED, "c/d", "It is too dear");
        let (status, retry, body) =
            refused(ApiError::new(&UNFIT).detail("Mend it.").field("x")).await;
        assert_eq!(
            (status, retry.as_deref()),
            (StatusCode::BAD_REQUEST, Some("false"))
        );
        let said = json!({ "error": { "message": "It is unfit. Mend it.", "param": "x",
            "type": "invalid_request_error", "code": "a/b" } });
        assert_eq!(body, said);
        for (kind, expected, family, code) in [
            (&POOR, 429, "rate_limit_error", "insufficient_quota"),
            (
                &kinds::UNAUTHENTICATED,
                401,
                "authentication_error",
                "invalid_api_key",
            ),
            (&kinds::FORBIDDEN, 403, "permission_error", "forbidden"),
            (&kinds::NOT_FOUND, 404, "invalid_request_error", "not-found"),
            (
                &kinds::METHOD_NOT_ALLOWED,
                405,
                "invalid_request_error",
                "method-not-allowed",
            ),
            (&kinds::TAKEN, 409, "invalid_request_error", "taken"),
            (
                &kinds::BODY_TOO_LARGE,
                413,
                "invalid_request_error",
                "body/too-large",
            ),
            (
                &kinds::BODY_NOT_JSON,
                400,
                "invalid_request_error",
                "body/not-json",
            ),
            (
                &kinds::IDEMPOTENCY_KEY_REUSED,
                422,
                "invalid_request_error",
                "idempotency-key/reused",
            ),
            (&kinds::INTERNAL, 500, "server_error", "internal"),
        ] {
            let (status, retry, body) = refused(ApiError::new(kind)).await;
            assert_eq!(status.as_u16(), expected, "{body}");
            assert_eq!(
                (&body["error"]["type"], &body["error"]["code"]),
                (&json!(family), &json!(code))
            );
            assert_eq!(body["error"]["param"], Value::Null);
            assert_eq!(retry.is_some(), expected < 500);
        }
    }

    #[tokio::test]
    async fn who_is_told_when_to_come_back_may() {
        let busy = ApiError::new(&kinds::TOO_MANY_REQUESTS).retry_after(7);
        let response = Tongue::OpenAi.speak(async { busy.into_response() }).await;
        assert_eq!(response.headers()[RETRY_AFTER], "7");
        assert!(!response.headers().contains_key(SHOULD_RETRY));
        let ours = ApiError::new(&kinds::NOT_FOUND).into_response();
        assert_eq!(ours.headers()["content-type"], "application/problem+json");
    }
}
