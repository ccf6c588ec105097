//! The keys that seal: read from files that nobody else may read, or made anew.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::SealError;
use crate::failure::Failure;
use crate::hex;

const OWNER_ALONE: u32 = 0o600;
const OTHERS: u32 = 0o077;

/// By which a public key is recognised: the first eight bytes of its SHA-256.
pub(super) fn id(key: &VerifyingKey) -> String {
    hex::encode(&Sha256::digest(key.as_bytes())[..8])
}

/// Makes a key and writes it down; a file that is there already is never overwritten.
pub(super) fn generate(path: &Path) -> Result<SigningKey, Failure> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|_| SealError::Randomness)?;
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
        return Err(SealError::Exposed.into());
    }
    let text = fs::read_to_string(path).map_err(Failure::file(path))?;
    let secret = hex::decode(text.trim()).ok_or(SealError::PrivateKey)?;
    Ok(SigningKey::from_bytes(&secret))
}

/// Reads a public key written out in hex, or the file that is named.
pub(crate) fn public_key(given: &str) -> Result<VerifyingKey, Failure> {
    let bytes = if let Some(bytes) = hex::decode::<32>(given) {
        bytes
    } else {
        let text = fs::read_to_string(given).map_err(Failure::file(given))?;
        hex::decode(text.trim()).ok_or(SealError::PublicKey)?
    };
    VerifyingKey::from_bytes(&bytes).map_err(|_| SealError::PublicKey.into())
}
