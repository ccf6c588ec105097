//! What Stripe says, as far as it counts here; whatever makes no sense is refused.

use chrono::{DateTime, Utc};
use domain::payments::{
    CheckoutOpened, CheckoutState, PaymentId, Reference, RefundId, RefundStatus, Settled,
    Withdrawal,
};
use ledger::Money;
use projections::payments::inbox::Notice;
use stripe_shared::{
    CheckoutSession, CheckoutSessionPaymentStatus, CheckoutSessionStatus, Dispute, DisputeStatus,
    PaymentIntent, PaymentIntentStatus,
};

use super::{Fault, PAYMENT, REFUND};
use crate::payments::amounts::money;

/// A refund as Stripe has it.
#[derive(Clone, Debug)]
pub struct RefundFound {
    /// Ours, if it was made here.
    pub refund: Option<RefundId>,
    pub stripe_refund: Reference,
    pub status: RefundStatus,
}

/// A dispute as Stripe has it.
#[derive(Clone, Debug)]
pub struct DisputeFound {
    pub dispute: Reference,
    pub amount: Money,
    pub reason: Reference,
    pub withdrawn: Option<Withdrawal>,
    pub reinstated: Option<Withdrawal>,
    pub is_lost: bool,
    pub is_won: bool,
    pub is_dropped: bool,
}

/// A checkout as Stripe has it.
#[derive(Clone, Debug)]
pub struct CheckoutFound {
    pub session: Reference,
    pub payment: Option<PaymentId>,
    pub url: String,
    pub expires_at: DateTime<Utc>,
    pub state: CheckoutState,
}

impl CheckoutFound {
    pub fn opened(&self, at: DateTime<Utc>) -> CheckoutOpened {
        CheckoutOpened {
            session: self.session.clone(),
            url: self.url.clone(),
            expires_at: self.expires_at,
            at,
        }
    }
}

pub fn reference(text: &str) -> Result<Reference, Fault> {
    Reference::try_new(text).map_err(|_| Fault::Senseless("a name"))
}

pub fn checkout_found(session: &CheckoutSession) -> Result<CheckoutFound, Fault> {
    let payment = session.client_reference_id.as_ref();
    let expires_at = DateTime::from_timestamp(session.expires_at, 0);
    Ok(CheckoutFound {
        session: reference(session.id.as_str())?,
        payment: payment.and_then(|text| text.parse().ok()),
        url: session.url.clone().unwrap_or_default(),
        expires_at: expires_at.ok_or(Fault::Senseless("a time"))?,
        state: checkout_state(session)?,
    })
}

fn checkout_state(session: &CheckoutSession) -> Result<CheckoutState, Fault> {
    use CheckoutSessionPaymentStatus as Paying;
    let intent = session
        .payment_intent
        .as_ref()
        .and_then(|it| it.as_object());
    match (&session.status, &session.payment_status) {
        (Some(CheckoutSessionStatus::Open), _) => Ok(CheckoutState::Open),
        (Some(CheckoutSessionStatus::Expired), _) => Ok(CheckoutState::Expired),
        (Some(CheckoutSessionStatus::Complete), Paying::Paid) => {
            let intent = intent.ok_or(Fault::Senseless("a paid checkout without an intent"))?;
            settled(intent).map(CheckoutState::Paid)
        }
        (Some(CheckoutSessionStatus::Complete), Paying::Unpaid) => {
            // What failed can be paid anew only where a checkout is open.
            let has_failed = intent.is_some_and(|intent| {
                matches!(
                    intent.status,
                    PaymentIntentStatus::RequiresPaymentMethod | PaymentIntentStatus::Canceled
                )
            });
            Ok(if has_failed {
                CheckoutState::Failed
            } else {
                CheckoutState::Processing
            })
        }
        _ => Err(Fault::Senseless("the state of a checkout")),
    }
}

fn settled(intent: &PaymentIntent) -> Result<Settled, Fault> {
    let charge = intent.latest_charge.as_ref().and_then(|it| it.as_object());
    let charge = charge.ok_or(Fault::Senseless("a paid intent without a charge"))?;
    let moved = charge.balance_transaction.as_ref();
    let moved = moved.and_then(|it| it.as_object());
    // Stripe may charge first and book later: then this is looked at again.
    let moved = moved.ok_or_else(|| Fault::Uncertain("the charge is not booked yet".to_owned()))?;
    let of = |cents| money(cents, &moved.currency.to_string());
    let no_dollars = |_| Fault::Senseless("the charge was not booked in dollars");
    Ok(Settled {
        amount: of(moved.amount).map_err(no_dollars)?,
        fee: of(moved.fee).map_err(no_dollars)?,
        payment_intent: reference(intent.id.as_str())?,
        charge: reference(charge.id.as_str())?,
        balance_transaction: reference(moved.id.as_str())?,
    })
}

pub fn refund_found(refund: &stripe_shared::Refund) -> Result<RefundFound, Fault> {
    let named = refund.metadata.as_ref().and_then(|it| it.get(REFUND));
    let status = match refund.status.as_deref() {
        Some("pending" | "requires_action") => RefundStatus::Pending,
        Some("succeeded") => RefundStatus::Succeeded,
        Some("failed" | "canceled") => RefundStatus::Failed,
        _ => return Err(Fault::Senseless("the state of a refund")),
    };
    Ok(RefundFound {
        refund: named.and_then(|text| text.parse().ok()),
        stripe_refund: reference(refund.id.as_str())?,
        status,
    })
}

pub fn dispute_found(dispute: &Dispute) -> Result<DisputeFound, Fault> {
    let no_dollars = |_| Fault::Senseless("the dispute is not in dollars");
    let (mut withdrawn, mut reinstated) = (None, None);
    for moved in &dispute.balance_transactions {
        let currency = moved.currency.to_string();
        let movement = |amount: i64, fee: i64| {
            Ok(Withdrawal {
                amount: money(amount, &currency).map_err(no_dollars)?,
                fee: money(fee, &currency).map_err(no_dollars)?,
            })
        };
        if moved.amount < 0 {
            withdrawn = Some(movement(-moved.amount, moved.fee)?);
        } else if moved.amount > 0 {
            reinstated = Some(movement(moved.amount, -moved.fee)?);
        }
    }
    Ok(DisputeFound {
        dispute: reference(dispute.id.as_str())?,
        amount: money(dispute.amount, &dispute.currency.to_string()).map_err(no_dollars)?,
        reason: reference(&dispute.reason)?,
        withdrawn,
        reinstated,
        is_lost: dispute.status == DisputeStatus::Lost,
        is_won: dispute.status == DisputeStatus::Won,
        is_dropped: matches!(
            dispute.status,
            DisputeStatus::WarningClosed | DisputeStatus::Prevented
        ),
    })
}

pub fn notice(event: &stripe_shared::Event) -> Notice {
    use miniserde::json::Value;
    let field = |object: &Value, name: &str| match object {
        Value::Object(fields) => match fields.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    let object = &event.data.object;
    let label = match object {
        Value::Object(fields) => fields.get("metadata").and_then(|it| field(it, PAYMENT)),
        _ => None,
    };
    Notice {
        notice: event.id.to_string(),
        kind: event.type_.as_str().to_owned(),
        object: field(object, "id").unwrap_or_default(),
        payment: label.or_else(|| field(object, "client_reference_id")),
    }
}
