//! What may be asked of the demonstration, and why it may be refused.

use ledger::{Money, MoneyError};
use thiserror::Error;

use super::User;
use super::events::{PayoutTerms, Receipt, Terms};

#[derive(Clone, Debug)]
pub enum DepositCommand {
    Receive(Receipt),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DepositError {
    #[error("a deposit is more than nothing")]
    NotPositive,
    #[error("a card pays whole cents")]
    NotWholeCents,
    #[error("a fee is at least nothing, less than the deposit and in its currency")]
    ImpossibleFee,
    #[error("this deposit was received with other contents")]
    ReceivedOtherwise,
}

#[derive(Clone, Debug)]
pub enum OrderCommand {
    Open(Terms),
    /// What the meter shows since the order was opened, so that a reading may come twice.
    Capture {
        up_to: Money,
    },
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OrderError {
    #[error("an order holds more than nothing")]
    NotPositive,
    #[error("nobody buys from themselves")]
    SameUser,
    #[error("the order has not been opened")]
    NotOpen,
    #[error("the order was opened on other terms")]
    OpenedOtherwise,
    #[error("the order is closed")]
    Closed,
    #[error("no more than what is held can be captured")]
    BeyondHold,
    #[error(transparent)]
    Money(#[from] MoneyError),
}

#[derive(Clone, Debug)]
pub enum EarningCommand {
    Mature { provider: User, amount: Money },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EarningError {
    #[error("an earning is more than nothing")]
    NotPositive,
    #[error("this earning matured with other contents")]
    MaturedOtherwise,
}

#[derive(Clone, Debug)]
pub enum PayoutCommand {
    Request(PayoutTerms),
    Send,
    Settle,
    /// Only when the rail says so for certain: an outcome that is not known moves nothing.
    Fail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PayoutError {
    #[error("a payout is more than nothing")]
    NotPositive,
    #[error("the payout has not been requested")]
    NotRequested,
    #[error("the payout was requested on other terms")]
    RequestedOtherwise,
    #[error("the payout has not been sent")]
    NotSent,
    #[error("the payout has settled")]
    Settled,
    #[error("the payout has failed")]
    Failed,
}
