//! Asking Stripe, and saying of each answer whether it is certain.

mod found;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::payments::{PaymentId, Reference, RefundId};
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
use stripe_shared::{CheckoutSession, CheckoutSessionMode};
use stripe_types::{Currency, RangeQueryTs};

use super::amounts::cents;
use super::settings::Settings;
use found::{checkout_found, dispute_found, notice, reference, refund_found};

pub use found::{CheckoutFound, DisputeFound, RefundFound};

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
