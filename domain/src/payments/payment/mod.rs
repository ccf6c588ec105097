//! The aggregate: one checkout, credited once, and what was given back or taken of it since.

mod disputes;
mod refunds;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use ledger::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::commands::{CheckoutState, PaymentCommand, PaymentError, Settled};
use super::events::{CheckoutOpened, FailedBecause, Paid, PaymentEvent, Requested};
use super::names::{Reference, RefundId};

pub use disputes::Dispute;
pub use refunds::{Refund, RefundStage};

type Decided = Result<Vec<PaymentEvent>, PaymentError>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payment {
    #[default]
    Unasked,
    Asked {
        terms: Box<Terms>,
        stage: Stage,
    },
}

/// What is known since the payment was requested, and of its checkout since that was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub requested: Requested,
    pub checkout: Option<CheckoutOpened>,
}

/// How far a payment has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    Requested,
    Open,
    Processing,
    Paid {
        paid: Box<Paid>,
        refunds: BTreeMap<RefundId, Refund>,
        disputes: BTreeMap<Reference, Dispute>,
    },
    Failed(FailedBecause),
    Expired,
}

impl Payment {
    pub const fn terms(&self) -> Option<&Terms> {
        match self {
            Self::Unasked => None,
            Self::Asked { terms, .. } => Some(&**terms),
        }
    }

    pub const fn stage(&self) -> Option<&Stage> {
        match self {
            Self::Unasked => None,
            Self::Asked { stage, .. } => Some(stage),
        }
    }

    /// What the payer may still have given back, as far as this payment goes.
    pub fn refundable(&self) -> Result<Money, PaymentError> {
        match self.stage() {
            Some(Stage::Paid {
                paid,
                refunds,
                disputes,
            }) => {
                let gone = refunds::given_back(refunds, paid.amount.currency())?;
                let taken = disputes::taken(disputes, paid.amount.currency())?;
                let left = paid.amount.checked_sub(gone)?.checked_sub(taken)?;
                // Refunds and disputes of one charge may meet halfway.
                Ok(if left.is_negative() {
                    Money::zero(left.currency())
                } else {
                    left
                })
            }
            _ => Err(PaymentError::NotPaid),
        }
    }

    fn decide(&self, command: PaymentCommand) -> Decided {
        match (self, command) {
            (Self::Unasked, PaymentCommand::Request(requested)) => {
                judge(&requested)?;
                Ok(vec![PaymentEvent::Requested(requested)])
            }
            (Self::Unasked, _) => Err(PaymentError::NotRequested),
            (Self::Asked { terms, .. }, PaymentCommand::Request(asked)) => {
                if terms.requested.is_same(&asked) {
                    Ok(vec![])
                } else {
                    Err(PaymentError::RequestedOtherwise)
                }
            }
            (Self::Asked { terms, stage }, PaymentCommand::RecordCheckout(opened)) => {
                record_checkout(terms, stage, opened)
            }
            (Self::Asked { stage, terms }, PaymentCommand::GiveUp { because, at }) => match stage {
                Stage::Requested => Ok(vec![PaymentEvent::Failed {
                    order: terms.requested.order.clone(),
                    because,
                    at,
                }]),
                // Somebody else opened it, or gave it up before.
                _ => Ok(vec![]),
            },
            (
                Self::Asked { terms, stage },
                PaymentCommand::ObserveCheckout { session, state, at },
            ) => observe_checkout(terms, stage, &session, state, at),
            (
                Self::Asked { terms, stage },
                PaymentCommand::RequestRefund {
                    refund,
                    amount,
                    by,
                    at,
                },
            ) => {
                let Stage::Paid { refunds, .. } = stage else {
                    return Err(PaymentError::NotPaid);
                };
                if let Some(known) = refunds.get(&refund) {
                    return known.asked_again(amount);
                }
                let payer = terms.requested.payer;
                refunds::request(refund, payer, amount, self.refundable()?, by, at)
            }
            (
                Self::Asked { terms, stage },
                PaymentCommand::ObserveRefund {
                    refund,
                    stripe_refund,
                    status,
                    at,
                },
            ) => {
                let known = stage.refund(refund)?;
                known.observe(refund, terms.requested.payer, stripe_refund, status, at)
            }
            (Self::Asked { terms, stage }, PaymentCommand::RefuseRefund { refund, at }) => {
                let known = stage.refund(refund)?;
                Ok(known.refuse(refund, terms.requested.payer, at))
            }
            (Self::Asked { terms, stage }, PaymentCommand::ObserveDispute(seen)) => match stage {
                Stage::Paid { disputes, .. } => {
                    disputes::observe(disputes.get(&seen.dispute), terms.requested.payer, &seen)
                }
                _ => Err(PaymentError::NotPaid),
            },
        }
    }
}

fn judge(Requested { amount, .. }: &Requested) -> Result<(), PaymentError> {
    if amount.currency() != Currency::Usd {
        return Err(PaymentError::NotDollars);
    }
    if !amount.is_positive() {
        return Err(PaymentError::NotPositive);
    }
    if !amount.whole_cents() {
        return Err(PaymentError::NotWholeCents);
    }
    Ok(())
}

impl Requested {
    /// Whoever asks again does so at another time.
    fn is_same(&self, asked: &Self) -> bool {
        self.payer == asked.payer && self.amount == asked.amount && self.order == asked.order
    }
}

impl Stage {
    fn refund(&self, refund: RefundId) -> Result<&Refund, PaymentError> {
        match self {
            Self::Paid { refunds, .. } => refunds.get(&refund).ok_or(PaymentError::NoSuchRefund),
            _ => Err(PaymentError::NotPaid),
        }
    }
}

fn record_checkout(terms: &Terms, stage: &Stage, opened: CheckoutOpened) -> Decided {
    match (&terms.checkout, stage) {
        (Some(known), _) if known.session == opened.session => Ok(vec![]),
        (Some(_), _) => Err(PaymentError::OtherCheckout),
        // What was given up and is there after all counts as ever.
        (None, Stage::Requested | Stage::Failed(_)) => {
            Ok(vec![PaymentEvent::CheckoutOpened(opened)])
        }
        (None, _) => Err(PaymentError::Ended),
    }
}

/// Observations come late and out of order, so one only ever leads onward: nothing undoes a
/// payment, and nothing but money undoes a failure.
fn observe_checkout(
    terms: &Terms,
    stage: &Stage,
    session: &Reference,
    seen: CheckoutState,
    at: DateTime<Utc>,
) -> Decided {
    let checkout = terms.checkout.as_ref().ok_or(PaymentError::NotOpened)?;
    if checkout.session != *session {
        return Err(PaymentError::OtherCheckout);
    }
    match (stage, seen) {
        (Stage::Paid { paid, .. }, CheckoutState::Paid(settled)) => {
            if paid.charge == settled.charge {
                Ok(vec![])
            } else {
                Err(PaymentError::PaidOtherwise)
            }
        }
        (
            Stage::Requested | Stage::Open | Stage::Processing | Stage::Failed(_) | Stage::Expired,
            CheckoutState::Paid(settled),
        ) => {
            let paid = settle(&terms.requested, settled, at)?;
            Ok(vec![PaymentEvent::Paid(paid)])
        }
        (Stage::Requested | Stage::Open, CheckoutState::Processing) => {
            Ok(vec![PaymentEvent::Processing { at }])
        }
        (Stage::Requested | Stage::Open | Stage::Processing, CheckoutState::Failed) => {
            let because = FailedBecause::NotPaid;
            let order = terms.requested.order.clone();
            Ok(vec![PaymentEvent::Failed { order, because, at }])
        }
        (Stage::Requested | Stage::Open | Stage::Processing, CheckoutState::Expired) => {
            let order = terms.requested.order.clone();
            Ok(vec![PaymentEvent::Expired { order, at }])
        }
        (Stage::Paid { .. }, _)
        | (_, CheckoutState::Open)
        | (Stage::Processing, CheckoutState::Processing)
        | (
            Stage::Failed(_) | Stage::Expired,
            CheckoutState::Processing | CheckoutState::Failed | CheckoutState::Expired,
        ) => Ok(vec![]),
    }
}

fn settle(
    requested: &Requested,
    settled: Settled,
    at: DateTime<Utc>,
) -> Result<Paid, PaymentError> {
    let Settled {
        amount,
        fee,
        payment_intent,
        charge,
        balance_transaction,
    } = settled;
    if amount != requested.amount {
        return Err(PaymentError::OtherAmount);
    }
    match amount.checked_sub(fee) {
        Ok(rest) if rest.is_positive() && !fee.is_negative() => {}
        Ok(_) | Err(_) => return Err(PaymentError::ImpossibleFee),
    }
    Ok(Paid {
        payer: requested.payer,
        order: requested.order.clone(),
        amount,
        fee,
        payment_intent,
        charge,
        balance_transaction,
        at,
    })
}

impl Aggregate for Payment {
    const TYPE: &'static str = "payment";
    type Command = PaymentCommand;
    type Event = PaymentEvent;
    type Error = PaymentError;
    type Services = ();

    async fn handle(
        &mut self,
        command: PaymentCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), PaymentError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: PaymentEvent) {
        if let PaymentEvent::Requested(requested) = event {
            let terms = Box::new(Terms {
                requested,
                checkout: None,
            });
            *self = Self::Asked {
                terms,
                stage: Stage::Requested,
            };
            return;
        }
        // Nothing else is ever decided of a payment that was not asked for.
        let Self::Asked { terms, stage } = self else {
            return;
        };
        match event {
            PaymentEvent::CheckoutOpened(opened) => {
                terms.checkout = Some(opened);
                *stage = Stage::Open;
            }
            PaymentEvent::Processing { .. } => *stage = Stage::Processing,
            PaymentEvent::Paid(paid) => {
                *stage = Stage::Paid {
                    paid: Box::new(paid),
                    refunds: BTreeMap::new(),
                    disputes: BTreeMap::new(),
                };
            }
            PaymentEvent::Failed { because, .. } => *stage = Stage::Failed(because),
            PaymentEvent::Expired { .. } => *stage = Stage::Expired,
            after => {
                if let Stage::Paid {
                    refunds, disputes, ..
                } = stage
                {
                    refunds::apply(refunds, &after);
                    disputes::apply(disputes, &after);
                }
            }
        }
    }
}
