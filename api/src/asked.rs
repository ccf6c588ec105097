//! How a request that changes something is told apart from others, and recognised when repeated.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderName;
use axum::http::request::Parts;
use store::{Context, ids};
use uuid::Uuid;

use crate::layers::RequestId;
use crate::problem::{ApiError, kinds};

pub(crate) const IDEMPOTENCY_KEY_HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const KEY_BYTES_MAX: usize = 128;

/// The caller's own name for a request, so that asking twice is asking once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    key: String,
    /// Method and path: a key that was used at another route was used for another request.
    route: String,
    request: RequestId,
}

impl IdempotencyKey {
    /// For a command of this caller; `request` is the body as it came.
    pub fn context(&self, caller: &str, request: &[u8]) -> Context {
        let asked = [self.route.as_bytes(), b"\n", request].concat();
        let id = self.request.as_str();
        Context::by(caller)
            .with_key(self.key.as_str(), &asked)
            .in_request(id, id)
    }

    pub fn as_str(&self) -> &str {
        &self.key
    }

    fn read(parts: &Parts, request: RequestId) -> Result<Option<Self>, ApiError> {
        let invalid = || {
            ApiError::new(&kinds::IDEMPOTENCY_KEY_INVALID)
                .detail("Send one key of 1 to 128 visible ASCII characters.")
                .field("Idempotency-Key")
        };
        let mut sent = parts.headers.get_all(IDEMPOTENCY_KEY_HEADER).into_iter();
        let Some(value) = sent.next() else {
            return Ok(None);
        };
        let bytes = value.as_bytes();
        let visible = bytes.iter().all(u8::is_ascii_graphic);
        if !visible || !(1..=KEY_BYTES_MAX).contains(&bytes.len()) || sent.next().is_some() {
            return Err(invalid());
        }
        Ok(Some(Self {
            key: String::from_utf8_lossy(bytes).into_owned(),
            route: format!("{} {}", parts.method, parts.uri.path()),
            request,
        }))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        Self::read(parts, RequestId::of(parts)?)
    }
}

/// What a handler needs to pass a command on: in which request it was asked, and under which key.
#[derive(Clone, Debug)]
pub struct Asked {
    request: RequestId,
    key: Option<IdempotencyKey>,
    asker: Asker,
}

/// Who asked, once a handler has found out: for whoever stands around it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asker(Arc<OnceLock<String>>);

impl Asker {
    /// As it stands in events.
    pub fn actor(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// The first is the one: whatever follows is done in the same name.
    fn is(&self, actor: &str) {
        self.0.get_or_init(|| actor.to_owned());
    }
}

impl Asked {
    /// What the request is called, by whoever asked or by us.
    pub fn request(&self) -> &str {
        self.request.as_str()
    }

    /// The identity of what this request makes: under a key, the same each time it is asked.
    pub fn id(&self, caller: &str) -> Uuid {
        self.key
            .as_ref()
            .map_or_else(ids::fresh, |key| ids::derived(caller, key.as_str()))
    }

    /// For a command of this caller; `request` is the body as it came.
    pub fn context(&self, caller: &str, request: &[u8]) -> Context {
        self.asker.is(caller);
        let id = self.request.as_str();
        self.key.as_ref().map_or_else(
            || Context::by(caller).in_request(id, id),
            |key| key.context(caller, request),
        )
    }

    pub const fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let request = RequestId::of(parts)?;
        let key = IdempotencyKey::read(parts, request.clone())?;
        let asker = parts.extensions.get::<Asker>().cloned();
        let asker = asker.unwrap_or_default();
        Ok(Self {
            request,
            key,
            asker,
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn read(path: &str, keys: &[&str]) -> Result<Option<IdempotencyKey>, ApiError> {
        let mut request = Request::post(path);
        for key in keys {
            request = request.header(IDEMPOTENCY_KEY_HEADER, *key);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        IdempotencyKey::read(&parts, RequestId::fresh())
    }

    fn key(path: &str) -> IdempotencyKey {
        read(path, &["order-1"]).unwrap().unwrap()
    }

    #[test]
    fn a_request_without_a_key_has_none() {
        assert_eq!(read("/v1/orders", &[]).unwrap(), None);
    }

    #[test]
    fn a_key_is_one_of_visible_characters_and_not_too_long() {
        let long = "k".repeat(KEY_BYTES_MAX + 1);
        for keys in [&[""][..], &["two words"], &["one", "two"], &[&long]] {
            let refusal = read("/v1/orders", keys).unwrap_err();
            assert_eq!(*refusal.kind(), kinds::IDEMPOTENCY_KEY_INVALID, "{keys:?}");
        }
        assert!(read("/v1/orders", &[&long[1..]]).unwrap().is_some());
    }

    #[test]
    fn the_same_key_at_another_route_or_with_another_body_is_another_request() {
        let fingerprint = |path: &str, body: &[u8]| key(path).context("c", body).idempotency;
        let first = fingerprint("/v1/orders", b"{}");
        assert!(first.is_some());
        assert_eq!(first, fingerprint("/v1/orders", b"{}"));
        assert_ne!(first, fingerprint("/v1/payouts", b"{}"));
        assert_ne!(first, fingerprint("/v1/orders", b"{ }"));
    }

    #[test]
    fn a_context_knows_the_caller_and_the_request() {
        let key = key("/v1/orders");
        let context = key.context("user/1", b"");
        assert_eq!(context.actor, "user/1");
        assert_eq!(context.request_id.as_deref(), Some(key.request.as_str()));
    }

    #[test]
    fn under_a_key_the_identity_is_the_same_and_without_one_it_is_new() {
        let asked = |key| Asked {
            request: RequestId::fresh(),
            key,
            asker: Asker::default(),
        };
        let (with, without) = (asked(Some(key("/v1/orders"))), asked(None));
        assert_eq!(with.id("user/1"), with.clone().id("user/1"));
        assert_ne!(with.id("user/1"), with.id("user/2"));
        assert_ne!(without.id("user/1"), without.id("user/1"));
    }
}
