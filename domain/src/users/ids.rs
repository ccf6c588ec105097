//! Identities that say what they identify, so that one is never taken for another.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use uuid::Uuid;

/// What an identity is of; the prefix is part of every stored identity.
pub trait Kind {
    const PREFIX: &'static str;
}

/// A UUID behind the prefix of its kind, as in `user_0193…`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<K>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this is not an identity of the kind that is asked for")]
pub struct NotAnId;

impl<K> Id<K> {
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", K::PREFIX, self.uuid)
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let uuid = text.strip_prefix(K::PREFIX).ok_or(NotAnId)?;
        let id = Self::new(Uuid::try_parse(uuid).map_err(|_| NotAnId)?);
        // A stream is found by its text, so an identity is spelt in one way only.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(NotAnId)
        }
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiKeyKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KycKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChallengeKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactorKind {}

impl Kind for UserKind {
    const PREFIX: &'static str = "user_";
}

impl Kind for SessionKind {
    const PREFIX: &'static str = "session_";
}

impl Kind for ApiKeyKind {
    const PREFIX: &'static str = "key_";
}

impl Kind for KycKind {
    const PREFIX: &'static str = "kyc_";
}

impl Kind for ChallengeKind {
    const PREFIX: &'static str = "challenge_";
}

/// A credential and a factor are only ever named inside their user's own events and vault.
impl Kind for CredentialKind {
    const PREFIX: &'static str = "";
}

impl Kind for FactorKind {
    const PREFIX: &'static str = "";
}

pub type UserId = Id<UserKind>;
pub type SessionId = Id<SessionKind>;
pub type ApiKeyId = Id<ApiKeyKind>;
pub type KycId = Id<KycKind>;
pub type ChallengeId = Id<ChallengeKind>;
/// Under which the vault keeps a password's hash.
pub type CredentialId = Id<CredentialKind>;
/// Under which the vault keeps the secret of a second factor and the digests of its recovery codes.
pub type FactorId = Id<FactorKind>;

impl KycId {
    /// A user has one examination, however often it is repeated.
    pub const fn of(user: UserId) -> Self {
        Self::new(user.uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "01938c4e-7b00-7000-8000-00000000000a";

    #[test]
    fn an_identity_reads_back_as_it_was_written() {
        let user: UserId = format!("user_{UUID}").parse().unwrap();
        assert_eq!(user.to_string(), format!("user_{UUID}"));
        assert_eq!(user.uuid(), Uuid::try_parse(UUID).unwrap());
        let json = serde_json::to_string(&user).unwrap();
        assert_eq!(json, format!("\"user_{UUID}\""));
        assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), user);
        assert_eq!(KycId::of(user).to_string(), format!("kyc_{UUID}"));
    }

    #[test]
    fn an_identity_of_another_kind_or_spelling_is_none() {
        let simple = UUID.replace('-', "");
        let cases = [
            UUID.to_owned(),
            format!("session_{UUID}"),
            format!("user_{}", UUID.to_uppercase()),
            format!("user_{simple}"),
            format!("user_{{{UUID}}}"),
            "user_".to_owned(),
        ];
        for text in cases {
            assert_eq!(text.parse::<UserId>(), Err(NotAnId), "{text}");
        }
        assert!(UUID.parse::<CredentialId>().is_ok());
        assert!(serde_json::from_str::<UserId>("\"user_\"").is_err());
    }

    #[test]
    fn a_user_can_own_a_wallet() {
        let user: UserId = format!("user_{UUID}").parse().unwrap();
        let leaf = ledger::WalletLeaf::Available;
        assert!(ledger::Account::wallet(&user.to_string(), leaf).is_ok());
    }
}
