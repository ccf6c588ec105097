//! What can go wrong at this door alone.

use axum::http::StatusCode;

use crate::problem::{ApiError, Kind};

pub const UNSUPPORTED: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "unsupported_parameter",
    "This cannot be honoured here",
);
pub const INVALID: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "invalid_value",
    "This is not what is asked for here",
);
pub const FILE_INVALID: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "invalid_file_format",
    "The file is no list of examples",
);
pub const CHECKSUM: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "checksum_mismatch",
    "What came is not what was sent",
);
pub const UPLOAD_STATE: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "invalid_upload_state",
    "The upload is over",
);
pub const FILE_KEPT: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "file_kept",
    "A trained model is kept with its job",
);

pub fn invalid(param: impl Into<String>, detail: impl Into<String>) -> ApiError {
    ApiError::new(&INVALID).detail(detail.into()).field(param)
}

pub fn unsupported(param: impl Into<String>, detail: impl Into<String>) -> ApiError {
    ApiError::new(&UNSUPPORTED)
        .detail(detail.into())
        .field(param)
}

/// Datasets are all that anybody brings through this door.
pub fn purpose(said: &str) -> Result<(), ApiError> {
    if said == super::files::FINE_TUNE {
        return Ok(());
    }
    Err(unsupported(
        "purpose",
        "Files are for training: send fine-tune.",
    ))
}
