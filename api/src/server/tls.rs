//! Makes TLS of a certificate chain and its key: version 1.3, and nothing older.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::{ServerConfig, version};
use tokio_rustls::TlsAcceptor;

use super::NotServed;
use crate::settings::TlsFiles;

pub fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, NotServed> {
    let no_chain = |source| NotServed::Certificate {
        path: files.certificate.clone(),
        source,
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate).map_err(no_chain)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(no_chain)?;
    if chain.is_empty() {
        return Err(no_chain(pem::Error::NoItemsFound));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|source| NotServed::Key {
        path: files.key.clone(),
        source,
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13])
        .map_err(NotServed::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(NotServed::Pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
