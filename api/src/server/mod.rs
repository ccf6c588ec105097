//! Serves a router over TCP, in the clear or under TLS, until it is told to stop.

mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::http::request::Parts;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::layers::Peer;
use crate::problem::ApiError;
use crate::settings::Settings;
use tls::Tls;

/// So long a client may take to shake hands, or to say what it wants; then its place is free.
const PATIENCE: Duration = Duration::from_secs(15);
/// Connections may idle between requests, so there are more of them than requests in flight.
const IDLE_CONNECTIONS_MAX: usize = 1024;
/// After a connection could not be accepted, usually for want of file descriptors.
const REST: Duration = Duration::from_millis(100);

/// Why nothing is being served.
#[derive(Debug, thiserror::Error)]
pub enum NotServed {
    #[error("nothing can listen on {address}; TRAINNET_LISTEN says where")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("{} holds no certificate chain in PEM; TRAINNET_TLS_CERTIFICATE names it", .path.display())]
    Certificate {
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    #[error("{} holds no private key in PEM; TRAINNET_TLS_KEY names it", .path.display())]
    Key {
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    #[error("the certificate in TRAINNET_TLS_CERTIFICATE cannot be used with TRAINNET_TLS_KEY")]
    Pair(#[source] rustls::Error),
}

/// A socket that is listening, and what is spoken on it.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    connections_max: usize,
    farewell: Duration,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({})", self.url())
    }
}

impl Server {
    /// Takes the address; whoever connects waits until [`Server::run`].
    pub async fn bind(settings: &Settings) -> Result<Self, NotServed> {
        let tls = settings.tls.as_ref().map(Tls::open).transpose()?;
        let not_served = |source| NotServed::Listen {
            address: settings.listen,
            source,
        };
        let listener = TcpListener::bind(settings.listen)
            .await
            .map_err(not_served)?;
        let address = listener.local_addr().map_err(not_served)?;
        Ok(Self {
            listener,
            address,
            tls,
            connections_max: settings.requests_in_flight_max + IDLE_CONNECTIONS_MAX,
            farewell: settings.request_time_max,
        })
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until `shutdown` is there, then takes nobody new and lets those who are being
    /// answered finish, for as long as a request may take.
    pub async fn run(self, router: Router, shutdown: impl Future<Output = ()>) {
        let Self {
            listener,
            tls,
            connections_max,
            farewell,
            ..
        } = self;
        let places = Arc::new(Semaphore::new(connections_max));
        let (stop, stopping) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&listener, &places) => accepted,
            };
            let Some((stream, peer, place)) = accepted else {
                continue;
            };
            let tls = tls.as_ref().map(Tls::acceptor);
            let (router, stopping) = (router.clone(), stopping.clone());
            connections.spawn(async move {
                let _place = place;
                converse(stream, peer, tls, router, stopping).await;
            });
        }
        drop(listener);
        stop.send_replace(true);
        let all_gone = async { while connections.join_next().await.is_some() {} };
        if timeout(farewell, all_gone).await.is_err() {
            let left = connections.len();
            tracing::warn!(left, "connections were cut: their requests took too long");
        }
        connections.shutdown().await;
    }
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// Waits for a place before it takes anybody: the rest wait in the system's queue.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(REST).await;
            None
        }
    }
}

/// Everything that is said on one connection. How it ends is the client's affair.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    stopping: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection went at once");
        return;
    }
    let Some(tls) = tls else {
        return speak(stream, peer, router, stopping).await;
    };
    match timeout(PATIENCE, tls.accept(stream)).await {
        Ok(Ok(stream)) => speak(stream, peer, router, stopping).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS was agreed on"),
        Err(_) => tracing::debug!("a client took too long to agree on TLS"),
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let told = stopping.clone();
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(Stopping(told.clone()));
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), answer)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told_to_stop(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Whether the server takes no more requests: for answers that would otherwise go on and on.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    pub async fn stopped(&self) {
        told_to_stop(&mut self.0.clone()).await;
    }
}

impl<S: Sync> FromRequestParts<S> for Stopping {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| ApiError::internal("the route is not served"))
    }
}

/// A server that is gone tells nobody any more, and has stopped too.
async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}
