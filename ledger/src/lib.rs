//! Exact money, accounts, balanced postings and claims, knowing nothing about what is sold.

mod account;
mod amount;
mod claim;
mod commission;
mod currency;
mod effects;
mod money;
mod posting;
mod rate;
mod rounding;
mod shares;
mod wide;
mod wire;

pub use account::{Account, AccountError, Root, WalletLeaf};
pub use claim::{Claim, ClaimError, Name};
pub use commission::{BasisPoints, Split};
pub use currency::{Currency, UnknownCurrency};
pub use effects::Effects;
pub use money::{Money, MoneyError};
pub use posting::{Leg, Posting, Unbalanced};
pub use rate::Rate;
pub use rounding::Rounding;
