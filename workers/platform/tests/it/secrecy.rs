//! Mail to a server that insists on TLS and on knowing who writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::users::Locale;
use platform::Settings;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use crate::sink::{Rules, Secrecy, Sink};
use crate::world::{World, impatient};

/// The server's side of TLS for localhost, and a file with what vouches for it.
fn certificate(folder: &Path) -> (TlsAcceptor, PathBuf) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = folder.join("authority.pem");
    std::fs::write(&file, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), file)
}

fn to(url: &str, authority: Option<&Path>) -> Settings {
    let variable = |name: &str| match name {
        "TRAINNET_SMTP_URL" => Some(url.to_owned()),
        "TRAINNET_SMTP_CA_FILE" => authority.map(|it| it.display().to_string()),
        "TRAINNET_MAIL_FROM" => Some("TrainNet <no-reply@mail.example>".to_owned()),
        "TRAINNET_PUBLIC_URL" => Some("https://trainnet.example".to_owned()),
        _ => None,
    };
    impatient(Settings::try_new(variable, Path::new("unused")).unwrap())
}

/// What became of a mail that was sent so.
async fn sent(settings: Settings) -> (String, Option<String>) {
    let world = World::new().await;
    let user = world.register("anna@mail.example", Locale::English).await;
    world.follow().await;
    world.round(&mut world.sender(settings)).await;
    let mail = world.mail_of(user).await;
    (mail.status, mail.reason)
}

fn account() -> (String, String) {
    ("post".to_owned(), "p@ss:word".to_owned())
}

#[tokio::test]
async fn a_server_is_told_a_password_over_tls_from_the_start_or_once_it_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (tls, authority) = certificate(folder.path());
    for (secrecy, scheme, query) in [
        (Secrecy::FromTheStart(tls.clone()), "smtps", ""),
        (Secrecy::WhenAsked(tls), "smtp", "?tls=required"),
    ] {
        let account = Some(account());
        let sink = Sink::with(Rules { secrecy, account }).await;
        let port = sink.port();
        let url = format!("{scheme}://post:p%40ss%3Aword@localhost:{port}{query}");
        let became = sent(to(&url, Some(&authority))).await;
        assert_eq!(became, ("sent".to_owned(), None), "{scheme}");
        assert_eq!(sink.taken()[0].to, ["anna@mail.example"]);
        let wrong = format!("{scheme}://post:guess@localhost:{port}{query}");
        let became = sent(to(&wrong, Some(&authority))).await;
        let refused = ("waiting".to_owned(), Some("refused".to_owned()));
        assert_eq!(became, refused, "{scheme}");
        assert_eq!(sink.taken().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_told_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (tls, _) = certificate(folder.path());
    let (_, other) = certificate(tempfile::tempdir().unwrap().keep().as_path());
    let sink = Sink::with(Rules {
        secrecy: Secrecy::WhenAsked(tls),
        account: None,
    })
    .await;
    let url = format!("smtp://localhost:{}?tls=required", sink.port());
    for authority in [None, Some(other.as_path())] {
        let became = sent(to(&url, authority)).await;
        let unreachable = ("waiting".to_owned(), Some("unreachable".to_owned()));
        assert_eq!(became, unreachable);
    }
    assert_eq!(sink.taken().len(), 0);
}

#[tokio::test]
async fn what_cannot_vouch_for_anybody_is_refused_by_its_variable() {
    let folder = tempfile::tempdir().unwrap();
    let (_, authority) = certificate(folder.path());
    let nonsense = folder.path().join("nonsense.pem");
    std::fs::write(&nonsense, "no certificate").unwrap();
    for (url, file) in [
        ("smtps://localhost", folder.path().join("missing.pem")),
        ("smtps://localhost", nonsense),
        ("smtp://localhost", authority),
    ] {
        let variable = |name: &str| match name {
            "TRAINNET_SMTP_URL" => Some(url.to_owned()),
            "TRAINNET_SMTP_CA_FILE" => Some(file.display().to_string()),
            "TRAINNET_MAIL_FROM" => Some("no-reply@mail.example".to_owned()),
            _ => Some("https://trainnet.example".to_owned()),
        };
        let refused = Settings::try_new(variable, Path::new("unused")).unwrap_err();
        assert_eq!(refused.variable, "TRAINNET_SMTP_CA_FILE", "{url}");
    }
}
