//! Asking Stripe, and saying of each answer whether it is certain.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::payments::{
    CheckoutOpened, CheckoutState, PaymentId, Reference, RefundId, RefundStatus, Settled,
    Withdrawal,
};
use ledger::Money;
use projections::payments::inbox::Notice;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ListCheckoutSession, ProductData,
    RetrieveCheckoutSession,
};
use stripe_core::dispute::{ListDispute, RetrieveDispute};
use stripe_core::event::ListEvent;
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_core::refund::{CreateRefund, ListRefund};
use stripe_shared::{
    CheckoutSession, CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus,
    Dispute, DisputeStatus, PaymentIntent, PaymentIntentStatus,
};
use stripe_types::{Currency, RangeQueryTs};

use super::amounts::{cents, money};
use super::settings::Settings;

/// Under this name Stripe keeps which of our payments, and which refund, a thing of its belongs to.
pub const PAYMENT: &str = "payment";
const REFUND: &str = "refund";
const PAGE: i64 = 100;
/// A payment with more refunds or disputes than this is looked at by a person.
const PAGES_MAX: usize = 10;

/// Stripe, as far as card payments need it; clones share one client.
#[derive(Clone)]
pub struct Stripe {
    client: Client,
    public_url: String,
}

/// Why Stripe did not do or say what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It says no, and would again.
    #[error("Stripe refused: {0}")]
    Refused(String),
    /// Whether it was done is not known.
    #[error("Stripe gave no certain answer: {0}")]
    Uncertain(String),
    /// It said something that nobody expects.
    #[error("Stripe says what makes no sense here: {0}")]
    Senseless(&'static str),
}

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

/// What a checkout is opened with; the same each time that it is tried.
#[derive(Clone, Copy, Debug)]
pub struct NewCheckout<'a> {
    pub payment: PaymentId,
    pub amount: Money,
    pub expires_at: DateTime<Utc>,
    pub key: &'a str,
}

impl Stripe {
    pub fn new(settings: &Settings) -> Result<Self, StripeError> {
        let mut builder = ClientBuilder::new(&settings.secret_key).timeout(settings.answer_within);
        if let Some(base) = &settings.api_base {
            builder = builder.url(base);
        }
        Ok(Self {
            client: builder.build()?,
            public_url: settings.public_url.clone(),
        })
    }

    /// What Stripe says is large, and whoever waits for it need not be.
    async fn ask<R>(&self, request: R, key: Option<&str>) -> Result<Box<R::Output>, Fault>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        let strategy = match key {
            None => RequestStrategy::Once,
            Some(key) => {
                let key = IdempotencyKey::new(key);
                RequestStrategy::Idempotent(key.map_err(|_| Fault::Senseless("the key is none"))?)
            }
        };
        let request = request.customize().request_strategy(strategy);
        let sent = Box::pin(request.send(&self.client)).await;
        sent.map(Box::new).map_err(|error| judged(&error))
    }

    pub async fn open_checkout(&self, new: NewCheckout<'_>) -> Result<CheckoutFound, Fault> {
        let amount = cents(new.amount).map_err(|_| Fault::Senseless("the amount"))?;
        let payment = new.payment.to_string();
        let label = HashMap::from([(PAYMENT.to_owned(), payment.clone())]);
        let mut price = CreateCheckoutSessionLineItemsPriceData::new(Currency::USD);
        price.unit_amount = Some(amount);
        price.product_data = Some(ProductData::new("TrainNet balance"));
        let mut line = CreateCheckoutSessionLineItems::new();
        line.price_data = Some(price);
        line.quantity = Some(1);
        let mut of_intent = CreateCheckoutSessionPaymentIntentData::new();
        of_intent.metadata = Some(label.clone());
        let page = format!("{}/payments/{payment}", self.public_url);
        let request = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Payment)
            .client_reference_id(payment)
            .metadata(label)
            .payment_intent_data(of_intent)
            .line_items(vec![line])
            .expires_at(new.expires_at.timestamp())
            .success_url(format!("{page}?checkout={{CHECKOUT_SESSION_ID}}"))
            .cancel_url(page)
            .expand(whole());
        let opened = self.ask(request, Some(new.key)).await?;
        checkout_found(&opened)
    }

    pub async fn checkout(&self, session: &Reference) -> Result<CheckoutFound, Fault> {
        let request = RetrieveCheckoutSession::new(session.as_str()).expand(whole());
        let found = self.ask(request, None).await?;
        checkout_found(&found)
    }

    /// The checkout of a payment among those opened since, if there is one.
    pub async fn find_checkout(
        &self,
        payment: PaymentId,
        since: DateTime<Utc>,
    ) -> Result<Option<CheckoutFound>, Fault> {
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            // A minute for clocks that differ.
            let created = RangeQueryTs::gte(since.timestamp() - 60);
            let mut request = ListCheckoutSession::new().limit(PAGE).created(created);
            if let Some(after) = &after {
                request = request.starting_after(after);
            }
            let page = self.ask(request, None).await?;
            let ours = payment.to_string();
            let is_ours = |it: &&CheckoutSession| it.client_reference_id.as_ref() == Some(&ours);
            if let Some(found) = page.data.iter().find(is_ours) {
                let session = reference(found.id.as_str())?;
                return self.checkout(&session).await.map(Some);
            }
            after = page.data.last().map(|it| it.id.to_string());
            if !page.has_more || after.is_none() {
                return Ok(None);
            }
        }
        Err(Fault::Uncertain(
            "there are too many checkouts to look through".to_owned(),
        ))
    }

    pub async fn refund(
        &self,
        charge: &Reference,
        refund: RefundId,
        payment: PaymentId,
        amount: Money,
    ) -> Result<RefundFound, Fault> {
        let amount = cents(amount).map_err(|_| Fault::Senseless("the amount"))?;
        let label = HashMap::from([
            (PAYMENT.to_owned(), payment.to_string()),
            (REFUND.to_owned(), refund.to_string()),
        ]);
        let request = CreateRefund::new()
            .charge(charge.as_str())
            .amount(amount)
            .metadata(label);
        let begun = self.ask(request, Some(&refund.to_string())).await?;
        refund_found(&begun)
    }

    pub async fn refunds(&self, charge: &Reference) -> Result<Vec<RefundFound>, Fault> {
        let mut found = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut request = ListRefund::new().charge(charge.as_str()).limit(PAGE);
            if let Some(after) = &after {
                request = request.starting_after(after);
            }
            let page = self.ask(request, None).await?;
            for refund in &page.data {
                found.push(refund_found(refund)?);
            }
            after = page.data.last().map(|it| it.id.to_string());
            if !page.has_more || after.is_none() {
                return Ok(found);
            }
        }
        Err(Fault::Senseless(
            "there are too many refunds to look through",
        ))
    }

    pub async fn disputes(&self, charge: &Reference) -> Result<Vec<DisputeFound>, Fault> {
        let request = ListDispute::new().charge(charge.as_str()).limit(PAGE);
        let page = self.ask(request, None).await?;
        page.data.iter().map(dispute_found).collect()
    }

    /// Of which payment of ours a dispute is.
    pub async fn disputed(&self, dispute: &Reference) -> Result<Option<PaymentId>, Fault> {
        let request = RetrieveDispute::new(dispute.as_str());
        let found = self.ask(request, None).await?;
        let Some(intent) = found.payment_intent else {
            return Ok(None);
        };
        let request = RetrievePaymentIntent::new(intent.id().as_str());
        let intent = self.ask(request, None).await?;
        Ok(intent
            .metadata
            .get(PAYMENT)
            .and_then(|text| text.parse().ok()))
    }

    /// A page of what happened after a notice, the earliest of them last, and whether there is
    /// more; without one, of what happened latest.
    pub async fn notices(
        &self,
        after: Option<&str>,
        before: Option<&str>,
    ) -> Result<(Vec<Notice>, bool), Fault> {
        let mut request = ListEvent::new().limit(PAGE);
        if let Some(after) = after {
            request = request.ending_before(after);
        }
        if let Some(before) = before {
            request = request.starting_after(before);
        }
        let page = self.ask(request, None).await?;
        let notices = page.data.iter().map(notice).collect();
        Ok((notices, page.has_more))
    }
}

/// Everything about a checkout that its state follows from.
fn whole() -> Vec<String> {
    vec!["payment_intent.latest_charge.balance_transaction".to_owned()]
}

fn judged(error: &StripeError) -> Fault {
    match error {
        StripeError::Stripe(said, status) => {
            let code = said.code.as_ref().map_or("no code", |code| code.as_str());
            let text = format!("{status}, {code}");
            let is_key = said.type_.as_str() == "idempotency_error";
            match status {
                400 | 402 | 404 if !is_key => Fault::Refused(text),
                _ => Fault::Uncertain(text),
            }
        }
        StripeError::JSONDeserialize(_) => Fault::Senseless("the answer cannot be read"),
        StripeError::ClientError(text) | StripeError::ConfigError(text) => {
            Fault::Uncertain(text.clone())
        }
        StripeError::Timeout => Fault::Uncertain("no answer in time".to_owned()),
    }
}

fn reference(text: &str) -> Result<Reference, Fault> {
    Reference::try_new(text).map_err(|_| Fault::Senseless("a name"))
}

fn checkout_found(session: &CheckoutSession) -> Result<CheckoutFound, Fault> {
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

fn refund_found(refund: &stripe_shared::Refund) -> Result<RefundFound, Fault> {
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

fn dispute_found(dispute: &Dispute) -> Result<DisputeFound, Fault> {
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

fn notice(event: &stripe_shared::Event) -> Notice {
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
