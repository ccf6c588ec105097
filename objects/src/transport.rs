//! Speaks HTTP to other machines: one connection a request, over rustls where it is https, and only
//! to whom it may.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Whoever does not answer the door within this time is not at home.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// Putting a large object together takes an S3 a while.
const ANSWER_TIME_MAX: Duration = Duration::from_mins(2);

/// To whom it may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Anybody,
    /// Nobody who can be reached from here and not from everywhere.
    PublicOnly,
}

#[derive(Clone)]
pub struct Transport {
    tls: Arc<ClientConfig>,
    reach: Reach,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transport({:?})", self.reach)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    #[error("the address is none of http or https with a host")]
    Address,
    #[error("the host has no address that everybody can reach")]
    Private,
    #[error("nobody answered in time")]
    TimedOut,
    #[error("no connection was made")]
    Connect(#[source] io::Error),
    #[error("the conversation broke off")]
    Broken(#[source] hyper::Error),
}

impl Transport {
    pub fn new(reach: Reach) -> Self {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks the versions that rustls takes for safe")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            tls: Arc::new(tls),
            reach,
        }
    }

    /// Sends a request whose address is written in full.
    pub async fn send<B>(
        &self,
        mut request: Request<B>,
    ) -> Result<Response<Incoming>, TransportError>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let uri = std::mem::take(request.uri_mut());
        let authority = uri.authority().ok_or(TransportError::Address)?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(TransportError::Address),
        };
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let port = authority
            .port_u16()
            .unwrap_or(if is_tls { 443 } else { 80 });
        let shown = authority.as_str().rsplit('@').next().unwrap_or_default();
        let shown = HeaderValue::from_str(shown).map_err(|_| TransportError::Address)?;
        request.headers_mut().insert(HOST, shown);
        let path = uri.path_and_query().map_or("/", |it| it.as_str());
        *request.uri_mut() = path.parse::<Uri>().map_err(|_| TransportError::Address)?;
        let stream = timeout(CONNECT_TIME_MAX, self.connect(&host, port)).await;
        let stream = stream.map_err(|_| TransportError::TimedOut)??;
        if !is_tls {
            return speak(stream, request).await;
        }
        let name = ServerName::try_from(host).map_err(|_| TransportError::Address)?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = timeout(CONNECT_TIME_MAX, connector.connect(name, stream)).await;
        let stream = stream.map_err(|_| TransportError::TimedOut)?;
        speak(stream.map_err(TransportError::Connect)?, request).await
    }

    /// To the address that was judged, and not to what the name says a moment later.
    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, TransportError> {
        let found = tokio::net::lookup_host((host, port)).await;
        let found: Vec<SocketAddr> = found.map_err(TransportError::Connect)?.collect();
        let may = |address: &SocketAddr| self.reach == Reach::Anybody || is_public(address.ip());
        let mut refusal = TransportError::Private;
        for address in found.into_iter().filter(may) {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(TransportError::Connect)?;
                    return Ok(stream);
                }
                Err(error) => refusal = TransportError::Connect(error),
            }
        }
        Err(refusal)
    }
}

async fn speak<B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<B>,
) -> Result<Response<Incoming>, TransportError>
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let shaken = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(TransportError::Broken)?;
    // How it ends shows in what the request gets.
    tokio::spawn(async { drop(connection.await) });
    let answered = timeout(ANSWER_TIME_MAX, sender.send_request(request)).await;
    let answered = answered.map_err(|_| TransportError::TimedOut)?;
    answered.map_err(TransportError::Broken)
}

/// Whether an address means the same everywhere: not this machine, its neighbours, nor what is set
/// apart for documents, tests and groups.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = (a, b, c) == (192, 0, 0);
    let benchmarks = a == 198 && (b == 18 || b == 19);
    let reserved = a >= 240;
    let relay = (a, b, c) == (192, 88, 99);
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || shared
        || protocols
        || benchmarks
        || reserved
        || relay)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only this eighth is given out; within it, what stands for other addresses leads around us.
    let given_out = a & 0xe000 == 0x2000;
    let documentation = (a, b) == (0x2001, 0x0db8) || a & 0xfff0 == 0x3ff0;
    let special = a == 0x2001 && b < 0x0200;
    let wraps_v4 = a == 0x2002;
    given_out && !documentation && !special && !wraps_v4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_mean_the_same_everywhere_are_public() {
        for public in [
            "1.1.1.1",
            "93.184.215.14",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "0.1.2.3",
            "192.0.0.8",
            "198.18.0.1",
            "203.0.113.5",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[tokio::test]
    async fn who_may_speak_to_the_public_only_does_not_speak_to_this_machine() {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"] {
            let request = Request::get(format!("http://{host}:{port}/"))
                .body(http_body_util::Empty::<bytes::Bytes>::new())
                .unwrap();
            let sent = Transport::new(Reach::PublicOnly).send(request).await;
            assert!(
                matches!(sent, Err(TransportError::Private)),
                "{host}: {sent:?}"
            );
        }
    }
}
