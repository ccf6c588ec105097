//! How cards are charged: by Stripe, or, for whoever tries things out here, by a stand-in.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Context as _;
use platform::Nonsense;
use platform::payments::Settings;
use stripe_sim::{Running, Simulator};

/// Of the program's data folder.
const STATE: &str = "stripe-sim.json";
const SECRET_BYTES: usize = 24;

/// How cards are charged, if they are.
pub struct Cards {
    settings: Option<Settings>,
    /// Stands in for Stripe for as long as this is there.
    simulator: Option<Running>,
}

impl Cards {
    /// As the environment says it.
    pub fn try_new() -> Result<Self, Nonsense> {
        let read = |name: &str| {
            let value = std::env::var_os(name)?;
            // What is not text is not nothing: it is refused like any other nonsense.
            Some(value.to_string_lossy().into_owned())
        };
        Ok(Self {
            settings: Settings::try_new(read, "")?,
            simulator: None,
        })
    }

    /// Starts a stand-in where nobody has said how cards are charged. It forgets nothing between
    /// two runs but its secrets.
    pub async fn or_simulated(self, data: &Path) -> anyhow::Result<Self> {
        if self.settings.is_some() {
            return Ok(self);
        }
        let (key, secret) = (secret("sk_test_")?, secret("whsec_")?);
        let settings = stripe_sim::Settings {
            state: Some(data.join(STATE)),
            ..stripe_sim::Settings::new(&key)
        };
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = Simulator::start(settings, any_port).await?;
        let base = format!("{}/", running.url());
        Ok(Self {
            settings: Some(Settings::new(key, secret, Some(base), "")),
            simulator: Some(running),
        })
    }

    /// For a program whose API answers at `url`, and which people find at `public_url`.
    pub fn settings_at(&self, url: &str, public_url: &str) -> Option<Settings> {
        let mut settings = self.settings.clone()?;
        public_url.clone_into(&mut settings.public_url);
        if let Some(running) = &self.simulator {
            let hook = format!("{url}/webhook/stripe");
            running.simulator.tell(hook, &settings.webhook_secret);
        }
        Some(settings)
    }

    /// Where the stand-in answers, if there is one.
    pub fn simulator_url(&self) -> Option<String> {
        self.simulator.as_ref().map(Running::url)
    }
}

fn secret(opening: &str) -> anyhow::Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    let mut text = opening.to_owned();
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes whatever is written to it");
    }
    Ok(text)
}
