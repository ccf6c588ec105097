//! Answers that were given under a key, so that the same request gets the same answer.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::World;
use crate::refusal::Refusal;

const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// What was answered to the first request with a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    fingerprint: String,
    /// Nothing while the first request is still being answered.
    answer: Option<(u16, Value)>,
    at: i64,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recalled {
    Nothing,
    Answer(StatusCode, Value),
}

impl World {
    pub fn recall(&self, key: &str, fingerprint: &str) -> Result<Recalled, Refusal> {
        let Some(kept) = self.kept.get(key) else {
            return Ok(Recalled::Nothing);
        };
        if kept.fingerprint != fingerprint {
            return Err(Refusal::key_reused());
        }
        match &kept.answer {
            None => Err(Refusal::key_in_use()),
            Some((status, body)) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::OK);
                Ok(Recalled::Answer(status, body.clone()))
            }
        }
    }

    /// Nothing for an answer says that it is on its way.
    pub fn keep(&mut self, key: &str, fingerprint: &str, answer: Option<(StatusCode, Value)>) {
        let kept = Kept {
            fingerprint: fingerprint.to_owned(),
            answer: answer.map(|(status, body)| (status.as_u16(), body)),
            at: self.now,
        };
        self.kept.insert(key.to_owned(), kept);
    }

    pub(super) fn forget_keys(&mut self) {
        let now = self.now;
        self.kept.retain(|_, kept| now - kept.at < KEPT_SECONDS);
    }
}
