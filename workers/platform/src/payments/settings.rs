//! How Stripe is reached, as the environment says it; nonsense is refused before anything starts.

use std::time::Duration;

use chrono::TimeDelta;
use url::Url;

use crate::settings::Nonsense;

/// The variables that are read here.
pub const VARIABLES: [&str; 3] = [SECRET_KEY, WEBHOOK_SECRET, API_BASE];

const SECRET_KEY: &str = "STRIPE_SECRET_KEY";
const WEBHOOK_SECRET: &str = "STRIPE_WEBHOOK_SECRET";
const API_BASE: &str = "STRIPE_API_BASE";

const LOOK_EVERY: Duration = Duration::from_millis(250);
const POLL_EVERY: Duration = Duration::from_mins(1);
const REST: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Less than the day that Stripe allows, so that the clocks may differ.
const CHECKOUT_LASTS: TimeDelta = TimeDelta::hours(23);

/// Everything about card payments that is decided outside the program.
#[derive(Clone)]
pub struct Settings {
    pub secret_key: String,
    pub webhook_secret: String,
    /// Somewhere else than Stripe's own address, with a slash at its end.
    pub api_base: Option<String>,
    /// Where payers come back to; without a slash at its end.
    pub public_url: String,
    pub checkout_lasts: TimeDelta,
    /// How long a notice may go unnoticed.
    pub look_every: Duration,
    /// How often Stripe is asked for what it may have told nobody.
    pub poll_every: Duration,
    /// How long to wait after an error before trying again.
    pub rest: Duration,
    /// What Stripe does not answer within this time may or may not have been done.
    pub answer_within: Duration,
}

/// It shows no secrets.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("api_base", &self.api_base)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

impl Settings {
    pub fn new(
        secret_key: impl Into<String>,
        webhook_secret: impl Into<String>,
        api_base: Option<String>,
        public_url: impl Into<String>,
    ) -> Self {
        Self {
            secret_key: secret_key.into(),
            webhook_secret: webhook_secret.into(),
            api_base,
            public_url: public_url.into(),
            checkout_lasts: CHECKOUT_LASTS,
            look_every: LOOK_EVERY,
            poll_every: POLL_EVERY,
            rest: REST,
            answer_within: ANSWER_WITHIN,
        }
    }

    /// Reads the variables; nothing where there is no key, and so no card payments.
    pub fn try_new(
        variable: impl Fn(&str) -> Option<String>,
        public_url: &str,
    ) -> Result<Option<Self>, Nonsense> {
        let set = |name: &str| {
            let value = variable(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let (key, secret, base) = (set(SECRET_KEY), set(WEBHOOK_SECRET), set(API_BASE));
        let (key, secret) = match (key, secret) {
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(nonsense(WEBHOOK_SECRET, SECRET_WANTED)),
            (None, Some(_)) => return Err(nonsense(SECRET_KEY, KEY_WANTED)),
            (Some(key), Some(secret)) => (key, secret),
        };
        let is_key = ["sk_", "rk_"]
            .iter()
            .any(|opening| key.starts_with(opening));
        if !is_key || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(nonsense(SECRET_KEY, A_KEY));
        }
        let base = base.map(|text| api_base(&text)).transpose()?;
        Ok(Some(Self::new(key, secret, base, public_url)))
    }
}

const A_KEY: &str = "give a secret key of Stripe, which begins with sk_ or rk_";
const KEY_WANTED: &str = "STRIPE_WEBHOOK_SECRET is set, so give the secret key that belongs to it, \
                          or empty both";
const SECRET_WANTED: &str = "STRIPE_SECRET_KEY is set, so give the secret that webhooks are signed \
                             with, or empty both";
const A_BASE: &str = "give the address of something that answers as Stripe does, such as \
                      http://127.0.0.1:12111, with nothing behind it";
const NOT_IN_THE_CLEAR: &str = "a secret key must not travel in the clear: say https://, or an \
                                address of this machine";

const fn nonsense(variable: &'static str, remedy: &'static str) -> Nonsense {
    Nonsense { variable, remedy }
}

fn api_base(text: &str) -> Result<String, Nonsense> {
    let refusal = || nonsense(API_BASE, A_BASE);
    let url = Url::parse(text).map_err(|_| refusal())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    if !plain {
        return Err(refusal());
    }
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() == "http" && !is_here {
        return Err(nonsense(API_BASE, NOT_IN_THE_CLEAR));
    }
    Ok(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: (&str, &str) = (SECRET_KEY, "sk_test_1");
    const SECRET: (&str, &str) = (WEBHOOK_SECRET, "whsec_1");

    fn settings(variables: &[(&str, &str)]) -> Result<Option<Settings>, Nonsense> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        Settings::try_new(variable, "https://trainnet.example")
    }

    #[test]
    fn without_a_key_there_are_no_card_payments() {
        assert!(settings(&[(SECRET_KEY, " ")]).unwrap().is_none());
    }

    #[test]
    fn a_key_and_its_secret_come_together() {
        assert_eq!(settings(&[KEY]).unwrap_err().variable, WEBHOOK_SECRET);
        assert_eq!(settings(&[SECRET]).unwrap_err().variable, SECRET_KEY);
        let both = settings(&[KEY, SECRET]).unwrap().unwrap();
        assert_eq!(both.api_base, None);
        let shown = format!("{both:?}");
        assert!(!shown.contains("sk_test") && !shown.contains("whsec"));
    }

    #[test]
    fn a_secret_key_does_not_travel_in_the_clear() {
        for base in ["http://stripe.example", "http://10.0.0.1:80/"] {
            let refused = settings(&[KEY, SECRET, (API_BASE, base)]).unwrap_err();
            assert_eq!(refused.remedy, NOT_IN_THE_CLEAR, "{base}");
        }
        for base in [
            "http://127.0.0.1:12111",
            "http://localhost:1/",
            "https://stripe.example",
        ] {
            let taken = settings(&[KEY, SECRET, (API_BASE, base)]).unwrap().unwrap();
            assert!(taken.api_base.unwrap().ends_with('/'), "{base}");
        }
        for base in [
            "stripe",
            "ftp://localhost",
            "http://localhost/v1",
            "http://u@localhost",
        ] {
            let refused = settings(&[KEY, SECRET, (API_BASE, base)]).unwrap_err();
            assert_eq!(refused.variable, API_BASE, "{base}");
        }
        let refused = settings(&[(SECRET_KEY, "pk_test_1"), SECRET]).unwrap_err();
        assert_eq!(refused.remedy, A_KEY);
    }
}
