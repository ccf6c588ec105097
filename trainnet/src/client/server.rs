//! A server of this platform: where it is, and one request and its answer at a time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, version};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::problem::Problem;

pub const DEFAULT: &str = "http://127.0.0.1:8080";
/// Without a version: a session is bound to it, and outlives an upgrade.
const AGENT: HeaderValue = HeaderValue::from_static("trainnet");
const PATIENCE: Duration = Duration::from_mins(1);
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
const POSITION: &str = "trainnet-position";

/// Where requests go, and nowhere else: no answer sends a secret on to another place.
#[derive(Clone, Debug)]
pub struct Server {
    url: String,
    host: String,
    port: u16,
    tls: Option<Arc<ClientConfig>>,
}

/// What is asked.
#[derive(Clone)]
pub struct Ask<'a> {
    pub method: Method,
    pub path: &'a str,
    pub body: Option<Value>,
    /// What the caller is known by.
    pub bearer: Option<&'a str>,
    /// Under which it may be asked again and is done once.
    pub key: Option<&'a str>,
    /// How far the answer has to see.
    pub position: Option<&'a str>,
}

impl<'a> Ask<'a> {
    /// By a stranger.
    pub const fn posting(path: &'a str, body: Value) -> Self {
        Self {
            method: Method::POST,
            path,
            body: Some(body),
            bearer: None,
            key: None,
            position: None,
        }
    }
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub json: Value,
    /// How far the log had come.
    pub position: Option<String>,
}

impl Server {
    /// Refuses what is no address, and what would send secrets in the clear.
    pub fn try_new(text: &str, authorities: Option<&Path>) -> anyhow::Result<Self> {
        let wrong =
            || anyhow!("{text:?} is not the address of a server, such as https://trainnet.example");
        let uri: Uri = text.trim().parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong());
        };
        let is_plain = uri.path() == "/" && uri.query().is_none();
        if !is_plain || authority.as_str().contains('@') {
            return Err(wrong());
        }
        let host = authority.host().to_ascii_lowercase();
        let (tls, port) = match scheme {
            "https" => (Some(Arc::new(tls(authorities)?)), 443),
            "http" if is_this_machine(&host) => (None, 80),
            "http" => bail!("passwords do not travel in the clear: say https://{authority}"),
            _ => return Err(wrong()),
        };
        let url = match authority.port_u16() {
            Some(given) if given != port => format!("{scheme}://{host}:{given}"),
            _ => format!("{scheme}://{host}"),
        };
        Ok(Self {
            url,
            port: authority.port_u16().unwrap_or(port),
            host,
            tls,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks, and gives what was granted; a refusal is an error of the type [`Problem`].
    pub async fn ask(&self, ask: &Ask<'_>) -> anyhow::Result<Answer> {
        let request = self.request(ask)?;
        let answered = tokio::time::timeout(PATIENCE, self.exchange(request)).await;
        let (status, headers, body) = match answered {
            Ok(Ok(answered)) => answered,
            Ok(Err(error)) => {
                let url = self.url.clone();
                return Err(error.context(NoAnswer { url }));
            }
            Err(_) => bail!("{} took too long to answer", self.url),
        };
        if !status.is_success() {
            return Err(Problem::read(status, &headers, &body).into());
        }
        let position = headers.get(POSITION).and_then(|it| it.to_str().ok());
        let json = if body.is_empty() {
            Value::Null
        } else {
            let read = serde_json::from_slice(&body);
            read.map_err(|_| anyhow!("{} does not answer like a TrainNet server", self.url))?
        };
        Ok(Answer {
            json,
            position: position.map(str::to_owned),
        })
    }

    /// Sends bytes as they are, and gives what was answered as it is.
    pub async fn send(
        &self,
        ask: &Ask<'_>,
        content_type: &'static str,
        bytes: Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let mut request = self.request(ask)?;
        let kind = HeaderValue::from_static(content_type);
        request.headers_mut().insert(CONTENT_TYPE, kind);
        *request.body_mut() = Full::new(bytes);
        let answered = tokio::time::timeout(PATIENCE, self.exchange(request)).await;
        let (status, headers, body) =
            answered.map_err(|_| anyhow!("{} took too long to answer", self.url))??;
        if status.is_client_error() || status.is_server_error() {
            return Err(Problem::read(status, &headers, &body).into());
        }
        Ok((status, body))
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> anyhow::Result<(StatusCode, HeaderMap, Bytes)> {
        let host = self.host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.port)).await?;
        match &self.tls {
            None => speak(stream, request).await,
            Some(config) => {
                let name = ServerName::try_from(host.to_owned())?;
                let connector = TlsConnector::from(Arc::clone(config));
                speak(connector.connect(name, stream).await?, request).await
            }
        }
    }

    fn request(&self, ask: &Ask<'_>) -> anyhow::Result<Request<Full<Bytes>>> {
        let authority = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let mut request = Request::builder()
            .method(&ask.method)
            .uri(ask.path)
            .header(HOST, authority)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "application/json, application/problem+json");
        if let Some(bearer) = ask.bearer {
            let mut value = HeaderValue::try_from(format!("Bearer {bearer}"))
                .context("the key or token holds what no header can")?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(position) = ask.position {
            request = request.header(POSITION, position);
        }
        if let Some(key) = ask.key {
            request = request.header("idempotency-key", key);
        }
        let body = match &ask.body {
            None => Bytes::new(),
            Some(json) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Bytes::from(json.to_string())
            }
        };
        Ok(request.body(Full::new(body))?)
    }
}

/// Nobody answers; what is wrong follows it.
#[derive(Debug, thiserror::Error)]
#[error("{url} does not answer")]
pub struct NoAnswer {
    url: String,
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<(StatusCode, HeaderMap, Bytes)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // How it ends shows in what the request gets.
    tokio::spawn(async { drop(connection.await) });
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| anyhow!(error))?.to_bytes();
    Ok((parts.status, parts.headers, body))
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// TLS 1.3 alone, which is all that our servers speak.
fn tls(authorities: Option<&Path>) -> anyhow::Result<ClientConfig> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    if let Some(path) = authorities.filter(|path| !path.as_os_str().is_empty()) {
        let unreadable = || format!("{} holds no certificates in PEM", path.display());
        for certificate in CertificateDer::pem_file_iter(path).with_context(unreadable)? {
            let added = roots.add(certificate.with_context(unreadable)?);
            added.with_context(unreadable)?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13])
        .context("TLS cannot be spoken")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> anyhow::Result<String> {
        Server::try_new(text, None).map(|server| server.url().to_owned())
    }

    #[test]
    fn an_address_is_known_however_it_is_spelled() {
        for (text, expected) in [
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://LOCALHOST:80", "http://localhost"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://TrainNet.example", "https://trainnet.example"),
            ("https://trainnet.example:443/", "https://trainnet.example"),
            (
                "https://trainnet.example:8443",
                "https://trainnet.example:8443",
            ),
        ] {
            assert_eq!(url(text).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for text in [
            "",
            "trainnet.example",
            "ftp://trainnet.example",
            "https://trainnet.example/v1",
            "https://trainnet.example/?a",
            "https://user@trainnet.example",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_is_sent_in_the_clear_but_to_this_machine() {
        let refused = url("http://trainnet.example:8080").unwrap_err().to_string();
        assert!(
            refused.ends_with("say https://trainnet.example:8080"),
            "{refused}"
        );
        assert!(url("http://127.0.0.1.example").is_err());
        assert!(url("http://192.0.2.1").is_err());
    }
}
