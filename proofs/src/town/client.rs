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

const POSITION: &str = "trainnet-position";

/// What was answered.
pub struct Reply {
    pub status: StatusCode,
    pub body: Bytes,
    /// How far the log had come, as an opaque text.
    pub position: Option<String>,
    /// What a browser is to keep, by name.
    pub cookies: Vec<(String, String)>,
}

impl Reply {
    pub fn json(&self) -> Result<Value> {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).with_context(|| format!("{}: {text}", self.status))
    }

    /// Null where nothing was said.
    pub fn json_or_nothing(&self) -> Result<Value> {
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        self.json()
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
    /// From where it comes, as a proxy would say it; empty where there is none.
    pub from: String,
    pub token: Option<String>,
    /// Under which it is done once, however often it is asked.
    key: Option<String>,
    /// How far the answer has to see.
    position: Option<String>,
    /// Whatever else stands in front of the body.
    headers: Vec<(&'static str, String)>,
    /// What kind of body, and the body.
    body: Option<(&'static str, Bytes)>,
}

impl Ask {
    pub fn new(method: Method, path: impl Into<String>, from: &str) -> Self {
        Self {
            method,
            path: path.into(),
            from: from.to_owned(),
            token: None,
            key: None,
            position: None,
            headers: Vec::new(),
            body: None,
        }
    }

    pub fn by(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    #[expect(clippy::needless_pass_by_value, reason = "it is made on the spot")]
    pub fn with(self, body: Value) -> Self {
        self.carrying("application/json", body.to_string())
    }

    pub fn carrying(mut self, kind: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = Some((kind, body.into()));
        self
    }

    pub fn seeing(mut self, position: Option<String>) -> Self {
        self.position = position;
        self
    }

    pub fn under(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub fn saying(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
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
            .header("user-agent", "proofs");
        if !ask.from.is_empty() {
            request = request.header("x-forwarded-for", ask.from);
        }
        if let Some(token) = ask.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(key) = ask.key {
            request = request.header("idempotency-key", key);
        }
        if let Some(position) = ask.position {
            request = request.header(POSITION, position);
        }
        for (header, value) in ask.headers {
            request = request.header(header, value);
        }
        let body = match ask.body {
            Some((kind, body)) => {
                request = request.header("content-type", kind);
                body
            }
            None => Bytes::new(),
        };
        let mut sender = self.connection().await?;
        let response = sender.send_request(request.body(Full::new(body))?).await?;
        let (parts, body) = response.into_parts();
        let position = parts.headers.get(POSITION);
        let position = position
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let cookies = parts.headers.get_all("set-cookie").into_iter();
        let cookies = cookies.filter_map(|line| cookie(line.to_str().ok()?));
        let cookies = cookies.collect();
        let body = body.collect().await?.to_bytes();
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(sender);
        }
        Ok(Reply {
            status: parts.status,
            body,
            position,
            cookies,
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

/// The name and the value, without how long it is to be kept and for whom.
fn cookie(line: &str) -> Option<(String, String)> {
    let pair = line.split(';').next()?;
    let (name, value) = pair.trim().split_once('=')?;
    Some((name.to_owned(), value.to_owned()))
}
