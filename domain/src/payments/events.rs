//! What has happened to a payment; beside each event, what it moves and what it takes.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::WalletLeaf::{Available, Disputed};
use ledger::{Account, AccountError, Claim, Effects, Leg, Money, Posting, Unbalanced, WalletLeaf};
use serde::{Deserialize, Serialize};

use super::names::{Reference, RefundId};
use crate::users::UserId;

/// What is to be paid and by whom; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requested {
    pub payer: UserId,
    pub amount: Money,
    /// For which order, in the words of whoever asked; nobody here knows what it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Reference>,
    pub at: DateTime<Utc>,
}

/// Where the payer can pay, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckoutOpened {
    pub session: Reference,
    pub url: String,
    pub expires_at: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

/// Money that has arrived at the processor; the fee is the processor's figure, never computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paid {
    pub payer: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Reference>,
    pub amount: Money,
    pub fee: Money,
    pub payment_intent: Reference,
    /// Held for ever, so that one charge counts once whoever hears of it.
    pub charge: Reference,
    pub balance_transaction: Reference,
    pub at: DateTime<Utc>,
}

/// Why a payment came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailedBecause {
    /// The payer's bank took the order and did not pay in the end.
    #[serde(rename = "not-paid")]
    NotPaid,
    /// The processor would not open a checkout.
    #[serde(rename = "refused")]
    Refused,
    /// Nobody knows whether a checkout was opened; if so, it has expired since.
    #[serde(rename = "not-opened")]
    NotOpened,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundRequested {
    pub refund: RefundId,
    pub payer: UserId,
    pub amount: Money,
    pub by: UserId,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundSucceeded {
    pub refund: RefundId,
    pub payer: UserId,
    pub amount: Money,
    pub at: DateTime<Utc>,
}

/// How far a refund had come before it failed, which is where its money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundAfter {
    /// Requested or sent: the money is on its way.
    #[serde(rename = "requested")]
    Requested,
    /// The card's bank sent it back days later.
    #[serde(rename = "succeeded")]
    Succeeded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RefundFailedBecause {
    /// The processor would not begin with it.
    #[serde(rename = "refused")]
    Refused,
    /// The card could not be credited.
    #[serde(rename = "not-credited")]
    NotCredited,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundFailed {
    pub refund: RefundId,
    pub payer: UserId,
    pub amount: Money,
    pub because: RefundFailedBecause,
    pub after: RefundAfter,
    pub at: DateTime<Utc>,
}

/// Why the payer's bank asks for the money, as the processor words it.
pub type DisputeReason = Reference;

/// The processor took the amount and a fee; what the payer still has of it is frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeWithdrawn {
    pub dispute: Reference,
    pub payer: UserId,
    pub amount: Money,
    pub fee: Money,
    pub frozen: Money,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeReinstated {
    pub dispute: Reference,
    pub payer: UserId,
    pub amount: Money,
    /// What the processor gave back of its fee.
    pub fee: Money,
    pub unfrozen: Money,
    pub at: DateTime<Utc>,
}

/// The money is gone: from the payer what was frozen, and the rest the payer owes us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputeLost {
    pub dispute: Reference,
    pub payer: UserId,
    pub amount: Money,
    pub frozen: Money,
    pub at: DateTime<Utc>,
}

/// How a dispute ended that was not lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DisputeOutcome {
    #[serde(rename = "won")]
    Won,
    /// An inquiry that came to nothing.
    #[serde(rename = "dropped")]
    Dropped,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum PaymentEvent {
    #[serde(rename = "payment.requested")]
    Requested(Requested),
    #[serde(rename = "payment.checkout-opened")]
    CheckoutOpened(CheckoutOpened),
    #[serde(rename = "payment.processing")]
    Processing { at: DateTime<Utc> },
    #[serde(rename = "payment.paid")]
    Paid(Paid),
    #[serde(rename = "payment.failed")]
    Failed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<Reference>,
        because: FailedBecause,
        at: DateTime<Utc>,
    },
    #[serde(rename = "payment.expired")]
    Expired {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<Reference>,
        at: DateTime<Utc>,
    },
    #[serde(rename = "payment.refund-requested")]
    RefundRequested(RefundRequested),
    #[serde(rename = "payment.refund-sent")]
    RefundSent {
        refund: RefundId,
        stripe_refund: Reference,
        at: DateTime<Utc>,
    },
    #[serde(rename = "payment.refund-succeeded")]
    RefundSucceeded(RefundSucceeded),
    #[serde(rename = "payment.refund-failed")]
    RefundFailed(RefundFailed),
    #[serde(rename = "payment.dispute-opened")]
    DisputeOpened {
        dispute: Reference,
        amount: Money,
        reason: DisputeReason,
        at: DateTime<Utc>,
    },
    #[serde(rename = "payment.dispute-withdrawn")]
    DisputeWithdrawn(DisputeWithdrawn),
    #[serde(rename = "payment.dispute-reinstated")]
    DisputeReinstated(DisputeReinstated),
    #[serde(rename = "payment.dispute-lost")]
    DisputeLost(DisputeLost),
    #[serde(rename = "payment.dispute-closed")]
    DisputeClosed {
        dispute: Reference,
        outcome: DisputeOutcome,
        at: DateTime<Utc>,
    },
}

fn wallet(user: UserId, leaf: WalletLeaf) -> Result<Account, AccountError> {
    Account::wallet(&user.to_string(), leaf)
}

impl Effects for PaymentEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        match self {
            Self::Paid(paid) => paid.postings(),
            Self::RefundRequested(RefundRequested { payer, amount, .. }) => {
                transfer(wallet(*payer, Available)?, in_transit()?, *amount)
            }
            Self::RefundSucceeded(RefundSucceeded { amount, .. }) => {
                transfer(in_transit()?, at_stripe("available")?, *amount)
            }
            Self::RefundFailed(failed) => {
                let from = match failed.after {
                    RefundAfter::Requested => in_transit()?,
                    RefundAfter::Succeeded => at_stripe("available")?,
                };
                transfer(from, wallet(failed.payer, Available)?, failed.amount)
            }
            Self::DisputeWithdrawn(withdrawn) => withdrawn.postings(),
            Self::DisputeReinstated(reinstated) => reinstated.postings(),
            Self::DisputeLost(lost) => lost.postings(),
            Self::Requested(_)
            | Self::CheckoutOpened(_)
            | Self::Processing { .. }
            | Self::Failed { .. }
            | Self::Expired { .. }
            | Self::RefundSent { .. }
            | Self::DisputeOpened { .. }
            | Self::DisputeClosed { .. } => Ok(vec![]),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::CheckoutOpened(opened) => vec![opened.session.claimed("stripe-checkout")],
            Self::Paid(paid) => vec![paid.charge.claimed("stripe-charge")],
            Self::RefundSent { stripe_refund, .. } => {
                vec![stripe_refund.claimed("stripe-refund")]
            }
            Self::DisputeOpened { dispute, .. } => vec![dispute.claimed("stripe-dispute")],
            Self::Requested(_)
            | Self::Processing { .. }
            | Self::Failed { .. }
            | Self::Expired { .. }
            | Self::RefundRequested(_)
            | Self::RefundSucceeded(_)
            | Self::RefundFailed(_)
            | Self::DisputeWithdrawn(_)
            | Self::DisputeReinstated(_)
            | Self::DisputeLost(_)
            | Self::DisputeClosed { .. } => vec![],
        }
    }
}

impl Paid {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        let arrives = self.amount.checked_sub(self.fee)?;
        posting([
            (at_stripe("pending")?, arrives.checked_neg()?),
            (Account::platform("fees")?, self.fee.checked_neg()?),
            (wallet(self.payer, Available)?, self.amount),
        ])
    }
}

impl DisputeWithdrawn {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        let mut postings = posting([
            (at_stripe("withheld")?, self.amount.checked_neg()?),
            (Account::platform("fees")?, self.fee.checked_neg()?),
            (at_stripe("available")?, self.amount.checked_add(self.fee)?),
        ])?;
        let (from, to) = (
            wallet(self.payer, Available)?,
            wallet(self.payer, Disputed)?,
        );
        postings.extend(transfer(from, to, self.frozen)?);
        Ok(postings)
    }
}

impl DisputeReinstated {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        let returns = self.amount.checked_add(self.fee)?;
        let mut postings = posting([
            (at_stripe("available")?, returns.checked_neg()?),
            (Account::platform("fees")?, self.fee),
            (at_stripe("withheld")?, self.amount),
        ])?;
        let (from, to) = (
            wallet(self.payer, Disputed)?,
            wallet(self.payer, Available)?,
        );
        postings.extend(transfer(from, to, self.unfrozen)?);
        Ok(postings)
    }
}

impl DisputeLost {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        let owed = self.amount.checked_sub(self.frozen)?;
        posting([
            (wallet(self.payer, Disputed)?, self.frozen.checked_neg()?),
            (
                Account::receivable(&self.payer.to_string())?,
                owed.checked_neg()?,
            ),
            (at_stripe("withheld")?, self.amount),
        ])
    }
}

fn at_stripe(place: &str) -> Result<Account, AccountError> {
    Account::outside(&format!("stripe/{place}"))
}

fn in_transit() -> Result<Account, AccountError> {
    Account::outside("in-transit/stripe")
}

/// Nothing where nothing would move.
fn transfer(from: Account, to: Account, amount: Money) -> Result<Vec<Posting>, Unbalanced> {
    if amount.is_zero() {
        return Ok(vec![]);
    }
    Ok(vec![Posting::transfer(from, to, amount)?])
}

/// A leg that would move nothing is left out.
fn posting<const N: usize>(legs: [(Account, Money); N]) -> Result<Vec<Posting>, Unbalanced> {
    let legs = legs.into_iter().filter(|(_, amount)| !amount.is_zero());
    let legs = legs.map(|(account, amount)| Leg::new(account, amount));
    Ok(vec![Posting::new(legs.collect())?])
}

impl DomainEvent for PaymentEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Requested(_) => "payment.requested",
            Self::CheckoutOpened(_) => "payment.checkout-opened",
            Self::Processing { .. } => "payment.processing",
            Self::Paid(_) => "payment.paid",
            Self::Failed { .. } => "payment.failed",
            Self::Expired { .. } => "payment.expired",
            Self::RefundRequested(_) => "payment.refund-requested",
            Self::RefundSent { .. } => "payment.refund-sent",
            Self::RefundSucceeded(_) => "payment.refund-succeeded",
            Self::RefundFailed(_) => "payment.refund-failed",
            Self::DisputeOpened { .. } => "payment.dispute-opened",
            Self::DisputeWithdrawn(_) => "payment.dispute-withdrawn",
            Self::DisputeReinstated(_) => "payment.dispute-reinstated",
            Self::DisputeLost(_) => "payment.dispute-lost",
            Self::DisputeClosed { .. } => "payment.dispute-closed",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
