//! Telling whoever listens: signed, one after another, again and again until it is taken.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use hmac::{Hmac, Mac as _};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sha2::Sha256;

use crate::server::Inner;
use crate::world::Delivery;

/// As often as Stripe tries over three days.
const ATTEMPTS_MAX: u32 = 16;
/// Webhooks that wait for others to be mixed with wait no longer than this.
const MIXING_MILLISECONDS: i64 = 500;

/// The header under which a body is signed at a time.
pub fn signature(secret: &str, at: i64, body: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    let mut header = format!("t={at},v1=");
    for byte in digest {
        write!(header, "{byte:02x}").expect("a string takes whatever is written to it");
    }
    header
}

type Sender = Client<HttpConnector, Full<Bytes>>;

/// Sends what is due until it is dropped.
pub async fn run(inner: Arc<Inner>) {
    let client: Sender = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    loop {
        let due = inner.take_due();
        if due.is_empty() {
            inner.wait_for_more().await;
            continue;
        }
        for delivery in due {
            send(&inner, &client, delivery).await;
        }
    }
}

async fn send(inner: &Inner, client: &Sender, mut delivery: Delivery) {
    let (body, at) = inner.written(&delivery);
    let request = Request::post(&delivery.endpoint.url)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header(
            "user-agent",
            "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        )
        .header(
            "stripe-signature",
            signature(&delivery.endpoint.secret, at, &body),
        )
        .body(Full::new(Bytes::from(body)));
    let Ok(request) = request else {
        tracing::warn!(url = delivery.endpoint.url, "no webhook can be sent there");
        return;
    };
    let within = Duration::from_millis(inner.settings.delivery_milliseconds_max);
    let sent = tokio::time::timeout(within, client.request(request)).await;
    let is_taken = matches!(&sent, Ok(Ok(response)) if response.status().is_success());
    delivery.attempts += 1;
    inner.note(&delivery, is_taken);
    if is_taken || delivery.attempts >= ATTEMPTS_MAX {
        return;
    }
    let pause = inner.settings.retry_milliseconds << (delivery.attempts - 1).min(20);
    delivery.due_at = inner.now_milliseconds() + i64::try_from(pause).unwrap_or(i64::MAX);
    inner.put_back(delivery);
}

/// Whether those that wait to be mixed have waited long enough.
pub fn is_mixed(waiting: usize, wanted: usize, waited_milliseconds: i64) -> bool {
    waiting >= wanted || waited_milliseconds >= MIXING_MILLISECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_over_the_time_and_the_body() {
        let signed = signature("whsec_1", 1_800_000_000, b"{}");
        assert!(signed.starts_with("t=1800000000,v1="));
        assert_eq!(signed.len(), "t=1800000000,v1=".len() + 64);
        assert_ne!(signed, signature("whsec_1", 1_800_000_000, b"{ }"));
        assert_ne!(
            signed[16..],
            signature("whsec_1", 1_800_000_001, b"{}")[16..]
        );
        assert_ne!(signed, signature("whsec_2", 1_800_000_000, b"{}"));
    }
}
