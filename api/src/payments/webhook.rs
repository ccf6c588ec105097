//! Listens to the card processor: keeps that there is something to look at, and says so at once.
//!
//! A webhook is believed when it is signed with the secret that only the processor knows, over the
//! bytes as they came and a time that is not long ago. What it says is looked up by others.

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use projections::payments::inbox::{self, Notice};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Payments;
use super::problems::SIGNATURE_WRONG;
use crate::api::{Api, Routes};
use crate::problem::{ApiError, kinds};

const HEADER: &str = "stripe-signature";
/// What Stripe's own libraries tolerate.
const TOLERANCE: TimeDelta = TimeDelta::seconds(300);
/// While a secret is being changed there are two signatures; nobody needs more than a few.
const SIGNATURES_MAX: usize = 8;
const NAME_CHARACTERS_MAX: usize = 128;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(hear))
}

/// It was heard
#[derive(Debug, Serialize, ToSchema)]
struct Heard {
    #[schema(example = true)]
    received: bool,
}

#[derive(Debug, Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: Object,
}

/// What is left out is not read: it says what was so, and what counts is what is.
#[derive(Debug, Deserialize)]
struct Object {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    client_reference_id: Option<String>,
    #[serde(default)]
    metadata: Option<Labels>,
}

#[derive(Debug, Deserialize)]
struct Labels {
    #[serde(default)]
    payment: Option<String>,
}

impl Event {
    fn notice(self) -> Result<Notice, ApiError> {
        let object = self.data.object;
        let labelled = object.metadata.and_then(|labels| labels.payment);
        let plain = |text: &str| {
            (1..=NAME_CHARACTERS_MAX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !plain(&self.id) || !plain(&self.kind) {
            return Err(
                ApiError::new(&kinds::BODY_INVALID).detail("An event has a name and a type.")
            );
        }
        let named = labelled.or(object.client_reference_id);
        Ok(Notice {
            notice: self.id,
            kind: self.kind,
            object: object.id.filter(|id| plain(id)).unwrap_or_default(),
            payment: named.filter(|name| plain(name)),
        })
    }
}

/// Tell of a payment
///
/// For the card processor: an event as Stripe sends it, signed in `Stripe-Signature`.
#[utoipa::path(post, path = "/webhook/stripe", tag = "payments", operation_id = "stripe_webhook",
    security(()), responses((status = 200, description = "It was heard", body = Heard)))]
async fn hear(
    api: Api,
    payments: Extension<Payments>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Heard>), ApiError> {
    let now = api.clock().now();
    let signed = headers.get(HEADER).and_then(|header| header.to_str().ok());
    // Where there is no secret, nothing can be signed with it.
    let is_signed = signed
        .zip(payments.webhook_secret())
        .is_some_and(|(header, secret)| is_signed(header, secret, &body, now));
    if !is_signed {
        return Err(ApiError::new(&SIGNATURE_WRONG)
            .detail("Send the bytes as they were signed, within 300 seconds.")
            .field("Stripe-Signature"));
    }
    let event: Event = serde_json::from_slice(&body).map_err(|_| {
        ApiError::new(&kinds::BODY_MALFORMED).detail("An event has an id, a type and data.")
    })?;
    inbox::put(api.pool(), &event.notice()?, now).await?;
    Ok((StatusCode::OK, Json(Heard { received: true })))
}

/// `t=…,v1=…`, with a signature over the time, a dot and the body.
fn is_signed(header: &str, secret: &str, body: &[u8], now: DateTime<Utc>) -> bool {
    let pairs = || header.split(',').filter_map(|pair| pair.split_once('='));
    let time = pairs()
        .find(|(name, _)| *name == "t")
        .map(|(_, value)| value);
    let at = time.and_then(|text| text.parse().ok());
    let Some((text, at)) = time.zip(at.and_then(|at| DateTime::from_timestamp(at, 0))) else {
        return false;
    };
    if (now - at).abs() > TOLERANCE {
        return false;
    }
    let signatures = pairs().filter(|(name, _)| *name == "v1");
    signatures.take(SIGNATURES_MAX).any(|(_, signature)| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
            return false;
        };
        mac.update(text.as_bytes());
        mac.update(b".");
        mac.update(body);
        bytes(signature).is_some_and(|signature| mac.verify_slice(&signature).is_ok())
    })
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let digits = (0..hex.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_800_000_000;
    const SECRET: &str = "whsec_test_secret";
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;
    /// What Stripe's own library makes of these.
    const SIGNED: &str = "8a6563dbee1eccda632491deb091d19e764aadddcd0ace8d9516599526831c89";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(AT + seconds, 0).unwrap()
    }

    fn header() -> String {
        format!("t={AT},v1={SIGNED}")
    }

    #[test]
    fn what_stripe_signed_is_signed() {
        assert!(is_signed(&header(), SECRET, BODY, at(0)));
        let two = format!("t={AT},v1={},v1={SIGNED},v0=abc", "0".repeat(64));
        assert!(is_signed(&two, SECRET, BODY, at(0)));
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_on_either_side() {
        for (seconds, good) in [(300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(
                is_signed(&header(), SECRET, BODY, at(seconds)),
                good,
                "{seconds}"
            );
        }
    }

    #[test]
    fn anything_else_is_not_signed() {
        assert!(!is_signed(&header(), "whsec_other", BODY, at(0)));
        assert!(!is_signed(&header(), SECRET, br#"{"id":"evt_2"}"#, at(0)));
        for wrong in [
            String::new(),
            format!("v1={SIGNED}"),
            format!("t={AT}"),
            format!("t={AT},v0={SIGNED}"),
            format!("t={AT},v1={}", &SIGNED[1..]),
            format!("t={},v1={SIGNED}", AT + 1),
            format!("t=soon,v1={SIGNED}"),
        ] {
            assert!(!is_signed(&wrong, SECRET, BODY, at(0)), "{wrong}");
        }
    }
}
