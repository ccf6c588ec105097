//! The one place where identities are made.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The time as this program is told it; a test passes its own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the system clock enters the program here"
        )]
        Self(Arc::new(Utc::now))
    }

    pub fn from_fn(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn now(&self) -> DateTime<Utc> {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// A new identity, ordered by time: neighbours in the log are neighbours in the index.
#[expect(clippy::disallowed_methods, reason = "identities are made here")]
pub fn fresh() -> Uuid {
    Uuid::now_v7()
}

/// The identity that this caller's key always leads to, so that a retry finds the same stream.
pub fn derived(caller: &str, key: &str) -> Uuid {
    let mut hasher = Sha256::new();
    for part in ["trainnet.id.v1", caller, key] {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_caller_and_key_lead_to_the_same_identity() {
        assert_eq!(derived("user/a", "k1"), derived("user/a", "k1"));
        assert_ne!(derived("user/a", "k1"), derived("user/a", "k2"));
        assert_ne!(derived("user/a", "bk"), derived("user/ab", "k"));
        assert_eq!(derived("user/a", "k1").get_version_num(), 8);
    }

    #[test]
    fn fresh_identities_are_ordered_by_time() {
        let made: Vec<Uuid> = (0..1000).map(|_| fresh()).collect();
        assert!(made.is_sorted());
    }
}
