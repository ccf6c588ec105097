//! What is decided before a simulator starts.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::DateTime;

/// The time as the simulator is told it, in seconds since 1970.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the system clock enters the program here"
        )]
        let now = || DateTime::timestamp(&chrono::Utc::now());
        Self(Arc::new(now))
    }

    pub fn from_fn(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// How a simulator is set up; what it does wrong is switched while it runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The key that clients show.
    pub secret_key: String,
    /// Names follow from it, so that two runs with one seed give the same names.
    pub seed: u64,
    /// Where the state lies between two runs; nowhere if nothing is said.
    pub state: Option<PathBuf>,
    pub clock: Clock,
    /// Stripe's share of a charge, in hundredths of a percent, and its fixed part in cents.
    pub fee_basis_points: i64,
    pub fee_cents: i64,
    pub dispute_fee_cents: i64,
    /// After so long what was charged can be paid out.
    pub settles_after_seconds: i64,
    /// A webhook that was not taken is tried again after this, then after twice as long.
    pub retry_milliseconds: u64,
    /// So long a receiver may take over a webhook.
    pub delivery_milliseconds_max: u64,
}

impl Settings {
    pub fn new(secret_key: impl Into<String>) -> Self {
        Self {
            secret_key: secret_key.into(),
            seed: 1,
            state: None,
            clock: Clock::system(),
            fee_basis_points: 290,
            fee_cents: 30,
            dispute_fee_cents: 1_500,
            settles_after_seconds: 0,
            retry_milliseconds: 1_000,
            delivery_milliseconds_max: 10_000,
        }
    }
}
