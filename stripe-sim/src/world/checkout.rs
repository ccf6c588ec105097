//! Checkouts: a page on which somebody pays once, or lets the time run out.

use serde_json::{Value, json};

use super::intents::{Intent, judged};
use super::{Answer, World, nulls, number, text, with_nulls};
use crate::form::Form;
use crate::refusal::Refusal;

const LASTS_SECONDS_MIN: i64 = 30 * 60;
const LASTS_SECONDS_MAX: i64 = 24 * 60 * 60;

/// What somebody does with a checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Pay,
    Decline,
    /// Pays by a way that takes days.
    Process,
    /// The bank pays what was being processed.
    Succeed,
    /// It does not.
    Fail,
}

/// What a checkout is opened with.
struct Said {
    mode: String,
    lasts: i64,
    amount: i64,
    currency: String,
    reference: Option<String>,
    success: String,
    cancel: Option<String>,
    email: Option<String>,
    metadata: Value,
}

impl World {
    pub(super) fn create_session(&mut self, form: &mut Form) -> Answer {
        let mode = form.needed("mode")?;
        if mode != "payment" {
            return Err(Refusal::invalid("Only mode=payment is simulated.").param("mode"));
        }
        let lasts = self.lasts_until(form)?;
        let (amount, currency, lines) = priced(form)?;
        let reference = form.text("client_reference_id");
        if reference
            .as_ref()
            .is_some_and(|it| it.chars().count() > 200)
        {
            return Err(
                Refusal::invalid("Must be at most 200 characters.").param("client_reference_id")
            );
        }
        let (success, cancel) = (form.needed("success_url")?, form.text("cancel_url"));
        let email = form.text("customer_email");
        let metadata = form.metadata("metadata");
        let of_intent = json!({
            "metadata": form.metadata("payment_intent_data[metadata]"),
            "description": form.text("payment_intent_data[description]"),
            "transfer_group": form.text("payment_intent_data[transfer_group]"),
        });
        for known in [
            "payment_method_types",
            "locale",
            "submit_type",
            "adaptive_pricing",
        ] {
            form.ignore(known);
        }
        form.finish()?;
        let said = Said {
            mode,
            lasts,
            amount,
            currency,
            reference,
            success,
            cancel,
            email,
            metadata,
        };
        let object = self.session_object(&said);
        let id = text(&object, "id");
        self.add(object.clone());
        self.beside.insert(id, (of_intent, lines));
        Ok(object)
    }

    fn session_object(&mut self, said: &Said) -> Value {
        let id = self.name("cs_test");
        let url = format!("{}/c/pay/{id}", self.base_url);
        let object = json!({
            "id": id, "object": "checkout.session", "adaptive_pricing": { "enabled": false },
            "amount_subtotal": said.amount,
            "amount_total": said.amount,
            "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "cancel_url": said.cancel,
            "client_reference_id": said.reference,
            "created": self.now,
            "currency": said.currency, "custom_fields": [],
            "custom_text": {
                "after_submit": null, "shipping_address": null, "submit": null,
                "terms_of_service_acceptance": null,
            },
            "customer_creation": "if_required",
            "customer_email": said.email, "discounts": [], "expires_at": said.lasts,
            "livemode": false, "metadata": said.metadata,
            "mode": said.mode,
            "payment_method_collection": "if_required",
            "payment_method_options": {},
            "payment_method_types": ["card", "us_bank_account"], "payment_status": "unpaid",
            "phone_number_collection": { "enabled": false },
            "shipping_options": [],
            "status": "open", "success_url": said.success,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": "hosted_page", "url": url,
        });
        with_nulls(object, nulls::OF_CHECKOUT)
    }

    fn lasts_until(&self, form: &mut Form) -> Result<i64, Refusal> {
        let asked = form.integer("expires_at")?;
        let lasts = asked.unwrap_or(self.now + LASTS_SECONDS_MAX);
        // A minute for clocks that differ, as they do between any two machines.
        let possible = (LASTS_SECONDS_MIN - 60)..=(LASTS_SECONDS_MAX + 60);
        if possible.contains(&(lasts - self.now)) {
            return Ok(lasts);
        }
        Err(Refusal::invalid(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout \
             Session creation.",
        )
        .param("expires_at"))
    }

    pub(super) fn session_lines(&self, id: &str) -> Answer {
        self.object("checkout.session", id)?;
        let lines = self.beside.get(id).map(|(_, lines)| lines.clone());
        Ok(json!({
            "object": "list", "data": lines.unwrap_or_else(|| json!([])), "has_more": false,
            "url": format!("/v1/checkout/sessions/{id}/line_items"),
        }))
    }

    pub(super) fn expire_session(&mut self, id: &str) -> Answer {
        let session = self.object("checkout.session", id)?;
        if session["status"] != "open" {
            let message = format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This \
                 Checkout Session has a status of `{}`.",
                text(&session, "status")
            );
            return Err(Refusal::invalid(message));
        }
        self.expire_now(id);
        Ok(self.read(id).clone())
    }

    fn expire_now(&mut self, id: &str) {
        self.set(id, "status", "expired");
        self.set(id, "url", Value::Null);
        self.emit("checkout.session.expired", id);
    }

    pub(super) fn expire_sessions(&mut self) {
        let now = self.now;
        let open = self
            .of_kind("checkout.session")
            .filter(|it| it["status"] == "open" && number(it, "expires_at") <= now);
        let over: Vec<String> = open.map(|it| text(it, "id")).collect();
        for id in over {
            self.expire_now(&id);
        }
        self.settle_transactions();
    }

    /// Somebody does something on the page of a checkout, or their bank does it later.
    pub fn visit(&mut self, id: &str, doing: Doing) -> Answer {
        let session = self.object("checkout.session", id)?;
        let is_open = session["status"] == "open";
        let waits = session["status"] == "complete" && session["payment_status"] == "unpaid";
        let possible = match doing {
            Doing::Pay | Doing::Decline | Doing::Process => is_open,
            Doing::Succeed | Doing::Fail => waits,
        };
        if !possible {
            return Err(Refusal::invalid("The checkout is past that."));
        }
        let intent = self.intent_of(&session);
        match doing {
            Doing::Pay => {
                self.charge(&intent);
                self.complete(id, "paid");
                self.emit("checkout.session.completed", id);
            }
            Doing::Decline => self.decline(&intent),
            Doing::Process => {
                self.process(&intent);
                self.complete(id, "unpaid");
                self.emit("checkout.session.completed", id);
            }
            Doing::Succeed => {
                self.charge(&intent);
                self.set(id, "payment_status", "paid");
                self.emit("checkout.session.async_payment_succeeded", id);
            }
            Doing::Fail => {
                self.decline(&intent);
                self.emit("checkout.session.async_payment_failed", id);
            }
        }
        Ok(self.read(id).clone())
    }

    fn complete(&mut self, id: &str, payment: &str) {
        self.set(id, "status", "complete");
        self.set(id, "payment_status", payment);
        self.set(id, "url", Value::Null);
    }

    /// The intent of a checkout is made when somebody first tries to pay.
    fn intent_of(&mut self, session: &Value) -> String {
        if let Some(known) = session["payment_intent"].as_str() {
            return known.to_owned();
        }
        let id = text(session, "id");
        let of_intent = self.beside.get(&id).map(|(of_intent, _)| of_intent.clone());
        let of_intent = of_intent.unwrap_or_default();
        let said = |field: &str| of_intent[field].as_str().map(str::to_owned);
        let intent = self.make_intent(&Intent {
            amount: number(session, "amount_total"),
            currency: text(session, "currency"),
            metadata: of_intent["metadata"].clone(),
            description: said("description"),
            transfer_group: said("transfer_group"),
        });
        self.set(&id, "payment_intent", intent.as_str());
        intent
    }
}

/// What all lines come to, in which currency, and the lines.
fn priced(form: &mut Form) -> Result<(i64, String, Value), Refusal> {
    let (mut total, mut currency, mut lines) = (0_i64, String::new(), Vec::new());
    let count = form.count("line_items");
    if count == 0 {
        return Err(Refusal::missing("line_items"));
    }
    for at in 0..count {
        let line = format!("line_items[{at}]");
        let price = format!("{line}[price_data]");
        let quantity = form.integer(&format!("{line}[quantity]"))?.unwrap_or(1);
        currency = form.needed(&format!("{price}[currency]"))?.to_lowercase();
        let cents = form.integer(&format!("{price}[unit_amount]"))?;
        let cents = cents.ok_or_else(|| Refusal::missing(&format!("{price}[unit_amount]")))?;
        let name = form.needed(&format!("{price}[product_data][name]"))?;
        form.ignore(&format!("{price}[product_data]"));
        form.ignore(&format!("{price}[tax_behavior]"));
        let sum = cents
            .checked_mul(quantity)
            .and_then(|it| total.checked_add(it));
        total = sum.ok_or_else(|| Refusal::invalid("The amount is too large."))?;
        lines.push(json!({
            "id": format!("li_{at}"), "object": "item", "amount_discount": 0,
            "amount_subtotal": cents * quantity, "amount_tax": 0,
            "amount_total": cents * quantity, "currency": currency, "description": name,
            "price": null, "quantity": quantity,
        }));
    }
    Ok((judged(total)?, currency, Value::Array(lines)))
}
