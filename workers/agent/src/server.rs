//! The server as a machine sees it: one request and its answer, over TLS or on this machine alone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Host, Url};

use crate::trouble::Trouble;

const PATIENCE: Duration = Duration::from_secs(20);
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// Between two pieces of a body, not for all of it.
const SILENCE_MAX: Duration = Duration::from_mins(1);
const DETAIL_CHARACTERS_MAX: usize = 500;

/// Where a server is, and as whom it is asked.
#[derive(Clone, Debug)]
pub struct Server {
    url: Url,
    client: Client,
    secret: Option<Secret>,
}

#[derive(Clone)]
struct Secret(HeaderValue);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Server {
    /// Refuses what is no address, and what would send secrets in the clear.
    pub fn try_new(address: &str, authorities: Option<&Path>) -> Result<Self, Trouble> {
        let wrong = || Trouble::wrong(format!("{address:?} is no address of a server"));
        let mut url = Url::parse(address.trim()).map_err(|_| wrong())?;
        if url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
            return Err(wrong());
        }
        mind_the_scheme(&url)?;
        url.set_fragment(None);
        let client = Client::builder()
            .tls_backend_preconfigured(tls(authorities)?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_PATIENCE)
            .read_timeout(SILENCE_MAX)
            .user_agent(concat!("trainnet-agent/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Trouble::wrong(format!("no client can be made: {error}")))?;
        Ok(Self {
            url,
            client,
            secret: None,
        })
    }

    /// The same server, asked as a machine that has joined.
    pub fn known_as(mut self, secret: &str) -> Result<Self, Trouble> {
        let header = HeaderValue::from_str(&format!("Bearer {secret}"));
        let mut header = header.map_err(|_| Trouble::wrong("the secret is no secret"))?;
        header.set_sensitive(true);
        self.secret = Some(Secret(header));
        Ok(self)
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Asks, and reads what was granted.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        key: Option<&str>,
    ) -> Result<T, Trouble> {
        let answer = self.ask(path, body, key, PATIENCE).await?;
        read(answer).await
    }

    /// Asks for something that there may not be: `None` is 204.
    pub async fn post_and_wait<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        wait: Duration,
    ) -> Result<Option<T>, Trouble> {
        let answer = self.ask(path, body, None, PATIENCE + wait).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        read(answer).await.map(Some)
    }

    async fn ask(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        key: Option<&str>,
        patience: Duration,
    ) -> Result<Response, Trouble> {
        let url = self.at(path)?;
        let body = serde_json::to_vec(body);
        let body = body.map_err(|error| Trouble::wrong(format!("cannot be said: {error}")))?;
        let mut request = self.client.request(Method::POST, url);
        if let Some(Secret(secret)) = &self.secret {
            request = request.header(AUTHORIZATION, secret);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        granted(request.timeout(patience).send().await).await
    }

    /// Begins to fetch a file, from its `from`th byte on; links carry their own permission.
    pub async fn fetch(&self, link: &str, from: u64) -> Result<Response, Trouble> {
        let mut request = self.client.get(self.at(link)?);
        if from > 0 {
            request = request.header("range", format!("bytes={from}-"));
        }
        granted(request.send().await).await
    }

    /// Puts one part of a file.
    pub async fn put(&self, link: &str, part: Bytes, sha256: &str) -> Result<(), Trouble> {
        let request = self.client.put(self.at(link)?);
        let request = request.header("x-part-sha256", sha256).body(part);
        granted(request.send().await).await.map(drop)
    }

    /// A path is one of this server's; a whole address is taken as it is, if it is a safe one.
    fn at(&self, link: &str) -> Result<Url, Trouble> {
        let url = self.url.join(link);
        let url = url.map_err(|_| Trouble::wrong(format!("{link:?} is no link")))?;
        if url.origin() != self.url.origin() {
            mind_the_scheme(&url)?;
        }
        Ok(url)
    }
}

fn mind_the_scheme(url: &Url) -> Result<(), Trouble> {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_here => Ok(()),
        _ => Err(Trouble::wrong(format!(
            "{url} would send secrets in the clear: use https"
        ))),
    }
}

fn tls(authorities: Option<&Path>) -> Result<ClientConfig, Trouble> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = authorities {
        let wrong = |error: &dyn std::fmt::Display| {
            Trouble::wrong(format!("no certificates in {}: {error}", path.display()))
        };
        let certificates = CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| wrong(&error))?;
            roots.add(certificate).map_err(|error| wrong(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Trouble::wrong(format!("TLS cannot be had: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// An answer that grants, or the problem that it names.
async fn granted(answer: reqwest::Result<Response>) -> Result<Response, Trouble> {
    let answer = answer.map_err(|error| unreachable_because(&error))?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap_or_default();
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    let mut detail = text("detail");
    if detail.is_empty() {
        detail = text("title");
    }
    Err(Trouble::Refused {
        status,
        code: text("code").to_owned(),
        detail: detail.chars().take(DETAIL_CHARACTERS_MAX).collect(),
    })
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, Trouble> {
    let body = answer
        .bytes()
        .await
        .map_err(|error| unreachable_because(&error))?;
    let body = if body.is_empty() {
        b"null".as_slice()
    } else {
        &body
    };
    serde_json::from_slice(body).map_err(|error| {
        Trouble::wrong(format!(
            "the server does not answer like a TrainNet server: {error}"
        ))
    })
}

/// The cause at the bottom says most; addresses with their permissions are left out.
pub fn unreachable_because(error: &reqwest::Error) -> Trouble {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if std::ptr::addr_eq(cause, error) {
        let what = if error.is_timeout() {
            "it took too long"
        } else {
            "no answer"
        };
        return Trouble::Unreachable(what.to_owned());
    }
    Trouble::Unreachable(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_travel_in_the_clear() {
        for good in [
            "https://trainnet.example",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
        ] {
            assert!(Server::try_new(good, None).is_ok(), "{good}");
        }
        for bad in [
            "http://trainnet.example",
            "ftp://127.0.0.1",
            "https://a/b",
            "x",
            "https://u@a",
        ] {
            assert!(Server::try_new(bad, None).is_err(), "{bad}");
        }
        let server = Server::try_new("https://trainnet.example", None).unwrap();
        assert!(server.at("/files/x?y=1").is_ok());
        assert!(server.at("http://storage.example/x").is_err());
        assert!(server.at("https://storage.example/x").is_ok());
    }

    #[test]
    fn a_secret_is_not_shown_with_its_server() {
        let server = Server::try_new("http://localhost", None)
            .unwrap()
            .known_as("s3cret");
        assert!(!format!("{server:?}").contains("s3cret"));
    }
}
