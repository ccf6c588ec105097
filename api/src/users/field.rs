//! Under which names the vault keeps what is known of a person.

use domain::users::{ApiKeyId, CredentialId, Device, FactorId, SessionId};
use uuid::Uuid;

pub use domain::users::kept::{EMAIL, LOCALE, NAME, new_email, old_email};

const SESSION: &str = "session/";
const ATTEMPT: &str = "attempt/";
const KEY: &str = "key/";
/// Never shown to anybody, the person included.
const SECRET: [&str; 3] = ["password/", "factor/", "recovery/"];

pub fn password(credential: CredentialId) -> String {
    format!("password/{credential}")
}

pub fn factor(factor: FactorId) -> String {
    format!("factor/{factor}")
}

pub fn recovery(factor: FactorId) -> String {
    format!("recovery/{factor}")
}

/// Where a session began.
pub fn session(session: SessionId) -> String {
    format!("{SESSION}{session}")
}

/// Where somebody tried to sign in.
pub fn attempt(attempt: Uuid) -> String {
    format!("{ATTEMPT}{attempt}")
}

/// A program that somebody signed in with before.
pub fn program(program: Device) -> String {
    format!("program/{program}")
}

/// From where something was asked.
pub fn request(request: &str) -> String {
    format!("request/{request}")
}

/// What the owner calls a key.
pub fn key(key: ApiKeyId) -> String {
    format!("{KEY}{key}")
}

pub fn is_secret(field: &str) -> bool {
    SECRET.iter().any(|secret| field.starts_with(secret))
}
