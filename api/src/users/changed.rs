//! The answer of whatever has nothing to show but where in the log it stands.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::position::Position;

/// Done: 204, and the position at which it was recorded.
#[derive(Clone, Copy, Debug)]
pub struct Changed(pub Position);

impl IntoResponse for Changed {
    fn into_response(self) -> Response {
        (StatusCode::NO_CONTENT, self.0, ()).into_response()
    }
}
