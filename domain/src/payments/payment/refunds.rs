//! Giving back to the card: never more than is left of the payment, and once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ledger::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::Decided;
use crate::payments::commands::{PaymentError, RefundStatus};
use crate::payments::events::{
    PaymentEvent, RefundAfter, RefundFailed, RefundFailedBecause, RefundRequested, RefundSucceeded,
};
use crate::payments::names::{Reference, RefundId};
use crate::users::UserId;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub amount: Money,
    pub stage: RefundStage,
    /// Under which the processor knows it, once it does.
    pub stripe_refund: Option<Reference>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundStage {
    Requested,
    Sent,
    Succeeded,
    Failed,
}

/// What was given back or is on its way.
pub fn given_back(
    refunds: &BTreeMap<RefundId, Refund>,
    currency: Currency,
) -> Result<Money, PaymentError> {
    let counted = refunds
        .values()
        .filter(|it| it.stage != RefundStage::Failed);
    let sum = counted.map(|refund| refund.amount);
    Ok(sum
        .into_iter()
        .try_fold(Money::zero(currency), Money::checked_add)?)
}

pub fn request(
    refund: RefundId,
    payer: UserId,
    amount: Option<Money>,
    left: Money,
    by: UserId,
    at: DateTime<Utc>,
) -> Decided {
    if !left.is_positive() {
        return Err(PaymentError::NothingLeft);
    }
    let amount = amount.unwrap_or(left);
    if amount.currency() != left.currency() {
        return Err(PaymentError::NotDollars);
    }
    if !amount.is_positive() {
        return Err(PaymentError::NotPositive);
    }
    if !amount.whole_cents() {
        return Err(PaymentError::NotWholeCents);
    }
    if left.checked_sub(amount)?.is_negative() {
        return Err(PaymentError::BeyondPayment);
    }
    Ok(vec![PaymentEvent::RefundRequested(RefundRequested {
        refund,
        payer,
        amount,
        by,
        at,
    })])
}

impl Refund {
    pub(super) fn asked_again(&self, amount: Option<Money>) -> Decided {
        if amount.is_none_or(|amount| amount == self.amount) {
            Ok(vec![])
        } else {
            Err(PaymentError::RefundedOtherwise)
        }
    }

    pub(super) fn observe(
        &self,
        refund: RefundId,
        payer: UserId,
        stripe_refund: Reference,
        status: RefundStatus,
        at: DateTime<Utc>,
    ) -> Decided {
        if self
            .stripe_refund
            .as_ref()
            .is_some_and(|it| *it != stripe_refund)
        {
            return Err(PaymentError::OtherRefund);
        }
        let mut events = vec![];
        // One that was refused for all anybody knew may have been begun after all; then its name
        // is not written down any more, as its money is back already.
        if self.stage == RefundStage::Requested {
            events.push(PaymentEvent::RefundSent {
                refund,
                stripe_refund,
                at,
            });
        }
        match (self.stage, status) {
            (RefundStage::Requested | RefundStage::Sent, RefundStatus::Succeeded) => {
                events.push(PaymentEvent::RefundSucceeded(RefundSucceeded {
                    refund,
                    payer,
                    amount: self.amount,
                    at,
                }));
            }
            (
                RefundStage::Requested | RefundStage::Sent | RefundStage::Succeeded,
                RefundStatus::Failed,
            ) => {
                let because = RefundFailedBecause::NotCredited;
                events.push(self.failed(refund, payer, because, at));
            }
            (RefundStage::Failed, RefundStatus::Succeeded | RefundStatus::Pending)
                if self.stripe_refund.is_none() =>
            {
                return Err(PaymentError::NoSuchRefund);
            }
            (_, RefundStatus::Pending)
            | (RefundStage::Succeeded | RefundStage::Failed, RefundStatus::Succeeded)
            | (RefundStage::Failed, RefundStatus::Failed) => {}
        }
        Ok(events)
    }

    /// Only what the processor has not begun with can be refused.
    pub(super) fn refuse(
        &self,
        refund: RefundId,
        payer: UserId,
        at: DateTime<Utc>,
    ) -> Vec<PaymentEvent> {
        let because = RefundFailedBecause::Refused;
        let is_open = self.stage == RefundStage::Requested;
        is_open
            .then(|| self.failed(refund, payer, because, at))
            .into_iter()
            .collect()
    }

    fn failed(
        &self,
        refund: RefundId,
        payer: UserId,
        because: RefundFailedBecause,
        at: DateTime<Utc>,
    ) -> PaymentEvent {
        let after = if self.stage == RefundStage::Succeeded {
            RefundAfter::Succeeded
        } else {
            RefundAfter::Requested
        };
        PaymentEvent::RefundFailed(RefundFailed {
            refund,
            payer,
            amount: self.amount,
            because,
            after,
            at,
        })
    }
}

pub fn apply(refunds: &mut BTreeMap<RefundId, Refund>, event: &PaymentEvent) {
    let mut change = |refund: &RefundId, stage| {
        if let Some(known) = refunds.get_mut(refund) {
            known.stage = stage;
        }
    };
    match event {
        PaymentEvent::RefundRequested(requested) => {
            let refund = Refund {
                amount: requested.amount,
                stage: RefundStage::Requested,
                stripe_refund: None,
            };
            refunds.insert(requested.refund, refund);
        }
        PaymentEvent::RefundSent {
            refund,
            stripe_refund,
            ..
        } => {
            change(refund, RefundStage::Sent);
            if let Some(known) = refunds.get_mut(refund) {
                known.stripe_refund = Some(stripe_refund.clone());
            }
        }
        PaymentEvent::RefundSucceeded(done) => change(&done.refund, RefundStage::Succeeded),
        PaymentEvent::RefundFailed(failed) => change(&failed.refund, RefundStage::Failed),
        _ => {}
    }
}
