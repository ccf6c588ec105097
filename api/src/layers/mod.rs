//! What every request passes before a route sees it, and every answer on its way out.

mod address;
mod bounds;
mod cors;
mod headers;
mod observe;
mod panics;
mod rate;
mod request;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Extension, Router};
use tokio::sync::Semaphore;
use tower::ServiceBuilder;

use crate::api::Api;
use crate::problem::{ApiError, kinds};
use crate::settings::Settings;

pub use address::ClientAddress;
pub(crate) use address::Peer;
pub(crate) use bounds::Place;
pub use rate::{Allowance, Exceeded, Limiter};
pub use request::RequestId;

/// What is counted across requests.
pub(crate) struct Guards {
    addresses: Limiter<rate::Network>,
    places: Arc<Semaphore>,
}

impl Guards {
    pub fn new(settings: &Settings) -> Self {
        Self {
            addresses: Limiter::per_minute(settings.requests_per_minute),
            places: Arc::new(Semaphore::new(settings.requests_in_flight_max)),
        }
    }

    pub fn free_places(&self) -> usize {
        self.places.available_permits()
    }
}

/// Around whatever a stranger may ask for; the first one here is the outermost.
pub(crate) fn guard(router: Router, api: &Api) -> Router {
    // As one layer: each of its own would be one more box around every request.
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(api.clone(), rate::limit))
        .layer(from_fn_with_state(api.clone(), bounds::places))
        .layer(from_fn_with_state(api.clone(), bounds::time))
        .layer(from_fn_with_state(api.clone(), bounds::body))
        .layer(DefaultBodyLimit::max(api.settings().body_bytes_max));
    router.layer(layers)
}

/// Around everything; the first one here is the outermost.
pub(crate) fn frame(router: Router, api: &Api) -> Router {
    let layers = ServiceBuilder::new()
        .layer(Extension(api.clone()))
        .layer(from_fn(request::identify))
        .layer(from_fn_with_state(api.clone(), address::find))
        .layer(from_fn_with_state(api.clone(), observe::observe))
        .layer(from_fn_with_state(api.clone(), headers::secure))
        .option_layer(cors::layer(&api.settings().cors_origins))
        .layer(from_fn(panics::catch));
    router.layer(layers)
}

pub(crate) fn not_found() -> ApiError {
    ApiError::new(&kinds::NOT_FOUND)
}

pub(crate) fn method_not_allowed() -> ApiError {
    ApiError::new(&kinds::METHOD_NOT_ALLOWED)
}
