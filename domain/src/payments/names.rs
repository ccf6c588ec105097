//! What payments and refunds are called, here and at the processor.

use ledger::{Claim, ClaimError, Name};
use serde::{Deserialize, Serialize};

use crate::users::{Id, Kind};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefundKind {}

impl Kind for PaymentKind {
    const PREFIX: &'static str = "payment_";
}

impl Kind for RefundKind {
    const PREFIX: &'static str = "refund_";
}

pub type PaymentId = Id<PaymentKind>;
pub type RefundId = Id<RefundKind>;

/// A name that somebody else gave to a thing of theirs: opaque, and short enough to be claimed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reference is 1 to 128 letters, digits, hyphens and underscores")]
pub struct NotAReference;

impl Reference {
    pub fn try_new(text: impl Into<String>) -> Result<Self, NotAReference> {
        let text = text.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=128).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text))
        } else {
            Err(NotAReference)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn claimed(&self, kind: &str) -> Claim {
        let name: Result<Name, ClaimError> = Name::parse(&format!("{kind}/{}", self.0));
        Claim::Take(name.expect("a reference has only what a name may have"))
    }
}

impl TryFrom<String> for Reference {
    type Error = NotAReference;

    fn try_from(text: String) -> Result<Self, NotAReference> {
        Self::try_new(text)
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.0
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
