//! The stream of a unit as server-sent events, which a browser goes on with by itself.

use axum::Extension;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::{ALIVE_EVENT, Told, stream};
use crate::api::Routes;
use crate::parameters::{Path, Query};
use crate::problem::{ApiError, kinds};
use crate::server::Stopping;
use crate::users::Caller;
use crate::work::Work;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(events))
}

/// From where to go on
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// After this one; what `Last-Event-ID` says comes before it
    #[param(minimum = 0)]
    after: Option<i64>,
}

impl From {
    pub fn after(&self) -> Result<i64, ApiError> {
        match self.after {
            Some(after) if after < 0 => Err(ApiError::new(&kinds::PARAMETER_INVALID)
                .detail("Name the last event that you have, or leave it out.")
                .field("after")),
            after => Ok(after.unwrap_or(0)),
        }
    }
}

/// What is said of a unit, as it is said
///
/// Server-sent events: `progress` and `log` with an `id` to go on from, and `state` whenever it
/// stands otherwise than before. The stream ends with the unit.
#[utoipa::path(get, path = "/v1/tasks/{unit}/events", tag = "work", operation_id = "task_events",
    security(("bearer" = [])),
    params(("unit" = String, Path, description = "Which unit"), From),
    responses((status = 200, description = "The events", body = String,
        content_type = "text/event-stream")))]
async fn events(
    caller: Caller,
    work: Extension<Work>,
    stopping: Stopping,
    Path(unit): Path<String>,
    from: Query<From>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (unit, _) = work.own(&caller, &unit).await?;
    let after = last_event(&headers)?.map_or_else(|| from.0.after(), Ok)?;
    Ok(sse(stream(work.0.clone(), unit, after, stopping)))
}

/// What a browser says when it comes back.
pub fn last_event(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(said) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let number = said.to_str().ok().and_then(|text| text.parse::<i64>().ok());
    number.filter(|it| *it >= 0).map(Some).ok_or_else(|| {
        ApiError::new(&kinds::PARAMETER_INVALID)
            .detail("Send back the id of the last event that you have.")
            .field("Last-Event-ID")
    })
}

/// A stream as an answer. An error in the middle ends it; whoever watches comes back.
pub fn sse(told: impl futures::Stream<Item = Result<Told, ApiError>> + Send + 'static) -> Response {
    let lines = told.map_ok(|told| line(&told)).map(|line| {
        line.map_err(|error| {
            tracing::warn!(?error, "a stream broke off");
            std::io::Error::other("the stream broke off")
        })
    });
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(lines)).into_response()
}

fn line(told: &Told) -> String {
    if told.event == ALIVE_EVENT {
        return ":\n\n".to_owned();
    }
    // JSON has no line breaks of its own, so it is one line of data.
    let (event, data) = (told.event, &told.data);
    match told.id {
        Some(id) => format!("id: {id}\nevent: {event}\ndata: {data}\n\n"),
        None => format!("event: {event}\ndata: {data}\n\n"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_one_line_of_data_whatever_it_says() {
        let told = Told {
            id: Some(7),
            event: "log",
            data: json!({ "text": "two\nlines\r\n\nid: 9" }),
        };
        let text = line(&told);
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.starts_with("id: 7\nevent: log\ndata: {"));
        assert!(text.ends_with("}\n\n"));
    }

    #[test]
    fn a_browser_that_comes_back_says_where_it_was() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("last-event-id", text.parse().unwrap());
            last_event(&headers)
        };
        assert_eq!(read("42").unwrap(), Some(42));
        assert_eq!(last_event(&HeaderMap::new()).unwrap(), None);
        for wrong in ["", "-1", "x", "99999999999999999999"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
