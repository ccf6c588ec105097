//! Keeps anybody from asking more often than they may, and tells them how often that is.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::ClientAddress;
use crate::api::Api;
use crate::problem::{ApiError, kinds};

pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const WINDOW_SECONDS: u32 = 60;
/// Whoever has not been seen for a while is forgotten this often, so that memory stays bounded.
const CHECKS_BETWEEN_SWEEPS: u32 = 10_000;

/// What a key may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub remaining: u32,
    /// Until all of it is there again.
    pub reset_seconds: u64,
}

/// The key has used up what it may do for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the next request may come in {retry_after_seconds} s")]
pub struct Exceeded {
    pub retry_after_seconds: u64,
}

/// So many requests a minute for each key, all at once or spread; this process alone counts them.
pub struct Limiter<K: Hash + Eq + Clone> {
    states: RateLimiter<K, HashMapStateStore<K>, DefaultClock, StateInformationMiddleware>,
    clock: DefaultClock,
    per_minute: NonZeroU32,
    checks: AtomicU32,
}

impl<K: Hash + Eq + Clone> std::fmt::Debug for Limiter<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Limiter({} a minute)", self.per_minute)
    }
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    pub fn per_minute(per_minute: NonZeroU32) -> Self {
        let clock = DefaultClock::default();
        let quota = Quota::per_minute(per_minute);
        Self {
            states: RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()),
            clock,
            per_minute,
            checks: AtomicU32::new(0),
        }
    }

    /// Counts one request of this key.
    pub fn check(&self, key: &K) -> Result<Allowance, Exceeded> {
        let checks = self.checks.fetch_add(1, Ordering::Relaxed);
        if checks % CHECKS_BETWEEN_SWEEPS == CHECKS_BETWEEN_SWEEPS - 1 {
            self.states.retain_recent();
        }
        match self.states.check_key(key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let limit = u64::from(self.per_minute.get());
                let missing = limit.saturating_sub(remaining.into());
                Ok(Allowance {
                    remaining,
                    reset_seconds: (missing * u64::from(WINDOW_SECONDS)).div_ceil(limit),
                })
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(self.clock.now());
                Err(Exceeded {
                    retry_after_seconds: whole_seconds(wait).max(1),
                })
            }
        }
    }
}

/// Rounded up: whoever comes back on time is not too early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// What one subscriber has: an IPv4 address, or the /64 that IPv6 hands out at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    pub fn of(ClientAddress(address): ClientAddress) -> Self {
        match address {
            IpAddr::V4(_) => Self(address),
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into()),
        }
    }
}

pub async fn limit(State(api): State<Api>, request: Request, next: Next) -> Response {
    let Some(address) = request.extensions().get::<ClientAddress>().copied() else {
        return next.run(request).await;
    };
    let limiter = &api.guards().addresses;
    let (mut response, remaining, seconds) = match limiter.check(&Network::of(address)) {
        Ok(allowance) => {
            let response = next.run(request).await;
            (response, allowance.remaining, allowance.reset_seconds)
        }
        Err(Exceeded {
            retry_after_seconds,
        }) => {
            let refusal = ApiError::new(&kinds::TOO_MANY_REQUESTS).retry_after(retry_after_seconds);
            (refusal.into_response(), 0, retry_after_seconds)
        }
    };
    tell(
        response.headers_mut(),
        limiter.per_minute,
        remaining,
        seconds,
    );
    response
}

/// As draft-ietf-httpapi-ratelimit-headers has it. A route's own, narrower limit stands.
fn tell(headers: &mut HeaderMap, limit: NonZeroU32, remaining: u32, seconds: u64) {
    if headers.contains_key(RATE_LIMIT) {
        return;
    }
    let policy = format!("\"address\";q={limit};w={WINDOW_SECONDS}");
    let state = format!("\"address\";r={remaining};t={seconds}");
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::of(ClientAddress(text.parse().unwrap()))
    }

    #[test]
    fn a_key_may_do_what_it_may_and_then_waits_without_keeping_others() {
        let limiter = Limiter::per_minute(NonZeroU32::new(2).unwrap());
        assert_eq!(limiter.check(&"a").unwrap().remaining, 1);
        let last = limiter.check(&"a").unwrap();
        assert_eq!((last.remaining, last.reset_seconds), (0, 60));
        let wait = limiter.check(&"a").unwrap_err().retry_after_seconds;
        assert!((29..=30).contains(&wait), "{wait}");
        assert!(limiter.check(&"b").is_ok());
    }

    #[test]
    fn neighbours_in_one_ipv6_network_share_and_ipv4_addresses_do_not() {
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("198.51.100.1"), network("198.51.100.2"));
    }

    #[test]
    fn a_part_of_a_second_is_waited_for_in_whole() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
    }
}
