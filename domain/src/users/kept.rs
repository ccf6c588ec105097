//! Under which names the vault keeps what is needed to write to somebody.

use super::ids::ChallengeId;

pub const EMAIL: &str = "email";
pub const NAME: &str = "name";
/// `ru` or `en`.
pub const LOCALE: &str = "locale";

/// Where a challenge to change the address goes, until it is answered.
pub fn new_email(challenge: ChallengeId) -> String {
    format!("new-email/{challenge}")
}

/// Where the address was before a challenge changed it, until a mail there has said so.
pub fn old_email(challenge: ChallengeId) -> String {
    format!("old-email/{challenge}")
}
