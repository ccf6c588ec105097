//! Reads what a request says in its path and behind the question mark.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::body::explain;
use crate::problem::{ApiError, kinds};

/// What stands in the path; where it cannot be read, there is nothing.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let axum::extract::Path(value) = read.map_err(|_| ApiError::new(&kinds::NOT_FOUND))?;
        Ok(Self(value))
    }
}

/// What stands behind the question mark.
///
/// Types that are read from it say `#[serde(deny_unknown_fields)]`, as those of bodies do.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(read(parts.uri.query().unwrap_or_default())?))
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let deserializer = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let (field, detail) = explain(&error.path().to_string(), &error.inner().to_string());
        let refusal = ApiError::new(&kinds::PARAMETER_INVALID).detail(detail);
        match field {
            Some(field) => refusal.field(field),
            None => refusal,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        limit: Option<u8>,
        after: String,
    }

    #[test]
    fn parameters_are_read_and_decoded() {
        let page: Page = read("limit=5&after=a%20b").unwrap();
        assert_eq!((page.limit, page.after.as_str()), (Some(5), "a b"));
    }

    #[test]
    fn the_parameter_that_is_wrong_is_named() {
        for (query, field) in [
            ("limit=many&after=a", "limit"),
            ("limit=5", "after"),
            ("after=a&before=b", "before"),
            ("after=a&after=b", "after"),
        ] {
            let error = format!("{:?}", read::<Page>(query).unwrap_err());
            assert!(
                error.contains(&format!("field: Some({field:?})")),
                "{query}: {error}"
            );
        }
    }
}
