//! Lets a caller read what it wrote: a read that names a position waits until that can be seen.

use std::fmt::Display;
use std::marker::PhantomData;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponseParts, ResponseParts};
use projections::{Projection, ProjectionError};

use crate::api::Api;
use crate::problem::{ApiError, kinds};

pub const POSITION_HEADER: HeaderName = HeaderName::from_static("trainnet-position");
/// A projection is milliseconds behind; whoever waits longer waits for something that is broken.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// The position that a command was committed at, as a header of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub i64);

impl IntoResponseParts for Position {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.headers_mut().insert(POSITION_HEADER, self.0.into());
        Ok(parts)
    }
}

/// Proof that a projection shows at least what the caller named in `Trainnet-Position`.
#[derive(Clone, Copy, Debug)]
pub struct Reached<P>(PhantomData<fn() -> P>);

impl<P: Projection, S: Sync> FromRequestParts<S> for Reached<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let api = Api::from_request_parts(parts, state).await?;
        if let Some(position) = named(&parts.headers)? {
            api.reach(P::NAME, position).await?;
        }
        Ok(Self(PhantomData))
    }
}

fn named(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let mut sent = headers.get_all(POSITION_HEADER).into_iter();
    let Some(value) = sent.next() else {
        return Ok(None);
    };
    let digits = value
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let position = digits.and_then(|text| text.parse().ok());
    match position {
        Some(position) if sent.next().is_none() => Ok(Some(position)),
        _ => Err(ApiError::new(&kinds::POSITION_INVALID)
            .detail("Send one position, as a command answered it.")
            .field("Trainnet-Position")),
    }
}

impl Api {
    /// Waits, but not for long, until a projection shows what was committed at `position`.
    pub async fn reach(&self, projection: &str, position: i64) -> Result<(), ApiError> {
        let within = WAIT_MAX.min(self.settings().request_time_max / 2);
        // What is there already, and nearly always it is, costs no look at the head.
        let waited = self.engine().wait_for(projection, position, Duration::ZERO);
        if waited.await.is_ok() {
            return Ok(());
        }
        // Nobody is kept waiting for what has not happened.
        let head = self.log().head().await?.position;
        if head < position {
            return Err(ApiError::new(&kinds::POSITION_UNKNOWN)
                .detail(format!("The log ends at {head}."))
                .field("Trainnet-Position"));
        }
        let waited = self.engine().wait_for(projection, position, within).await;
        waited.map(drop).map_err(not_reached)
    }
}

fn not_reached(error: ProjectionError) -> ApiError {
    let late = |at: &dyn Display| {
        ApiError::new(&kinds::POSITION_NOT_REACHED)
            .detail(format!("It stands at {at}."))
            .retry_after(1)
    };
    match &error {
        ProjectionError::Late { reached, .. } => late(reached),
        ProjectionError::Stopped { position, .. } => late(&(position - 1)).because(error),
        _ => ApiError::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(values: &[&str]) -> Result<Option<i64>, ApiError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(POSITION_HEADER, value.parse().unwrap());
        }
        named(&headers)
    }

    #[test]
    fn a_position_is_one_whole_number() {
        assert_eq!(sent(&[]).unwrap(), None);
        assert_eq!(sent(&["42"]).unwrap(), Some(42));
        for wrong in [
            &[""][..],
            &["-1"],
            &["+1"],
            &["1.0"],
            &["9223372036854775808"],
            &["1", "2"],
        ] {
            assert!(sent(wrong).is_err(), "{wrong:?}");
        }
    }
}
