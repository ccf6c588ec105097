//! Opens a payment for whoever asks: a person who tops up, or another slice for an order of theirs.

use std::time::Duration;

use domain::payments::{Payment, PaymentCommand, PaymentId, Reference, Requested, Stage};
use domain::users::UserId;
use ledger::{Currency, Money};
use store::Context;

use super::Payments;
use super::problems::{AMOUNT_INVALID, UNAVAILABLE, of_payment};
use crate::problem::ApiError;
use crate::refused::refused;

/// Between the request and the checkout stands a conversation with the processor.
const WAIT_MAX: Duration = Duration::from_secs(8);
/// However fast the log grows, it is looked no more often.
const BREATH: Duration = Duration::from_millis(5);
const CENT: i64 = 10_000;
/// What Stripe charges at least and at most, in cents.
const CENTS_MIN: i64 = 50;
const CENTS_MAX: i64 = 99_999_999;

/// What a payment is for; nobody here knows what it means.
pub type Order = Reference;

/// A payment that can be paid now, or soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    pub payment: PaymentId,
    /// Nothing where the processor takes its time: the payment will say.
    pub checkout_url: Option<String>,
    /// At which the payment was asked for.
    pub position: i64,
}

impl Payments {
    /// Asks for a payment and waits, but not for long, until it can be paid. The same payment asked
    /// for again is the same payment.
    pub async fn open(
        &self,
        payment: PaymentId,
        payer: UserId,
        amount: Money,
        order: Option<Order>,
        context: &Context,
    ) -> Result<Opened, ApiError> {
        self.judge(amount)?;
        let command = PaymentCommand::Request(Requested {
            payer,
            amount,
            order,
            at: self.commands().log().clock().now(),
        });
        let stream = payment.to_string();
        let asked = self.commands().begin(&stream, command, context).await;
        let asked = asked.map_err(|refusal| refused(refusal, of_payment))?;
        Ok(Opened {
            payment,
            checkout_url: self.checkout_url(payment).await?,
            position: asked.position,
        })
    }

    /// Whether a card could pay this here; for whoever has to know before they ask.
    pub fn judge(&self, amount: Money) -> Result<(), ApiError> {
        if self.webhook_secret().is_none() {
            return Err(ApiError::new(&UNAVAILABLE)
                .detail("Card payments are not set up here; ask the operator."));
        }
        let invalid = |field: &str, detail: &'static str| {
            Err(ApiError::new(&AMOUNT_INVALID).detail(detail).field(field))
        };
        if amount.currency() != Currency::Usd {
            return invalid("amount.currency", "Cards are charged in USD.");
        }
        if !amount.whole_cents() {
            return invalid("amount.amount", "A card pays whole cents.");
        }
        let cents = amount.minor() / CENT;
        if !(CENTS_MIN..=CENTS_MAX).contains(&cents) {
            return invalid("amount.amount", "A card pays from 0.50 to 999999.99.");
        }
        Ok(())
    }

    /// Where to pay, once it is known.
    async fn checkout_url(&self, payment: PaymentId) -> Result<Option<String>, ApiError> {
        let waited = tokio::time::timeout(WAIT_MAX, async {
            let mut growing = self.commands().log().subscribe().await?;
            let mut reached = -1;
            loop {
                let state = self.look(payment).await?;
                match where_to_pay(&state)? {
                    Where::Here(url) => return Ok(Some(url)),
                    Where::Nowhere => return Ok(None),
                    Where::NotKnown => {}
                }
                tokio::time::sleep(BREATH).await;
                reached = growing.beyond(reached).await?;
            }
        });
        waited.await.unwrap_or(Ok(None))
    }
}

/// Where a payment can be paid.
enum Where {
    Here(String),
    /// There is nothing to pay any more.
    Nowhere,
    NotKnown,
}

fn where_to_pay(state: &Payment) -> Result<Where, ApiError> {
    let checkout = state.terms().and_then(|terms| terms.checkout.as_ref());
    Ok(match (state.stage(), checkout) {
        (None | Some(Stage::Requested), _) => Where::NotKnown,
        (Some(Stage::Open), Some(checkout)) => Where::Here(checkout.url.clone()),
        (Some(Stage::Failed(_)), None) => {
            return Err(ApiError::new(&UNAVAILABLE)
                .detail("The card processor would not open a checkout. Try again later."));
        }
        (Some(_), _) => Where::Nowhere,
    })
}
