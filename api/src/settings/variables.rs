//! What the environment says, before anybody has judged it.

use std::collections::BTreeMap;
use std::env::{self, VarError};

/// Every variable of the API that is set, by its name; one that is empty is not set.
#[derive(Clone, Debug, Default)]
pub struct Variables(BTreeMap<&'static str, String>);

impl Variables {
    /// Those of this process. Each is read by its name in full, so that a search finds it.
    pub fn of_this_process() -> Self {
        Self::of([
            ("TRAINNET_LISTEN", env::var("TRAINNET_LISTEN")),
            (
                "TRAINNET_TRUSTED_PROXIES",
                env::var("TRAINNET_TRUSTED_PROXIES"),
            ),
            ("TRAINNET_CORS_ORIGINS", env::var("TRAINNET_CORS_ORIGINS")),
            (
                "TRAINNET_BODY_BYTES_MAX",
                env::var("TRAINNET_BODY_BYTES_MAX"),
            ),
            (
                "TRAINNET_REQUEST_SECONDS_MAX",
                env::var("TRAINNET_REQUEST_SECONDS_MAX"),
            ),
            (
                "TRAINNET_REQUESTS_IN_FLIGHT_MAX",
                env::var("TRAINNET_REQUESTS_IN_FLIGHT_MAX"),
            ),
            (
                "TRAINNET_REQUESTS_PER_MINUTE",
                env::var("TRAINNET_REQUESTS_PER_MINUTE"),
            ),
            (
                "TRAINNET_TLS_CERTIFICATE",
                env::var("TRAINNET_TLS_CERTIFICATE"),
            ),
            ("TRAINNET_TLS_KEY", env::var("TRAINNET_TLS_KEY")),
            (
                "TRAINNET_SESSION_BINDING",
                env::var("TRAINNET_SESSION_BINDING"),
            ),
            (
                "TRAINNET_PASSWORD_HASHES_AT_ONCE",
                env::var("TRAINNET_PASSWORD_HASHES_AT_ONCE"),
            ),
            ("TRAINNET_LOG_FORMAT", env::var("TRAINNET_LOG_FORMAT")),
            (
                "TRAINNET_JOIN_TOKEN_HOURS",
                env::var("TRAINNET_JOIN_TOKEN_HOURS"),
            ),
            ("TRAINNET_MACHINE_PRICE", env::var("TRAINNET_MACHINE_PRICE")),
            (
                "TRAINNET_KYC_FOR_PAYOUTS",
                env::var("TRAINNET_KYC_FOR_PAYOUTS"),
            ),
        ])
    }

    /// These, as if they were set.
    pub fn set(set: impl IntoIterator<Item = (&'static str, &'static str)>) -> Self {
        Self::of(
            set.into_iter()
                .map(|(name, value)| (name, Ok(value.to_owned()))),
        )
    }

    fn of(read: impl IntoIterator<Item = (&'static str, Result<String, VarError>)>) -> Self {
        let set = read.into_iter().filter_map(|(name, read)| {
            let value = match read {
                Ok(value) => value.trim().to_owned(),
                Err(VarError::NotPresent) => return None,
                // What is not text is not nothing: it is refused like any other nonsense.
                Err(VarError::NotUnicode(value)) => value.to_string_lossy().into_owned(),
            };
            (!value.is_empty()).then_some((name, value))
        });
        Self(set.collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
