//! Counts what the program does, and writes it down as Prometheus reads it.

mod families;
mod requests;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa_axum::routes;

use crate::api::{Api, Routes};

pub(crate) use requests::{Requests, Route};

const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub fn routes() -> Routes {
    Routes::new().routes(routes!(metrics))
}

/// What the program counts
///
/// In the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", operation_id = "metrics", security(()),
    responses((status = 200, description = "Every metric", body = String,
        content_type = "text/plain")))]
async fn metrics(api: Api) -> impl IntoResponse {
    (
        [(CONTENT_TYPE, PROMETHEUS_TEXT)],
        families::write(&api).await,
    )
}
