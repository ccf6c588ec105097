//! What may be asked of a payment, and why it may be refused.

use chrono::{DateTime, Utc};
use ledger::{Money, MoneyError};
use thiserror::Error;

use super::events::{CheckoutOpened, DisputeReason, FailedBecause, Requested};
use super::names::{Reference, RefundId};
use crate::users::UserId;

#[derive(Clone, Debug)]
pub enum PaymentCommand {
    Request(Requested),
    /// The processor opened a checkout for it.
    RecordCheckout(CheckoutOpened),
    /// No checkout was opened, and none will be.
    GiveUp {
        because: FailedBecause,
        at: DateTime<Utc>,
    },
    /// What the processor says of its checkout at this moment, however often and late it is asked.
    ObserveCheckout {
        session: Reference,
        state: CheckoutState,
        at: DateTime<Utc>,
    },
    /// Gives back to the card; all that can be given back, where no amount is said.
    RequestRefund {
        refund: RefundId,
        amount: Option<Money>,
        by: UserId,
        at: DateTime<Utc>,
    },
    ObserveRefund {
        refund: RefundId,
        stripe_refund: Reference,
        status: RefundStatus,
        at: DateTime<Utc>,
    },
    /// The processor will not begin with it.
    RefuseRefund {
        refund: RefundId,
        at: DateTime<Utc>,
    },
    ObserveDispute(DisputeSeen),
}

/// Where a checkout stands at the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckoutState {
    Open,
    /// The payer has done their part, the money has not come.
    Processing,
    Paid(Settled),
    Failed,
    Expired,
}

/// What the processor says it received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub amount: Money,
    pub fee: Money,
    pub payment_intent: Reference,
    pub charge: Reference,
    pub balance_transaction: Reference,
}

/// Where a refund stands at the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

/// What the processor took or gave back because of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    pub amount: Money,
    pub fee: Money,
}

/// A dispute as it stands at the processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeSeen {
    pub dispute: Reference,
    pub amount: Money,
    pub reason: DisputeReason,
    pub withdrawn: Option<Withdrawal>,
    pub reinstated: Option<Withdrawal>,
    pub is_lost: bool,
    pub is_won: bool,
    pub is_dropped: bool,
    /// What the payer could spend when this was asked, so that no more than that is frozen.
    pub available: Money,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PaymentError {
    #[error("a payment is more than nothing")]
    NotPositive,
    #[error("a card pays whole cents")]
    NotWholeCents,
    #[error("cards are charged in dollars")]
    NotDollars,
    #[error("the payment has not been requested")]
    NotRequested,
    #[error("the payment was requested on other terms")]
    RequestedOtherwise,
    #[error("no checkout has been opened for the payment")]
    NotOpened,
    #[error("another checkout was opened for the payment")]
    OtherCheckout,
    #[error("the payment came to an end without a checkout")]
    Ended,
    #[error("the processor received another amount than was asked for")]
    OtherAmount,
    #[error("a fee is at least nothing, less than the payment and in its currency")]
    ImpossibleFee,
    #[error("the payment was paid by another charge")]
    PaidOtherwise,
    #[error("the payment has not been paid")]
    NotPaid,
    #[error("no more than what is left of the payment can be given back")]
    BeyondPayment,
    #[error("nothing is left of the payment to give back")]
    NothingLeft,
    #[error("the refund was requested on other terms")]
    RefundedOtherwise,
    #[error("the refund has not been requested")]
    NoSuchRefund,
    #[error("the refund goes by another name at the processor")]
    OtherRefund,
    #[error("the dispute was lost before")]
    LostBefore,
    #[error(transparent)]
    Money(#[from] MoneyError),
}
