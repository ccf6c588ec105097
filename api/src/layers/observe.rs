//! Counts every request, and writes one line about it that holds nothing of what it carried.

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::RequestId;
use crate::api::Api;
use crate::metrics::Route;

/// Of what was asked for where there is no route; the path itself could be anything.
const UNMATCHED: &str = "unmatched";

pub async fn observe(State(api): State<Api>, request: Request, next: Next) -> Response {
    let route = Route {
        method: known(request.method()),
        path: request
            .extensions()
            .get::<MatchedPath>()
            .map_or(UNMATCHED, MatchedPath::as_str)
            .into(),
    };
    let request_id = request.extensions().get::<RequestId>();
    let request_id = request_id.map(tracing::field::display);
    let span =
        tracing::info_span!("request", request_id, method = route.method, route = %route.path);
    let begun = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let took = begun.elapsed();
    let status = response.status().as_u16();
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(status, took_us, "answered"));
    api.requests().count(route, status, took);
    response
}

/// A method that is made up is no label.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
