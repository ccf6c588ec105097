//! How often keys are used: not more than they may be, and when last.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use domain::users::ApiKeyId;
use projections::key_uses;
use sqlx::PgPool;

use crate::problem::{ApiError, kinds};

const MINUTE_SECONDS: i64 = 60;
/// The last use is told to the minute.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

#[derive(Clone, Copy, Debug)]
struct Use {
    minute: i64,
    requests: u32,
    noted_at: Option<DateTime<Utc>>,
}

/// What this process has seen of each key.
pub struct Uses {
    pool: PgPool,
    seen: Mutex<HashMap<ApiKeyId, Use>>,
}

impl Uses {
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            seen: Mutex::default(),
        }
    }

    /// Counts a request, or says when the next may come; notes the use from time to time.
    pub async fn count(
        &self,
        key: ApiKeyId,
        per_minute: Option<u32>,
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        if self.admit(key, per_minute, now)? {
            key_uses::note(&self.pool, key, now).await?;
        }
        Ok(())
    }

    /// Whether the use is to be noted.
    fn admit(
        &self,
        key: ApiKeyId,
        per_minute: Option<u32>,
        now: DateTime<Utc>,
    ) -> Result<bool, ApiError> {
        let mut seen = self
            .seen
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let minute = now.timestamp().div_euclid(MINUTE_SECONDS);
        let used = seen.entry(key).or_insert(Use {
            minute,
            requests: 0,
            noted_at: None,
        });
        if used.minute != minute {
            used.minute = minute;
            used.requests = 0;
        }
        if per_minute.is_some_and(|max| used.requests >= max) {
            let left = MINUTE_SECONDS - now.timestamp().rem_euclid(MINUTE_SECONDS);
            return Err(ApiError::new(&kinds::TOO_MANY_REQUESTS)
                .detail("The key has used up its requests for this minute.")
                .retry_after(left.unsigned_abs()));
        }
        used.requests += 1;
        let due = used.noted_at.is_none_or(|noted| now - noted >= NOTED_EVERY);
        if due {
            used.noted_at = Some(now);
        }
        Ok(due)
    }

    /// When keys were last used, as far as it is known.
    pub async fn last(&self, keys: &[String]) -> Result<HashMap<String, DateTime<Utc>>, ApiError> {
        Ok(key_uses::last(&self.pool, keys).await?)
    }
}
