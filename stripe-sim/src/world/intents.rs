//! Payment intents: from what is to be paid to the charge that pays it, or the reason why not.

use serde_json::{Value, json};

use super::{Answer, World, nulls, number, text, with_nulls};
use crate::form::Form;
use crate::refusal::Refusal;

/// What an intent begins with.
pub struct Intent {
    pub amount: i64,
    pub currency: String,
    pub metadata: Value,
    pub description: Option<String>,
    pub transfer_group: Option<String>,
}

impl World {
    pub(super) fn make_intent(&mut self, intent: &Intent) -> String {
        let id = self.name("pi");
        let secret = self.name(&format!("{id}_secret"));
        let object = json!({
            "id": id, "object": "payment_intent", "amount": intent.amount, "amount_capturable": 0,
            "amount_details": { "tip": {} }, "amount_received": 0,
            "capture_method": "automatic_async",
            "client_secret": secret, "confirmation_method": "automatic", "created": self.now,
            "currency": intent.currency, "description": intent.description,
            "livemode": false,
            "metadata": intent.metadata,
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
            "transfer_group": intent.transfer_group,
        });
        let object = with_nulls(object, nulls::OF_INTENT);
        self.add(object);
        self.emit("payment_intent.created", &id);
        id
    }

    pub(super) fn create_intent(&mut self, form: &mut Form) -> Answer {
        let amount = form
            .integer("amount")?
            .ok_or_else(|| Refusal::missing("amount"))?;
        let currency = form.needed("currency")?;
        let metadata = form.metadata("metadata");
        let intent = Intent {
            amount: judged(amount)?,
            currency: currency.to_lowercase(),
            metadata,
            description: form.text("description"),
            transfer_group: form.text("transfer_group"),
        };
        let confirm = form.text("confirm").is_some_and(|it| it == "true");
        let method = form.text("payment_method");
        for known in [
            "payment_method_types",
            "automatic_payment_methods",
            "return_url",
        ] {
            form.ignore(known);
        }
        form.finish()?;
        let id = self.make_intent(&intent);
        if confirm {
            return self.confirm_with(&id, method.as_deref());
        }
        Ok(self.read(&id).clone())
    }

    pub(super) fn confirm_intent(&mut self, id: &str, form: &mut Form) -> Answer {
        self.object("payment_intent", id)?;
        let method = form.text("payment_method");
        form.ignore("return_url");
        form.finish()?;
        self.confirm_with(id, method.as_deref())
    }

    /// Stripe's own test cards decide what happens.
    fn confirm_with(&mut self, id: &str, method: Option<&str>) -> Answer {
        let status = text(self.read(id), "status");
        if status != "requires_payment_method" && status != "requires_confirmation" {
            let message = format!("You cannot confirm this PaymentIntent because it has {status}.");
            return Err(Refusal::invalid(message).code("payment_intent_unexpected_state"));
        }
        match method {
            None => Err(Refusal::missing("payment_method")),
            Some("pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined") => {
                self.decline(id);
                Err(Refusal::declined())
            }
            Some(_) => {
                self.charge(id);
                Ok(self.read(id).clone())
            }
        }
    }

    pub(super) fn cancel_intent(&mut self, id: &str, form: &mut Form) -> Answer {
        let intent = self.object("payment_intent", id)?;
        let reason = form.text("cancellation_reason");
        form.finish()?;
        let status = text(&intent, "status");
        if status == "succeeded" || status == "canceled" {
            let message = format!("You cannot cancel this PaymentIntent because it is {status}.");
            return Err(Refusal::invalid(message).code("payment_intent_unexpected_state"));
        }
        self.set(id, "status", "canceled");
        self.set(id, "canceled_at", self.now);
        self.set(id, "cancellation_reason", reason);
        self.emit("payment_intent.canceled", id);
        Ok(self.read(id).clone())
    }

    /// The bank takes the order and will say later whether it pays.
    pub(super) fn process(&mut self, intent: &str) {
        self.set(intent, "status", "processing");
        self.emit("payment_intent.processing", intent);
    }

    /// The money comes.
    pub(super) fn charge(&mut self, intent: &str) {
        let charge = self.make_charge(intent, None);
        let amount = number(self.read(intent), "amount");
        self.set(intent, "amount_received", amount);
        self.set(intent, "status", "succeeded");
        self.emit("charge.succeeded", &charge);
        self.emit("payment_intent.succeeded", intent);
        self.emit("charge.updated", &charge);
    }

    /// The card or the bank says no.
    pub(super) fn decline(&mut self, intent: &str) {
        let charge = self.make_charge(intent, Some("card_declined"));
        self.set(intent, "status", "requires_payment_method");
        let error = json!({
            "type": "card_error", "code": "card_declined", "decline_code": "generic_decline",
            "message": "Your card was declined.", "charge": charge,
        });
        self.set(intent, "last_payment_error", error);
        self.emit("charge.failed", &charge);
        self.emit("payment_intent.payment_failed", intent);
    }
}

/// Stripe takes at least half a dollar and less than a million.
pub fn judged(amount: i64) -> Result<i64, Refusal> {
    if amount < 50 {
        return Err(Refusal::invalid("Amount must be at least $0.50 usd")
            .code("amount_too_small")
            .param("amount"));
    }
    if amount > 99_999_999 {
        return Err(Refusal::invalid("Amount must be no more than $999,999.99")
            .code("amount_too_large")
            .param("amount"));
    }
    Ok(amount)
}
