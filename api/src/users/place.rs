//! Where a request comes from, as far as a session is bound to it.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use domain::users::Device;
use ipnet::IpNet;

use super::Users;
use super::secrets::mac;
use crate::layers::ClientAddress;
use crate::problem::ApiError;

const V4_PREFIX: u8 = 24;
const V6_PREFIX: u8 = 56;
const AGENT_CHARACTERS_MAX: usize = 256;

/// How close to where it began a session has to stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Binding {
    /// The same program at the same address.
    #[default]
    Strict,
    /// The same program in the same network, so that phones may move a little.
    Prefix,
    Off,
}

/// The client of a request. It is personal data: it goes to the vault and nowhere else.
#[derive(Clone)]
pub struct Place {
    pub address: IpAddr,
    pub agent: String,
    /// What the session is bound to; the same for all where it is bound to nothing.
    pub device: Device,
    /// The program alone, to tell whether somebody signed in with it before.
    pub program: Device,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Place")
    }
}

impl Place {
    pub fn new(key: &[u8; 32], binding: Binding, address: IpAddr, agent: &str) -> Self {
        let agent: String = agent.chars().take(AGENT_CHARACTERS_MAX).collect();
        let bound_to = match binding {
            Binding::Strict => format!("{address} {agent}"),
            Binding::Prefix => format!("{} {agent}", network(address)),
            Binding::Off => String::new(),
        };
        let of = |text: &str| Device::new(mac(key, "trainnet.device.v1", text.as_bytes()));
        Self {
            address,
            device: of(&bound_to),
            program: of(&agent),
            agent,
        }
    }

    /// The neighbours of the client, who are taken for one where attempts are counted.
    pub fn network(&self) -> IpNet {
        network(self.address)
    }
}

fn network(address: IpAddr) -> IpNet {
    let prefix = match address {
        IpAddr::V4(_) => V4_PREFIX,
        IpAddr::V6(_) => V6_PREFIX,
    };
    IpNet::new(address, prefix)
        .expect("the prefix is shorter than the address")
        .trunc()
}

impl<S: Sync> FromRequestParts<S> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let users = Users::of(parts)?;
        let agent = parts.headers.get(USER_AGENT);
        let agent = agent.map_or_else(String::new, |it| {
            String::from_utf8_lossy(it.as_bytes()).into_owned()
        });
        Ok(users.place(address, &agent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(binding: Binding, address: &str, agent: &str) -> Device {
        Place::new(&[1; 32], binding, address.parse().unwrap(), agent).device
    }

    #[test]
    fn a_strict_binding_is_to_the_program_and_the_address() {
        let strict = |address, agent| device(Binding::Strict, address, agent);
        assert_eq!(strict("192.0.2.1", "a"), strict("192.0.2.1", "a"));
        assert_ne!(strict("192.0.2.1", "a"), strict("192.0.2.2", "a"));
        assert_ne!(strict("192.0.2.1", "a"), strict("192.0.2.1", "b"));
    }

    #[test]
    fn a_binding_to_the_network_lets_a_phone_move_a_little() {
        let prefix = |address, agent| device(Binding::Prefix, address, agent);
        assert_eq!(prefix("192.0.2.1", "a"), prefix("192.0.2.200", "a"));
        assert_ne!(prefix("192.0.2.1", "a"), prefix("192.0.3.1", "a"));
        assert_ne!(prefix("192.0.2.1", "a"), prefix("192.0.2.1", "b"));
        assert_eq!(
            prefix("2001:db8:1:2::1", "a"),
            prefix("2001:db8:1:ff::9", "a")
        );
        assert_ne!(
            prefix("2001:db8:1:2::1", "a"),
            prefix("2001:db8:2:2::1", "a")
        );
    }

    #[test]
    fn no_binding_is_the_same_everywhere() {
        let off = |address, agent| device(Binding::Off, address, agent);
        assert_eq!(off("192.0.2.1", "a"), off("2001:db8::1", "b"));
    }
}
