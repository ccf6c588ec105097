//! The smallest marketplace that shows the kernel at work: money comes in, is held, earned, paid out.
//!
//! Four aggregates, each a stream of its own; what one customer may spend and which GPU is free is
//! guarded by the books and the claims, so none of them knows another.
//!
//! - deposit: expected → received
//! - order: unopened → open → closed
//! - earning: maturing → matured
//! - payout: unrequested → requested → sent → settled, or failed from either of the middle two

mod commands;
mod deposit;
mod earning;
mod events;
mod order;
mod payout;
mod process;

use ledger::{Account, AccountError, WalletLeaf};
use serde::{Deserialize, Serialize};

pub use commands::{
    DepositCommand, DepositError, EarningCommand, EarningError, OrderCommand, OrderError,
    PayoutCommand, PayoutError,
};
pub use deposit::Deposit;
pub use earning::Earning;
pub use events::{
    DepositEvent, EarningEvent, OrderEvent, PayoutEvent, PayoutTerms, Rail, Receipt, Stage, Terms,
};
pub use order::Order;
pub use payout::Payout;
pub use process::follow;

/// Who owns a wallet: an opaque identity, never a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct User(String);

impl User {
    /// Refuses what no account could be named after.
    pub fn try_new(identity: impl Into<String>) -> Result<Self, AccountError> {
        let identity = identity.into();
        Account::wallet(&identity, WalletLeaf::Available)?;
        Ok(Self(identity))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn wallet(&self, leaf: WalletLeaf) -> Result<Account, AccountError> {
        Account::wallet(&self.0, leaf)
    }
}

impl TryFrom<String> for User {
    type Error = AccountError;

    fn try_from(identity: String) -> Result<Self, AccountError> {
        Self::try_new(identity)
    }
}

impl From<User> for String {
    fn from(user: User) -> Self {
        user.0
    }
}

impl std::fmt::Display for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
