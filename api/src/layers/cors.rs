//! Says whose pages may call from a browser: those that are listed, and nobody else's.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method};
use tower_http::cors::CorsLayer;

use super::rate::{RATE_LIMIT, RATE_LIMIT_POLICY};
use super::request::REQUEST_ID_HEADER;
use crate::asked::IDEMPOTENCY_KEY_HEADER;
use crate::position::POSITION_HEADER;

/// So long a browser need not ask again.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Nothing where nobody is listed; a browser then keeps other pages out by itself.
pub fn layer(origins: &[HeaderValue]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let layer = CorsLayer::new()
        .allow_origin(origins.to_vec())
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IDEMPOTENCY_KEY_HEADER,
            POSITION_HEADER,
            REQUEST_ID_HEADER,
        ])
        .expose_headers([
            POSITION_HEADER,
            RATE_LIMIT,
            RATE_LIMIT_POLICY,
            REQUEST_ID_HEADER,
            RETRY_AFTER,
        ])
        .max_age(REMEMBERED);
    Some(layer)
}
