//! How the API is run, as the environment says it; nonsense is refused before anything starts.

mod variables;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use axum::http::{HeaderValue, Uri};
use chrono::TimeDelta;
use domain::servers::HourlyPrice;
use domain::users::ForPayouts;
use ipnet::IpNet;
use ledger::{Currency, Money};

use crate::users::Binding;

pub use variables::Variables;

/// Nobody but this machine, until somebody says otherwise.
pub const LISTEN_DEFAULT: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080));

/// Everything that is decided outside the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub listen: SocketAddr,
    /// Whose word on a client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whose pages may call from a browser.
    pub cors_origins: Vec<HeaderValue>,
    pub body_bytes_max: usize,
    pub request_time_max: Duration,
    pub requests_in_flight_max: usize,
    /// For each address.
    pub requests_per_minute: NonZeroU32,
    pub tls: Option<TlsFiles>,
    /// How close to where it began a session has to stay.
    pub session_binding: Binding,
    /// Each takes 19 MiB and a processor.
    pub password_hashes_at_once: usize,
    pub log_format: LogFormat,
    /// How long a machine may join by a token for which nothing else was asked.
    pub join_token_lasts: TimeDelta,
    /// What a machine costs until its provider says otherwise.
    pub machine_price: HourlyPrice,
    /// Who is paid out to.
    pub kyc_for_payouts: ForPayouts,
}

/// Where the certificate chain and its key lie, both in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Who reads what the program says of itself: a person or a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// A variable that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is {value:?}: {remedy}")]
pub struct Nonsense {
    pub variable: &'static str,
    pub value: String,
    pub remedy: String,
}

impl Settings {
    pub fn try_new(variables: &Variables) -> Result<Self, Nonsense> {
        let read = Reader(variables);
        Ok(Self {
            listen: read.parsed(
                "TRAINNET_LISTEN",
                LISTEN_DEFAULT,
                "give an IP address and a port, such as 127.0.0.1:8080 or [::]:443",
            )?,
            trusted_proxies: read.list("TRAINNET_TRUSTED_PROXIES", network)?,
            cors_origins: read.list("TRAINNET_CORS_ORIGINS", origin)?,
            body_bytes_max: read.number(
                "TRAINNET_BODY_BYTES_MAX",
                256 * 1024,
                1..=64 * 1024 * 1024,
            )?,
            request_time_max: Duration::from_secs(read.number(
                "TRAINNET_REQUEST_SECONDS_MAX",
                30,
                1..=600,
            )?),
            requests_in_flight_max: read.number(
                "TRAINNET_REQUESTS_IN_FLIGHT_MAX",
                512,
                1..=100_000,
            )?,
            requests_per_minute: read.number(
                "TRAINNET_REQUESTS_PER_MINUTE",
                SIX_HUNDRED,
                NonZeroU32::MIN..=MILLION,
            )?,
            tls: read.tls()?,
            session_binding: read.binding()?,
            password_hashes_at_once: read.number(
                "TRAINNET_PASSWORD_HASHES_AT_ONCE",
                all_processors_but_one(),
                1..=1_000,
            )?,
            log_format: LogFormat::try_new(variables)?,
            join_token_lasts: TimeDelta::hours(read.number(
                "TRAINNET_JOIN_TOKEN_HOURS",
                24,
                1..=720,
            )?),
            machine_price: read.price("TRAINNET_MACHINE_PRICE", "0.20")?,
            kyc_for_payouts: read.kyc_for_payouts()?,
        })
    }
}

/// So that there is always one left to answer everybody else.
fn all_processors_but_one() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    processors.saturating_sub(1).clamp(1, 1_000)
}

const SIX_HUNDRED: NonZeroU32 = NonZeroU32::new(600).expect("it is not zero");
const MILLION: NonZeroU32 = NonZeroU32::new(1_000_000).expect("it is not zero");

impl LogFormat {
    /// Alone, for those commands that serve nobody.
    pub fn try_new(variables: &Variables) -> Result<Self, Nonsense> {
        let variable = "TRAINNET_LOG_FORMAT";
        match variables.get(variable) {
            None | Some("text") => Ok(Self::Text),
            Some("json") => Ok(Self::Json),
            Some(value) => Err(nonsense(variable, value, "say text or json")),
        }
    }
}

fn nonsense(variable: &'static str, value: &str, remedy: impl Into<String>) -> Nonsense {
    Nonsense {
        variable,
        value: value.to_owned(),
        remedy: remedy.into(),
    }
}

struct Reader<'a>(&'a Variables);

impl Reader<'_> {
    fn parsed<T: FromStr>(
        &self,
        variable: &'static str,
        default: T,
        remedy: &str,
    ) -> Result<T, Nonsense> {
        let Some(value) = self.0.get(variable) else {
            return Ok(default);
        };
        value.parse().map_err(|_| nonsense(variable, value, remedy))
    }

    fn number<N: FromStr + PartialOrd + std::fmt::Display>(
        &self,
        variable: &'static str,
        default: N,
        range: RangeInclusive<N>,
    ) -> Result<N, Nonsense> {
        let remedy = format!(
            "give a whole number from {} to {}",
            range.start(),
            range.end()
        );
        let number = self.parsed(variable, default, &remedy)?;
        if range.contains(&number) {
            Ok(number)
        } else {
            Err(nonsense(variable, &number.to_string(), remedy))
        }
    }

    fn list<T>(
        &self,
        variable: &'static str,
        read: fn(&str) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, Nonsense> {
        let items = self.0.get(variable).into_iter();
        let items = items.flat_map(|value| value.split(',')).map(str::trim);
        let read = |item| read(item).map_err(|remedy| nonsense(variable, item, remedy));
        items.filter(|item| !item.is_empty()).map(read).collect()
    }

    /// In USD.
    fn price(
        &self,
        variable: &'static str,
        default: &'static str,
    ) -> Result<HourlyPrice, Nonsense> {
        let value = self.0.get(variable).unwrap_or(default);
        let money = Money::parse(value, Currency::Usd).ok();
        let price = money.and_then(|money| HourlyPrice::try_new(money).ok());
        price.ok_or_else(|| nonsense(variable, value, "give a price from 0.001 to 1000 in USD"))
    }

    fn binding(&self) -> Result<Binding, Nonsense> {
        let variable = "TRAINNET_SESSION_BINDING";
        match self.0.get(variable) {
            None | Some("strict") => Ok(Binding::Strict),
            Some("prefix") => Ok(Binding::Prefix),
            Some("off") => Ok(Binding::Off),
            Some(value) => Err(nonsense(variable, value, "say strict, prefix or off")),
        }
    }

    fn kyc_for_payouts(&self) -> Result<ForPayouts, Nonsense> {
        let variable = "TRAINNET_KYC_FOR_PAYOUTS";
        match self.0.get(variable) {
            None | Some("optional") => Ok(ForPayouts::Optional),
            Some("required") => Ok(ForPayouts::Required),
            Some(value) => Err(nonsense(variable, value, "say optional or required")),
        }
    }

    /// Half a pair would be served in the clear by whoever believes it to be encrypted.
    fn tls(&self) -> Result<Option<TlsFiles>, Nonsense> {
        let names = ["TRAINNET_TLS_CERTIFICATE", "TRAINNET_TLS_KEY"];
        match names.map(|name| self.0.get(name)) {
            [None, None] => Ok(None),
            [Some(certificate), Some(key)] => Ok(Some(TlsFiles {
                certificate: certificate.into(),
                key: key.into(),
            })),
            [Some(_), None] => Err(nonsense(names[1], "", half_a_pair(names[0]))),
            [None, Some(_)] => Err(nonsense(names[0], "", half_a_pair(names[1]))),
        }
    }
}

fn half_a_pair(other: &str) -> String {
    format!("{other} is set, so name the file that belongs to it, or empty both")
}

/// A network, or a single address.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let remedy = "list networks such as 10.0.0.0/8, or addresses, separated by commas";
    let network = text.parse::<IpNet>();
    let network =
        network.or_else(|_| text.parse::<IpAddr>().map(IpNet::from).map_err(|_| remedy))?;
    // Whoever trusts everybody lets everybody say where they come from.
    if network.prefix_len() == 0 {
        return Err("name the networks that your proxies are in, not all there are");
    }
    Ok(network.trunc())
}

/// As a browser sends it: a scheme, a host, perhaps a port, and nothing behind.
fn origin(text: &str) -> Result<HeaderValue, &'static str> {
    let remedy = "list origins such as https://trainnet.example, separated by commas, without \
                  paths and without *";
    let uri: Uri = text.parse().map_err(|_| remedy)?;
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority())
    else {
        return Err(remedy);
    };
    let spelled = format!(
        "{scheme}://{}:{}",
        authority.host(),
        uri.port_u16().unwrap_or(0)
    );
    let spelled = spelled.trim_end_matches(":0").to_ascii_lowercase();
    if spelled != text || text.contains('*') {
        return Err(remedy);
    }
    HeaderValue::from_str(text).map_err(|_| remedy)
}

#[cfg(test)]
mod tests;
