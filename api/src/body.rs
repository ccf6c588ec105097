//! Reads a request's body as JSON, and says which part of it is wrong.

use std::str::FromStr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize as _, Deserializer};
use serde_json::error::Category;
use tokio::time::timeout;

use crate::api::Api;
use crate::problem::{ApiError, kinds};

/// Whoever sends more slowly holds a place that others could use.
const TIME_MAX: Duration = Duration::from_secs(10);

/// A body, and the bytes that it was read from, which an idempotency key is held against.
///
/// Types that are read from bodies say `#[serde(deny_unknown_fields)]`: a field that nobody reads
/// is a misunderstanding, and whoever sent it should hear of it.
#[derive(Clone, Debug)]
pub struct Body<T> {
    pub value: T,
    pub bytes: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::new(&kinds::BODY_NOT_JSON)
                .detail("Send it with Content-Type: application/json."));
        }
        let within = Api::of(request.extensions())?.settings().request_time_max / 2;
        let bytes = timeout(within.min(TIME_MAX), Bytes::from_request(request, state));
        let bytes = bytes
            .await
            .map_err(|_| ApiError::new(&kinds::BODY_TOO_SLOW))?;
        let bytes = bytes.map_err(|rejection| unread(&rejection))?;
        let value = read(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// A whole number that may be left out. JSON has one kind of number: `5.0` is five, and its schemas
/// take it for an integer.
pub(crate) fn whole<'de, D: Deserializer<'de>, N: FromStr>(
    deserializer: D,
) -> Result<Option<N>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let text = number.to_string();
    let whole = text.strip_suffix(".0").unwrap_or(&text).parse().ok();
    let refusal = || D::Error::custom("no, expected a whole number that fits");
    whole.map(Some).ok_or_else(refusal)
}

/// A whole number that has to be there.
pub(crate) fn whole_number<'de, D: Deserializer<'de>, N: FromStr>(
    deserializer: D,
) -> Result<N, D::Error> {
    let refusal = || D::Error::custom("no, expected a whole number that fits");
    whole(deserializer)?.ok_or_else(refusal)
}

fn is_json(headers: &HeaderMap) -> bool {
    let said = headers
        .get(CONTENT_TYPE)
        .and_then(|said| said.to_str().ok());
    let essence = said.map(|said| said.split(';').next().unwrap_or_default().trim());
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

fn unread(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == kinds::BODY_TOO_LARGE.status {
        ApiError::new(&kinds::BODY_TOO_LARGE)
    } else {
        ApiError::new(&kinds::BODY_BROKEN_OFF)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // Types that are read by the names of their fields would be read from a list in their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(ApiError::new(&kinds::BODY_INVALID)
            .detail("Send an object, with names and values in braces."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        match error.inner().classify() {
            Category::Data => invalid(&path, &error.inner().to_string()),
            Category::Syntax | Category::Eof | Category::Io => malformed(error.inner()),
        }
    })?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    ApiError::new(&kinds::BODY_MALFORMED).detail(format!("See line {line}, column {column}."))
}

fn invalid(path: &str, said: &str) -> ApiError {
    let (field, detail) = explain(path, said);
    let refusal = ApiError::new(&kinds::BODY_INVALID).detail(detail);
    match field {
        Some(field) => refusal.field(field),
        None => refusal,
    }
}

/// Which field is meant, and what is wrong with it. The value itself is left out: it may be secret.
pub(crate) fn explain(path: &str, said: &str) -> (Option<String>, String) {
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    let path = (path != ".").then(|| path.to_owned());
    let complaints = [
        ("unknown field `", "This field is not known here."),
        ("missing field `", "This field is missing."),
        ("duplicate field `", "This field is there more than once."),
    ];
    for (opening, detail) in complaints {
        let name = said
            .strip_prefix(opening)
            .and_then(|rest| rest.split('`').next());
        if let Some(name) = name {
            return (Some(inside(path, name)), detail.to_owned());
        }
    }
    let detail = match said.rsplit_once(", expected ") {
        Some((_, expected)) => format!("This must be {expected}."),
        None => said.to_owned(),
    };
    (path, detail)
}

/// A path that leads to the field, whether it ends with it already or with what holds it.
fn inside(path: Option<String>, name: &str) -> String {
    match path {
        Some(path) if path == name || path.ends_with(&format!(".{name}")) => path,
        Some(path) => format!("{path}.{name}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is wrong with them is of interest")]
    struct Order {
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is wrong with them is of interest")]
    struct Line {
        count: u8,
        password: bool,
    }

    fn refusal(body: &str) -> (String, String) {
        let error = read::<Order>(body.as_bytes()).unwrap_err();
        (error.kind().code.to_owned(), format!("{error:?}"))
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        for (body, field) in [
            (
                r#"{"lines":[{"count":1,"password":true},{"count":256,"password":true}]}"#,
                "lines[1].count",
            ),
            (r#"{"lines":[{"count":1}]}"#, "lines[0].password"),
            (
                r#"{"lines":[{"count":1,"password":true,"x":1}]}"#,
                "lines[0].x",
            ),
            (
                r#"{"lines":[{"count":1,"count":1,"password":true}]}"#,
                "lines[0].count",
            ),
            (r#"{"lines":[],"y":1}"#, "y"),
            ("{}", "lines"),
        ] {
            let (code, error) = refusal(body);
            assert_eq!(code, "body/invalid", "{body}");
            assert!(
                error.contains(&format!("field: Some({field:?})")),
                "{body}: {error}"
            );
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_never_repeated() {
        let (_, error) =
            refusal(r#"{"lines":[{"count":1,"password":"hunter2, expected at line 1"}]}"#);
        assert!(
            !error.contains("hunter2") && error.contains("This must be a boolean."),
            "{error}"
        );
    }

    #[test]
    fn what_is_not_json_is_told_apart_from_what_does_not_fit() {
        for body in ["", "{", "{]", r#"{"lines":[]} {}"#, "nonsense"] {
            assert_eq!(refusal(body).0, "body/malformed", "{body}");
        }
        assert_eq!(refusal("[]").0, "body/invalid");
    }

    #[test]
    fn a_content_type_is_json_with_parameters_and_in_any_case() {
        let said = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, text.parse().unwrap());
            is_json(&headers)
        };
        assert!(said("application/json") && said("Application/JSON; charset=utf-8"));
        assert!(!said("text/plain") && !said("application/jsonp") && !said(""));
        assert!(!is_json(&HeaderMap::new()));
    }
}
