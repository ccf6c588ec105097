//! A body that flows through: how long it is, what it is said to come to, and its bytes in time.

use std::io;
use std::time::Duration;

use ::objects::ByteStream;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use domain::users::Digest;
use futures::StreamExt as _;
use tokio::time::timeout;

use super::problems::{LENGTH_REQUIRED, PART_HASH};
use crate::problem::ApiError;

/// Whoever sends nothing for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
const PART_SHA256: &str = "x-part-sha256";

/// How many bytes are said to come.
pub fn length(headers: &HeaderMap) -> Result<u64, ApiError> {
    // Without a word about either, there is no body.
    if !headers.contains_key(CONTENT_LENGTH) && !headers.contains_key(TRANSFER_ENCODING) {
        return Ok(0);
    }
    let said = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok());
    let length = said.and_then(|text| text.parse().ok());
    length.ok_or_else(|| ApiError::new(&LENGTH_REQUIRED).field("Content-Length"))
}

/// What the part is said to come to.
pub fn digest(headers: &HeaderMap) -> Result<Option<[u8; 32]>, ApiError> {
    let Some(said) = headers.get(PART_SHA256) else {
        return Ok(None);
    };
    let text = said.to_str().unwrap_or_default().to_ascii_lowercase();
    let digest = text.parse::<Digest>();
    let digest = digest.map_err(|_| {
        ApiError::new(&PART_HASH)
            .detail("Send 64 hexadecimal digits.")
            .field(PART_SHA256)
    })?;
    Ok(Some(*digest.as_bytes()))
}

/// The bytes as they come, as long as they come.
pub fn bytes(body: Body) -> ByteStream {
    let stream = Box::pin(body.into_data_stream());
    let chunks = futures::stream::unfold(Some(stream), |stream| async move {
        let mut stream = stream?;
        match timeout(SILENCE_MAX, stream.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(stream))),
            Ok(Some(Err(error))) => Some((Err(io::Error::other(error)), None)),
            Err(_) => Some((Err(io::ErrorKind::TimedOut.into()), None)),
        }
    });
    chunks.boxed()
}
