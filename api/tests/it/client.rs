//! Speaks HTTP over one connection a request, so that nothing is shared that a test did not share.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode, request};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Body, Frame};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// What was answered.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{:?}", self.text()))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }

    /// The code of a problem, once everything that every problem has was found in it.
    pub fn problem(&self) -> String {
        let problem = self.json();
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(problem["status"], self.status.as_u16(), "{problem}");
        assert!(!problem["title"].as_str().unwrap().is_empty(), "{problem}");
        assert_eq!(
            problem["request_id"].as_str(),
            self.header("x-request-id"),
            "{problem}"
        );
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(
            problem["type"],
            format!("urn:trainnet:problem:{code}"),
            "{problem}"
        );
        code
    }
}

impl Reply {
    /// The error that OpenAI's clients read, once everything that each has was found in it.
    pub fn openai_error(&self) -> Value {
        let body = self.json();
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        let error = body["error"].as_object().unwrap();
        let names: Vec<&str> = error.keys().map(String::as_str).collect();
        assert_eq!(names, ["code", "message", "param", "type"], "{body}");
        for name in ["code", "message", "type"] {
            let text = error[name].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{name}: {body}");
        }
        assert!(self.header("x-request-id").is_some());
        body["error"].clone()
    }

    /// Refused in the words of the door that was asked at.
    pub fn refused_at(&self, path: &str) {
        if path.starts_with("/openai/") {
            self.openai_error();
        } else {
            self.problem();
        }
    }
}

pub async fn send(
    address: SocketAddr,
    request: request::Builder,
    body: impl Into<Bytes>,
) -> std::io::Result<Reply> {
    let stream = TcpStream::connect(address).await?;
    Ok(speak(stream, request.body(Full::new(body.into())).unwrap())
        .await
        .unwrap())
}

/// One request on a connection that is there already.
pub async fn speak<B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    mut request: Request<B>,
) -> hyper::Result<Reply>
where
    B: Body<Data = Bytes, Error = std::convert::Infallible> + Send + 'static,
{
    request
        .headers_mut()
        .entry("host")
        .or_insert("localhost".parse().unwrap());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // How it ends shows in what the request gets.
    tokio::spawn(async { drop(connection.await) });
    let (parts, body) = sender.send_request(request).await?.into_parts();
    Ok(Reply {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await?.to_bytes(),
    })
}

/// A body that does not say how long it is.
pub async fn speak_in_chunks(address: SocketAddr, path: &str, body: &str) -> Reply {
    let headers = [("content-type", "application/json".to_owned())];
    in_chunks_with(address, path, &headers, body).await
}

/// The same, with these headers.
pub async fn in_chunks_with(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, String)],
    body: &str,
) -> Reply {
    let frames = body.as_bytes().chunks(16).map(Bytes::copy_from_slice);
    let frames = frames.map(|bytes| Ok::<_, std::convert::Infallible>(Frame::data(bytes)));
    let request = Request::post(path);
    let with =
        |request: request::Builder, (name, value): &(&str, String)| request.header(*name, value);
    let request = headers
        .iter()
        .fold(request, with)
        .body(StreamBody::new(futures::stream::iter(
            frames.collect::<Vec<_>>(),
        )))
        .unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    speak(stream, request).await.unwrap()
}
