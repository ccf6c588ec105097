//! Speaks HTTP to the API over connections that are kept, as programs do.

use std::net::SocketAddr;
use std::sync::Mutex;

use anyhow::{Context as _, Result};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// What was answered.
pub struct Reply {
    pub status: StatusCode,
    pub body: Bytes,
}

impl Reply {
    pub fn json(&self) -> Result<Value> {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).with_context(|| format!("{}: {text}", self.status))
    }

    pub fn text(&self, name: &str) -> Result<String> {
        let found = self.json()?[name].as_str().map(str::to_owned);
        found.with_context(|| format!("{name} in {}", String::from_utf8_lossy(&self.body)))
    }
}

/// One request, as it will be sent.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    pub path: String,
    /// From where it comes, as a proxy would say it.
    pub from: String,
    pub token: Option<String>,
    pub body: Option<Value>,
}

impl Ask {
    pub fn new(method: Method, path: impl Into<String>, from: &str) -> Self {
        Self {
            method,
            path: path.into(),
            from: from.to_owned(),
            token: None,
            body: None,
        }
    }

    pub fn by(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

pub struct Client {
    address: SocketAddr,
    idle: Mutex<Vec<SendRequest<Full<Bytes>>>>,
}

impl Client {
    pub const fn to(address: SocketAddr) -> Self {
        Self {
            address,
            idle: Mutex::new(Vec::new()),
        }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn send(&self, ask: Ask) -> Result<Reply> {
        let mut request = Request::builder()
            .method(ask.method)
            .uri(ask.path)
            .header("host", "localhost")
            .header("user-agent", "proofs")
            .header("x-forwarded-for", ask.from);
        if let Some(token) = ask.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match ask.body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let mut sender = self.connection().await?;
        let response = sender.send_request(request.body(Full::new(body))?).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(sender);
        }
        Ok(Reply {
            status: parts.status,
            body,
        })
    }

    async fn connection(&self) -> Result<SendRequest<Full<Bytes>>> {
        let kept = || self.idle.lock().ok().and_then(|mut idle| idle.pop());
        while let Some(mut sender) = kept() {
            if sender.ready().await.is_ok() {
                return Ok(sender);
            }
        }
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // How it ends shows in what the requests get.
        tokio::spawn(async { drop(connection.await) });
        Ok(sender)
    }
}
