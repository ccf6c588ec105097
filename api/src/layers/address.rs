//! Finds out where a request came from; a proxy's word counts only if the proxy is ours.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;

use crate::api::Api;
use crate::problem::ApiError;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection, as the server saw it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub SocketAddr);

/// Where the request came from: the peer, or whom a listed proxy says it speaks for.
///
/// It is personal data: for limits and for the vault, never for events or logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Self>().copied();
        found.ok_or_else(|| ApiError::internal("the route is not in the frame"))
    }
}

/// A router that is called without a server, as tests may, has no peer and so no address.
pub async fn find(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    if let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() {
        let proxies = &api.settings().trusted_proxies;
        let address = client(peer.ip(), request.headers(), proxies);
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

/// Walks from us towards the client. Each hop was written down by the one before it on this walk,
/// so the first that is not ours is as far as anybody's word can be believed.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let ours = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut last = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).into_iter();
    let hops: Vec<&str> = lines
        .flat_map(|line| line.to_str().unwrap_or("unreadable").split(','))
        .collect();
    for hop in hops.into_iter().rev() {
        if !ours(&last) {
            break;
        }
        let Some(address) = read(hop.trim()) else {
            break;
        };
        last = address;
    }
    last
}

/// An address, as some proxies write it with a port and in brackets.
fn read(hop: &str) -> Option<IpAddr> {
    let bare = || hop.parse::<IpAddr>().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let read = bare().or_else(with_port).or_else(bracketed);
    read.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, lines: &[&str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let proxies: Vec<IpNet> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        client(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    const OURS: &[&str] = &["10.0.0.0/8", "fd00::/8"];

    #[test]
    fn a_peer_that_is_not_listed_speaks_for_nobody() {
        assert_eq!(found("203.0.113.9", &["198.51.100.1"], OURS), "203.0.113.9");
        assert_eq!(found("10.0.0.1", &["198.51.100.1"], &[]), "10.0.0.1");
    }

    #[test]
    fn the_first_address_from_the_right_that_is_not_ours_is_the_client() {
        let lines = ["1.1.1.1, 198.51.100.1, 10.0.0.7"];
        assert_eq!(found("10.0.0.1", &lines, OURS), "198.51.100.1");
        let lines = ["1.1.1.1", "198.51.100.1", "10.0.0.7"];
        assert_eq!(found("10.0.0.1", &lines, OURS), "198.51.100.1");
    }

    #[test]
    fn what_cannot_be_read_ends_the_walk_at_whoever_wrote_it() {
        assert_eq!(
            found("10.0.0.1", &["198.51.100.1, unknown"], OURS),
            "10.0.0.1"
        );
        assert_eq!(
            found("10.0.0.1", &["198.51.100.1, unknown, 10.0.0.2"], OURS),
            "10.0.0.2"
        );
        assert_eq!(found("10.0.0.1", &[""], OURS), "10.0.0.1");
        assert_eq!(found("10.0.0.1", &[], OURS), "10.0.0.1");
    }

    #[test]
    fn where_every_hop_is_ours_the_farthest_is_the_client() {
        assert_eq!(found("10.0.0.1", &["10.0.0.3, 10.0.0.2"], OURS), "10.0.0.3");
    }

    #[test]
    fn addresses_are_read_however_proxies_write_them() {
        for (hop, address) in [
            ("198.51.100.1:4711", "198.51.100.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(found("::ffff:10.0.0.1", &[hop], OURS), address);
        }
    }
}
