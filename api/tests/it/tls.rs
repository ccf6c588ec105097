//! Under TLS, version 1.3 is spoken and nothing older, and a browser is told to come back so.

use std::path::Path;
use std::sync::Arc;

use api::{NotServed, Server, Settings, TlsFiles, Variables};
use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use http_body_util::Full;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::client;
use crate::world::World;

/// A certificate for localhost, as files and as a client is told of it.
fn certificate(folder: &Path) -> (TlsFiles, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles {
        certificate: folder.join("chain.pem"),
        key: folder.join("key.pem"),
    };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.der().clone())
}

fn connector(
    trusted: CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn tls_1_3_is_spoken_and_1_2_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (files, trusted) = certificate(folder.path());
    let world = World::with(|settings| settings.tls = Some(files)).await;
    let localhost = ServerName::try_from("localhost").unwrap();

    let stream = TcpStream::connect(world.address).await.unwrap();
    let modern = connector(trusted.clone(), &version::TLS13);
    let stream = modern.connect(localhost.clone(), stream).await.unwrap();
    let request = Request::get("/v1/log/head")
        .body(Full::new(Bytes::new()))
        .unwrap();
    let reply = client::speak(stream, request).await.unwrap();
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        reply.header("strict-transport-security"),
        Some("max-age=63072000")
    );

    let stream = TcpStream::connect(world.address).await.unwrap();
    let old = connector(trusted, &version::TLS12);
    let error = old.connect(localhost, stream).await.unwrap_err();
    let error: rustls::Error = *error.into_inner().unwrap().downcast().unwrap();
    assert_eq!(
        error,
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
    );
}

#[tokio::test]
async fn whoever_speaks_in_the_clear_where_tls_is_spoken_gets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = certificate(folder.path());
    let world = World::with(|settings| settings.tls = Some(files)).await;
    let stream = TcpStream::connect(world.address).await.unwrap();
    let request = Request::get("/healthz")
        .body(Full::new(Bytes::new()))
        .unwrap();
    assert!(client::speak(stream, request).await.is_err());
}

async fn refusal(files: TlsFiles) -> NotServed {
    let mut settings = Settings::try_new(&Variables::default()).unwrap();
    settings.listen.set_port(0);
    settings.tls = Some(files);
    Server::bind(&settings).await.unwrap_err()
}

#[tokio::test]
async fn files_that_cannot_be_used_are_refused_by_the_variable_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = certificate(folder.path());
    let missing = TlsFiles {
        certificate: folder.path().join("missing.pem"),
        ..files.clone()
    };
    assert!(
        refusal(missing)
            .await
            .to_string()
            .contains("TRAINNET_TLS_CERTIFICATE")
    );
    let swapped = TlsFiles {
        key: files.certificate.clone(),
        ..files.clone()
    };
    assert!(
        refusal(swapped)
            .await
            .to_string()
            .contains("TRAINNET_TLS_KEY")
    );
    let other = tempfile::tempdir().unwrap();
    let (strangers, _) = certificate(other.path());
    let mixed = TlsFiles {
        key: strangers.key,
        ..files
    };
    assert!(matches!(refusal(mixed).await, NotServed::Pair(_)));
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = Settings::try_new(&Variables::default()).unwrap();
    settings.listen = taken.local_addr().unwrap();
    let said = Server::bind(&settings).await.unwrap_err().to_string();
    assert!(said.contains(&settings.listen.to_string()) && said.contains("TRAINNET_LISTEN"));
}

/// Whether a client that trusts this certificate alone is spoken to.
async fn is_shown(world: &World, trusted: &CertificateDer<'static>) -> bool {
    let localhost = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(world.address).await.unwrap();
    let connector = connector(trusted.clone(), &version::TLS13);
    connector.connect(localhost, stream).await.is_ok()
}

#[tokio::test]
async fn a_certificate_that_was_renewed_is_shown_without_a_restart() {
    let (folder, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (files, old) = certificate(folder.path());
    let world = World::with(|settings| settings.tls = Some(files.clone())).await;
    assert!(is_shown(&world, &old).await);
    let (renewed, new) = certificate(beside.path());
    std::fs::rename(&renewed.certificate, &files.certificate).unwrap();
    std::fs::rename(&renewed.key, &files.key).unwrap();
    crate::users::people::eventually("the new one is shown", async || {
        is_shown(&world, &new).await
    })
    .await;
    assert!(!is_shown(&world, &old).await);
}
