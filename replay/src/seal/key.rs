//! The keys that seal: read from files that nobody else may read, or made anew.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::{SigningKey, VerifyingKey};
use store::hex;

use crate::failure::Failure;

const OWNER_ALONE: u32 = 0o600;
const OTHERS: u32 = 0o077;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("a public key has 64 hexadecimal digits and is a point of the curve")]
    Public,
    #[error("the file holds no private key: 64 hexadecimal digits are expected")]
    Private,
    #[error("others may read the private key; take that right away with `chmod 600`")]
    Exposed,
    #[error("the system has no randomness to make a key from")]
    Randomness,
}

/// Makes a key and writes it down; a file that is there already is never overwritten.
pub(super) fn generate(path: &Path) -> Result<SigningKey, Failure> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| KeyError::Randomness)?;
    let key = SigningKey::from_bytes(&secret);
    write_new(path, OWNER_ALONE, &hex::encode(&secret))?;
    let public = hex::encode(key.verifying_key().as_bytes());
    write_new(&public_path(path), 0o644, &public)?;
    Ok(key)
}

pub(super) fn public_path(private: &Path) -> PathBuf {
    let mut path = private.as_os_str().to_owned();
    path.push(".pub");
    path.into()
}

fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), Failure> {
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        writeln!(file, "{text}")?;
        file.sync_all()
    };
    write().map_err(Failure::file(path))
}

pub(super) fn private_key(path: &Path) -> Result<SigningKey, Failure> {
    let mode = fs::metadata(path)
        .map_err(Failure::file(path))?
        .permissions()
        .mode();
    if mode & OTHERS != 0 {
        return Err(KeyError::Exposed.into());
    }
    let text = fs::read_to_string(path).map_err(Failure::file(path))?;
    let secret = hex::decode(text.trim()).ok_or(KeyError::Private)?;
    Ok(SigningKey::from_bytes(&secret))
}

/// Reads a public key written out in hex, or the file that is named.
pub(crate) fn public_key(given: &str) -> Result<VerifyingKey, Failure> {
    let bytes = if let Some(bytes) = hex::decode::<32>(given) {
        bytes
    } else {
        let text = fs::read_to_string(given).map_err(Failure::file(given))?;
        hex::decode(text.trim()).ok_or(KeyError::Public)?
    };
    VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Public.into())
}
