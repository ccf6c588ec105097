//! The name of an account, valid from the moment it exists.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use thiserror::Error;

const BYTES_MAX: usize = 200;
const SEGMENT_BYTES_MAX: usize = 64;
const SEGMENTS_MAX: usize = 6;

/// `{root}/{owner or place}/{leaf}`; there is one balance per currency under each name.
///
/// Shared rather than owned text: an account is built once and then cloned into legs, deltas
/// and balances, so a clone has to cost nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(Arc<str>);

/// The first segment, which says whose money it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// What we owe a user.
    Wallet,
    /// What a user owes us.
    Receivable,
    /// Ours.
    Platform,
    /// Money elsewhere.
    Outside,
}

/// The last segment of a wallet, which says what its money may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WalletLeaf {
    /// Can be spent or withdrawn.
    Available,
    /// Promised to running orders.
    Held,
    /// Earned, maturing.
    Pending,
    /// Reserved by a payout.
    Withdrawing,
    /// Frozen by a chargeback.
    Disputed,
}

/// Why a text does not name an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AccountError {
    #[error("an account name has at most 200 bytes")]
    TooLong,
    #[error("an account name starts with wallet, receivable, platform or outside")]
    UnknownRoot,
    #[error("an account name has 2 to 6 segments; a wallet has 3 and a receivable 2")]
    WrongSegmentCount,
    #[error("a segment of an account name has 1 to 64 of the characters a-z, 0-9, _, . and -")]
    BadSegment,
    #[error("a wallet ends in available, held, pending, withdrawing or disputed")]
    UnknownLeaf,
}

impl Root {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Receivable => "receivable",
            Self::Platform => "platform",
            Self::Outside => "outside",
        }
    }

    fn named(segment: &str) -> Result<Self, AccountError> {
        match segment {
            "wallet" => Ok(Self::Wallet),
            "receivable" => Ok(Self::Receivable),
            "platform" => Ok(Self::Platform),
            "outside" => Ok(Self::Outside),
            _ => Err(AccountError::UnknownRoot),
        }
    }
}

impl WalletLeaf {
    pub const ALL: [Self; 5] = [
        Self::Available,
        Self::Held,
        Self::Pending,
        Self::Withdrawing,
        Self::Disputed,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Held => "held",
            Self::Pending => "pending",
            Self::Withdrawing => "withdrawing",
            Self::Disputed => "disputed",
        }
    }

    fn named(segment: &str) -> Result<Self, AccountError> {
        let found = Self::ALL.into_iter().find(|leaf| leaf.as_str() == segment);
        found.ok_or(AccountError::UnknownLeaf)
    }
}

impl Account {
    /// Reads a full name, as `Display` writes it.
    pub fn parse(text: &str) -> Result<Self, AccountError> {
        validate(text)?;
        Ok(Self(Arc::from(text)))
    }

    pub fn wallet(owner: &str, leaf: WalletLeaf) -> Result<Self, AccountError> {
        Self::joined(&["wallet/", owner, "/", leaf.as_str()])
    }

    pub fn receivable(owner: &str) -> Result<Self, AccountError> {
        Self::joined(&["receivable/", owner])
    }

    /// Every account of a user: the wallet's, and what they owe.
    pub fn all_of(owner: &str) -> Result<Vec<Self>, AccountError> {
        let wallet = WalletLeaf::ALL.map(|leaf| Self::wallet(owner, leaf));
        wallet
            .into_iter()
            .chain([Self::receivable(owner)])
            .collect()
    }

    /// One of our own accounts; `place` may have segments, as `commission/jobs` does.
    pub fn platform(place: &str) -> Result<Self, AccountError> {
        Self::joined(&["platform/", place])
    }

    /// Money elsewhere; `place` may have segments, as `stripe/pending` does.
    pub fn outside(place: &str) -> Result<Self, AccountError> {
        Self::joined(&["outside/", place])
    }

    /// Joins on the stack, so that a name costs one allocation however it is made.
    fn joined(parts: &[&str]) -> Result<Self, AccountError> {
        let mut buffer = [0; BYTES_MAX];
        let mut length = 0;
        for part in parts {
            let end = length + part.len();
            let room = buffer.get_mut(length..end).ok_or(AccountError::TooLong)?;
            room.copy_from_slice(part.as_bytes());
            length = end;
        }
        let text = std::str::from_utf8(&buffer[..length]).expect("text joined to text is text");
        Self::parse(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn root(&self) -> Root {
        // The roots differ in their first letter.
        match self.0.as_bytes().first() {
            Some(b'w') => Root::Wallet,
            Some(b'r') => Root::Receivable,
            Some(b'p') => Root::Platform,
            Some(b'o') => Root::Outside,
            _ => unreachable!("an account was validated when it was made"),
        }
    }

    /// The least balance in minor units that an append may leave here, if there is one.
    pub fn floor(&self) -> Option<i64> {
        match self.root() {
            Root::Wallet => Some(0),
            Root::Receivable | Root::Platform | Root::Outside => None,
        }
    }

    /// What its money may do, where it is a wallet's.
    pub fn leaf(&self) -> Option<WalletLeaf> {
        match self.root() {
            Root::Wallet => self
                .0
                .rsplit('/')
                .next()
                .and_then(|leaf| WalletLeaf::named(leaf).ok()),
            Root::Receivable | Root::Platform | Root::Outside => None,
        }
    }

    /// The user whose money or debt it is.
    pub fn owner(&self) -> Option<&str> {
        match self.root() {
            Root::Wallet | Root::Receivable => self.0.split('/').nth(1),
            Root::Platform | Root::Outside => None,
        }
    }
}

fn validate(text: &str) -> Result<(), AccountError> {
    if text.len() > BYTES_MAX {
        return Err(AccountError::TooLong);
    }
    let bytes = text.as_bytes();
    let root_bytes = bytes
        .iter()
        .position(|byte| *byte == b'/')
        .unwrap_or(bytes.len());
    let root = Root::named(&text[..root_bytes])?;
    // One pass over the bytes: every leg of every event is read through here.
    let mut segments = 1;
    let mut segment_start = 0;
    for (place, byte) in bytes.iter().enumerate().skip(root_bytes) {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' => {}
            b'/' => {
                validate_length(place - segment_start)?;
                segments += 1;
                segment_start = place + 1;
            }
            _ => return Err(AccountError::BadSegment),
        }
    }
    validate_length(bytes.len() - segment_start)?;
    match root {
        Root::Wallet if segments == 3 => WalletLeaf::named(&text[segment_start..]).map(|_| ()),
        Root::Receivable if segments == 2 => Ok(()),
        Root::Platform | Root::Outside if (2..=SEGMENTS_MAX).contains(&segments) => Ok(()),
        Root::Wallet | Root::Receivable | Root::Platform | Root::Outside => {
            Err(AccountError::WrongSegmentCount)
        }
    }
}

fn validate_length(segment_bytes: usize) -> Result<(), AccountError> {
    if (1..=SEGMENT_BYTES_MAX).contains(&segment_bytes) {
        Ok(())
    } else {
        Err(AccountError::BadSegment)
    }
}

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        Self::parse(text)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for Account {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// An account hashes and compares as its text, so maps can be asked with text.
impl Borrow<str> for Account {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = Account;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an account name")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Account, E> {
                Account::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests;
