//! Refunds: money that goes back to a card, at once, later, or not after all.

use serde_json::{Value, json};

use super::balance::Movement;
use super::{Answer, RefundsDo, World, number, text};
use crate::form::Form;
use crate::refusal::Refusal;

impl World {
    pub(super) fn create_refund(&mut self, form: &mut Form) -> Answer {
        let charge = self.charge_to_refund(form)?;
        let id = text(&charge, "id");
        let left = Self::unrefunded(&charge);
        let amount = form.integer("amount")?.unwrap_or(left);
        let reason = form.text("reason");
        let metadata = form.metadata("metadata");
        form.finish()?;
        if charge["disputed"] == true && charge["refundable_while_disputed"] != true {
            let message = format!("Charge {id} has been charged back; cannot issue a refund.");
            return Err(Refusal::invalid(message).code("charge_disputed"));
        }
        if left == 0 {
            let message = format!("Charge {id} has already been refunded.");
            return Err(Refusal::invalid(message).code("charge_already_refunded"));
        }
        if amount <= 0 {
            return Err(Refusal::invalid("Invalid positive integer").param("amount"));
        }
        if amount > left {
            let message = format!(
                "Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            );
            return Err(Refusal::invalid(message).param("amount"));
        }
        let refund = self.make_refund(&charge, amount, reason.as_deref(), &metadata);
        self.set(
            &id,
            "amount_refunded",
            number(&charge, "amount_refunded") + amount,
        );
        self.set(&id, "refunded", left == amount);
        self.begin_refund(&refund);
        self.emit("refund.created", &refund);
        self.emit("charge.refunded", &id);
        if self.read(&refund)["status"] == "failed" {
            self.emit("refund.failed", &refund);
        }
        Ok(self.read(&refund).clone())
    }

    fn charge_to_refund(&self, form: &mut Form) -> Answer {
        let charge = match (form.text("charge"), form.text("payment_intent")) {
            (Some(charge), None) => charge,
            (None, Some(intent)) => {
                let intent = self.object("payment_intent", &intent)?;
                text(&intent, "latest_charge")
            }
            (Some(_), Some(_)) => {
                return Err(Refusal::invalid(
                    "Pass only one of charge and payment_intent.",
                ));
            }
            (None, None) => {
                return Err(Refusal::invalid(
                    "One of the following params should be provided for this request: \
                     payment_intent or charge.",
                ));
            }
        };
        let charge = self.object("charge", &charge)?;
        if charge["status"] == "succeeded" {
            Ok(charge)
        } else {
            Err(Refusal::invalid("The charge did not succeed."))
        }
    }

    fn make_refund(
        &mut self,
        charge: &Value,
        amount: i64,
        reason: Option<&str>,
        metadata: &Value,
    ) -> String {
        let id = self.name("re");
        let refund = json!({
            "id": id, "object": "refund", "amount": amount, "balance_transaction": null,
            "charge": charge["id"], "created": self.now, "currency": charge["currency"],
            "description": null, "destination_details": null,
            "failure_balance_transaction": null, "failure_reason": null, "metadata": metadata,
            "payment_intent": charge["payment_intent"], "pending_reason": null, "reason": reason,
            "receipt_number": null, "source_transfer_reversal": null, "status": "pending",
            "transfer_reversal": null,
        });
        self.add(refund)
    }

    fn begin_refund(&mut self, id: &str) {
        let refund = self.read(id).clone();
        let (available, _) = self.funds(&text(&refund, "currency"));
        match self.switches.refunds {
            RefundsDo::Succeed if available >= number(&refund, "amount") => self.pay_refund(id),
            RefundsDo::Succeed => self.set(id, "pending_reason", "insufficient_funds"),
            RefundsDo::Pend => self.set(id, "pending_reason", "processing"),
            RefundsDo::Fail => self.give_up_refund(id),
        }
    }

    fn pay_refund(&mut self, id: &str) {
        let refund = self.read(id).clone();
        let moved = self.moved(&Movement {
            kind: "refund",
            category: "refund",
            source: id,
            currency: &text(&refund, "currency"),
            amount: -number(&refund, "amount"),
            fee: 0,
        });
        self.set(id, "balance_transaction", moved);
        self.set(id, "pending_reason", Value::Null);
        self.set(id, "status", "succeeded");
    }

    /// What was paid comes back to the balance.
    fn give_up_refund(&mut self, id: &str) {
        let refund = self.read(id).clone();
        if refund["status"] == "succeeded" {
            let moved = self.moved(&Movement {
                kind: "refund_failure",
                category: "refund_failure",
                source: id,
                currency: &text(&refund, "currency"),
                amount: number(&refund, "amount"),
                fee: 0,
            });
            self.set(id, "failure_balance_transaction", moved);
        }
        self.set(id, "status", "failed");
        self.set(id, "pending_reason", Value::Null);
        self.set(id, "failure_reason", "expired_or_canceled_card");
        let charge = text(&refund, "charge");
        let left = number(self.read(&charge), "amount_refunded") - number(&refund, "amount");
        self.set(&charge, "amount_refunded", left);
        self.set(&charge, "refunded", false);
    }

    /// A bank says what became of a refund.
    pub fn end_refund(&mut self, id: &str, succeeds: bool) -> Answer {
        let refund = self.object("refund", id)?;
        let status = text(&refund, "status");
        match (status.as_str(), succeeds) {
            ("pending", true) => self.pay_refund(id),
            ("pending" | "succeeded", false) => self.give_up_refund(id),
            _ => return Err(Refusal::invalid("The refund is past that.")),
        }
        self.emit("refund.updated", id);
        self.emit("charge.refund.updated", id);
        if !succeeds {
            self.emit("refund.failed", id);
        }
        Ok(self.read(id).clone())
    }

    pub(super) fn cancel_refund(&mut self, id: &str) -> Answer {
        let refund = self.object("refund", id)?;
        if refund["status"] != "pending" {
            return Err(Refusal::invalid("Only pending refunds can be canceled."));
        }
        self.give_up_refund(id);
        self.set(id, "status", "canceled");
        self.emit("refund.updated", id);
        Ok(self.read(id).clone())
    }

    /// Those that waited for money have it as soon as there is some.
    pub(super) fn settle_refunds(&mut self) {
        let waiting = self
            .of_kind("refund")
            .filter(|it| it["status"] == "pending" && it["pending_reason"] == "insufficient_funds");
        let mut waiting: Vec<(String, i64, String)> = waiting
            .map(|it| (text(it, "id"), number(it, "amount"), text(it, "currency")))
            .collect();
        waiting.reverse();
        for (id, amount, currency) in waiting {
            if self.funds(&currency).0 >= amount {
                self.pay_refund(&id);
                self.emit("refund.updated", &id);
                self.emit("charge.refund.updated", &id);
            }
        }
    }
}
