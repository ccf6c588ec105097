//! Makes TLS of a certificate chain and its key: version 1.3, and nothing older.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::{ServerConfig, version};
use tokio_rustls::TlsAcceptor;

use super::NotServed;
use crate::settings::TlsFiles;

/// Certificates last for months; whoever renews one does not count seconds.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// What is spoken now, read again from its files when they have changed.
pub struct Tls {
    files: TlsFiles,
    state: Mutex<State>,
}

struct State {
    config: Arc<ServerConfig>,
    /// The files as they were when they were last read, whether they could be used or not.
    read: [Version; 2],
    looked_at: Instant,
}

/// What differs when a file was written anew or another was moved into its place.
type Version = Option<(u64, u64, i64, i64)>;

impl Tls {
    pub fn open(files: &TlsFiles) -> Result<Self, NotServed> {
        let read = versions(files);
        Ok(Self {
            files: files.clone(),
            state: Mutex::new(State {
                config: config(files)?,
                read,
                looked_at: Instant::now(),
            }),
        })
    }

    /// For the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config_at(Instant::now()))
    }

    /// Files that cannot be used, as while one of the two is still the old one, leave what is
    /// spoken as it is.
    fn config_at(&self, time: Instant) -> Arc<ServerConfig> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if time.saturating_duration_since(state.looked_at) >= LOOKED_AT_EVERY {
            state.looked_at = time;
            let now = versions(&self.files);
            if now != state.read {
                state.read = now;
                match config(&self.files) {
                    Ok(config) => {
                        state.config = config;
                        tracing::info!("another certificate is shown from now on");
                    }
                    Err(error) => tracing::warn!(%error, "the certificate before is still shown"),
                }
            }
        }
        Arc::clone(&state.config)
    }
}

fn versions(files: &TlsFiles) -> [Version; 2] {
    let version = |path: &Path| {
        let it = std::fs::metadata(path).ok()?;
        Some((it.ino(), it.len(), it.mtime(), it.mtime_nsec()))
    };
    [version(&files.certificate), version(&files.key)]
}

fn config(files: &TlsFiles) -> Result<Arc<ServerConfig>, NotServed> {
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
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(folder: &Path) -> TlsFiles {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = TlsFiles {
            certificate: folder.join("chain.pem"),
            key: folder.join("key.pem"),
        };
        std::fs::write(&files.certificate, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        files
    }

    #[test]
    fn a_pair_that_was_changed_is_read_again_and_half_a_pair_is_not_used() {
        let (folder, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (files, renewed) = (pair(folder.path()), pair(beside.path()));
        let tls = Tls::open(&files).unwrap();
        let mut time = Instant::now();
        let mut a_second_later = || {
            time += LOOKED_AT_EVERY;
            tls.config_at(time)
        };
        let first = a_second_later();
        assert!(Arc::ptr_eq(&a_second_later(), &first));
        std::fs::rename(&renewed.certificate, &files.certificate).unwrap();
        assert!(Arc::ptr_eq(&a_second_later(), &first));
        std::fs::rename(&renewed.key, &files.key).unwrap();
        let second = a_second_later();
        assert!(!Arc::ptr_eq(&second, &first));
        std::fs::remove_file(&files.key).unwrap();
        assert!(Arc::ptr_eq(&a_second_later(), &second));
    }
}
