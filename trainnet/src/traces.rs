//! Traces for whoever has a collector: each request is a span, sent in batches as OTLP over HTTP.

use std::env;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Uri;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

const PATH: &str = "/v1/traces";
const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The spans on their way to a collector; those that wait are sent when this ends.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// None where nobody collects them. Called within the runtime that will send them.
    pub fn of_this_process() -> anyhow::Result<Option<Self>> {
        let Ok(endpoint) = env::var("OTEL_EXPORTER_OTLP_ENDPOINT") else {
            return Ok(None);
        };
        if endpoint.trim().is_empty() {
            return Ok(None);
        }
        let service = env::var("OTEL_SERVICE_NAME").unwrap_or_default();
        let service = if service.trim().is_empty() {
            "trainnet".to_owned()
        } else {
            service
        };
        Self::to(endpoint.trim(), service).map(Some)
    }

    fn to(endpoint: &str, service: String) -> anyhow::Result<Self> {
        let remedy = "OTEL_EXPORTER_OTLP_ENDPOINT must be the address of a collector that speaks \
                      HTTP, such as http://127.0.0.1:4318";
        let uri: Uri = endpoint.parse().context(remedy)?;
        let is_plain = uri.scheme_str() == Some("http") && uri.host().is_some();
        ensure!(is_plain, remedy);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector(Handle::current()))
            .with_endpoint(format!("{}{PATH}", endpoint.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()
            .context("traces cannot be sent")?;
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer("trainnet")
    }

    /// Sends what waits. Not on a thread of the runtime: it is the runtime that sends.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Sends on the runtime's threads; whoever batches the spans has none that could.
#[derive(Debug)]
struct Collector(Handle);

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sending = async move { tokio::time::timeout(PATIENCE, send(request)).await };
        self.0.spawn(sending).await??
    }
}

async fn send(mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let uri = request.uri().clone();
    let (host, port) = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80));
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // How it ends shows in what the request gets.
    tokio::spawn(async { drop(connection.await) });
    let authority = format!("{host}:{port}").parse()?;
    request.headers_mut().insert(hyper::header::HOST, authority);
    *request.uri_mut() = uri.path().parse()?;
    let answer = sender.send_request(request.map(Full::new)).await?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_collector_is_refused_with_the_variable_and_the_remedy() {
        for endpoint in [
            "collector",
            "https://collector.example",
            "grpc://127.0.0.1:4317",
        ] {
            let refused = Traces::to(endpoint, "trainnet".to_owned()).err().unwrap();
            let said = format!("{refused:#}");
            assert!(said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{said}");
        }
    }
}
