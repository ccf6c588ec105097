//! Money that the payer's bank takes back: frozen with the payer, then lost or returned.

use std::collections::BTreeMap;

use ledger::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::Decided;
use crate::payments::commands::{DisputeSeen, PaymentError, Withdrawal};
use crate::payments::events::{
    DisputeLost, DisputeOutcome, DisputeReinstated, DisputeWithdrawn, PaymentEvent,
};
use crate::payments::names::Reference;
use crate::users::UserId;

/// What is known of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    pub amount: Money,
    /// What was taken, and what of it is frozen with the payer.
    pub withdrawn: Option<(Money, Money)>,
    pub is_reinstated: bool,
    pub is_lost: bool,
    pub is_closed: bool,
}

/// What the processor has taken and not given back.
pub fn taken(
    disputes: &BTreeMap<Reference, Dispute>,
    currency: Currency,
) -> Result<Money, PaymentError> {
    let standing = disputes.values().filter(|dispute| !dispute.is_reinstated);
    let mut amounts = standing.filter_map(|dispute| dispute.withdrawn);
    let sum = amounts.try_fold(Money::zero(currency), |sum, (amount, _)| {
        sum.checked_add(amount)
    });
    Ok(sum?)
}

/// Adds to what is known whatever is new in what is seen.
pub fn observe(known: Option<&Dispute>, payer: UserId, seen: &DisputeSeen) -> Decided {
    let (dispute, at) = (&seen.dispute, seen.at);
    let mut events = vec![];
    if known.is_none() {
        events.push(PaymentEvent::DisputeOpened {
            dispute: dispute.clone(),
            amount: seen.amount,
            reason: seen.reason.clone(),
            at,
        });
    }
    let mut withdrawn = known.and_then(|known| known.withdrawn);
    if let (None, Some(Withdrawal { amount, fee })) = (withdrawn, seen.withdrawn) {
        let frozen = least(seen.available, amount)?;
        withdrawn = Some((amount, frozen));
        events.push(PaymentEvent::DisputeWithdrawn(DisputeWithdrawn {
            dispute: dispute.clone(),
            payer,
            amount,
            fee,
            frozen,
            at,
        }));
    }
    let is_lost = known.is_some_and(|known| known.is_lost);
    let is_reinstated = known.is_some_and(|known| known.is_reinstated);
    if let (Some((amount, frozen)), Some(returned), false) =
        (withdrawn, seen.reinstated, is_reinstated)
    {
        if is_lost {
            return Err(PaymentError::LostBefore);
        }
        if returned.amount != amount {
            return Err(PaymentError::OtherAmount);
        }
        events.push(PaymentEvent::DisputeReinstated(DisputeReinstated {
            dispute: dispute.clone(),
            payer,
            amount,
            fee: returned.fee,
            unfrozen: frozen,
            at,
        }));
    } else if let (Some((amount, frozen)), true, false, false) =
        (withdrawn, seen.is_lost, is_lost, is_reinstated)
    {
        events.push(PaymentEvent::DisputeLost(DisputeLost {
            dispute: dispute.clone(),
            payer,
            amount,
            frozen,
            at,
        }));
    }
    let is_closed = known.is_some_and(|known| known.is_closed);
    if let (Some(outcome), false) = (seen.outcome(), is_closed) {
        events.push(PaymentEvent::DisputeClosed {
            dispute: dispute.clone(),
            outcome,
            at,
        });
    }
    Ok(events)
}

/// No more than there is, and nothing where there is nothing.
fn least(available: Money, amount: Money) -> Result<Money, PaymentError> {
    if !available.is_positive() {
        return Ok(Money::zero(amount.currency()));
    }
    let is_enough = !available.checked_sub(amount)?.is_negative();
    Ok(if is_enough { amount } else { available })
}

impl DisputeSeen {
    const fn outcome(&self) -> Option<DisputeOutcome> {
        if self.is_won {
            Some(DisputeOutcome::Won)
        } else if self.is_dropped {
            Some(DisputeOutcome::Dropped)
        } else {
            None
        }
    }
}

pub fn apply(disputes: &mut BTreeMap<Reference, Dispute>, event: &PaymentEvent) {
    let mut change = |dispute: &Reference, how: &dyn Fn(&mut Dispute)| {
        if let Some(known) = disputes.get_mut(dispute) {
            how(known);
        }
    };
    match event {
        PaymentEvent::DisputeOpened {
            dispute, amount, ..
        } => {
            let opened = Dispute {
                amount: *amount,
                withdrawn: None,
                is_reinstated: false,
                is_lost: false,
                is_closed: false,
            };
            disputes.insert(dispute.clone(), opened);
        }
        PaymentEvent::DisputeWithdrawn(it) => {
            change(&it.dispute, &|known| {
                known.withdrawn = Some((it.amount, it.frozen));
            });
        }
        PaymentEvent::DisputeReinstated(it) => {
            change(&it.dispute, &|known| known.is_reinstated = true);
        }
        PaymentEvent::DisputeLost(it) => change(&it.dispute, &|known| known.is_lost = true),
        PaymentEvent::DisputeClosed { dispute, .. } => {
            change(dispute, &|known| known.is_closed = true);
        }
        _ => {}
    }
}
