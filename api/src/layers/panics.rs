//! Turns a bug that panics into an answer, so that it costs one request and no more.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;

use crate::problem::ApiError;

pub async fn catch(request: Request, next: Next) -> Response {
    // Nothing of the request is looked at after the panic, so nothing half done can be seen.
    let caught = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    caught.unwrap_or_else(|panic| ApiError::internal(said(panic.as_ref())).into_response())
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a panic: {}", text.unwrap_or("without a word"))
}
