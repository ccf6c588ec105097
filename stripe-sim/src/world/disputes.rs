//! Disputes: a bank takes money back, with a fee on top, and may return it.

use serde_json::{Value, json};

use super::balance::Movement;
use super::{Answer, World, number, text};
use crate::form::Form;
use crate::refusal::Refusal;

/// What somebody at the bank does with a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// An inquiry becomes a dispute, and the money is taken.
    Withdraw,
    Won,
    Lost,
    /// An inquiry comes to nothing.
    Dropped,
}

impl World {
    /// The payer asks their bank for the money; by an inquiry, nothing is taken yet.
    pub fn dispute(&mut self, charge: &str, amount: Option<i64>, is_inquiry: bool) -> Answer {
        let of = self.object("charge", charge)?;
        let left = Self::unrefunded(&of);
        let amount = amount.unwrap_or(left);
        if of["status"] != "succeeded" || amount <= 0 || amount > left {
            return Err(Refusal::invalid("There is not so much to dispute."));
        }
        let id = self.name("du");
        let status = if is_inquiry {
            "warning_needs_response"
        } else {
            "needs_response"
        };
        let dispute = json!({
            "id": id, "object": "dispute", "amount": amount, "balance_transactions": [],
            "charge": charge, "created": self.now, "currency": of["currency"],
            "enhanced_eligibility_types": [], "evidence": { "enhanced_evidence": {} },
            "evidence_details": {
                "due_by": self.now + 7 * 24 * 60 * 60, "enhanced_eligibility": {},
                "has_evidence": false, "past_due": false, "submission_count": 0,
            },
            "is_charge_refundable": is_inquiry, "livemode": false, "metadata": {},
            "payment_intent": of["payment_intent"],
            "payment_method_details": { "card": {
                "brand": "visa", "case_type": if is_inquiry { "inquiry" } else { "chargeback" },
                "network": "visa", "network_reason_code": "83",
            }, "type": "card" },
            "reason": "fraudulent", "status": status,
        });
        self.add(dispute);
        self.set(charge, "disputed", true);
        self.set(charge, "refundable_while_disputed", is_inquiry);
        self.emit("charge.dispute.created", &id);
        if !is_inquiry {
            self.withdraw(&id);
        }
        Ok(self.read(&id).clone())
    }

    pub fn rule(&mut self, id: &str, ruling: Ruling) -> Answer {
        let dispute = self.object("dispute", id)?;
        let status = text(&dispute, "status");
        let is_inquiry = status.starts_with("warning_") && status != "warning_closed";
        let is_open = status == "needs_response" || status == "under_review";
        match ruling {
            Ruling::Withdraw if is_inquiry => {
                let charge = text(&dispute, "charge");
                self.set(id, "status", "needs_response");
                self.set(id, "is_charge_refundable", false);
                self.set(&charge, "refundable_while_disputed", false);
                self.withdraw(id);
            }
            Ruling::Won if is_open => {
                self.set(id, "status", "won");
                self.reinstate(id);
                self.emit("charge.dispute.closed", id);
            }
            Ruling::Lost if is_open => {
                self.set(id, "status", "lost");
                self.emit("charge.dispute.closed", id);
            }
            Ruling::Dropped if is_inquiry => {
                self.set(id, "status", "warning_closed");
                self.emit("charge.dispute.closed", id);
            }
            _ => return Err(Refusal::invalid("The dispute is past that.")),
        }
        Ok(self.read(id).clone())
    }

    fn withdraw(&mut self, id: &str) {
        let fee = self.terms.dispute_fee_cents;
        let amount = -number(self.read(id), "amount");
        self.move_for(id, "dispute", amount, fee);
        self.emit("charge.dispute.funds_withdrawn", id);
    }

    /// The fee comes back too.
    fn reinstate(&mut self, id: &str) {
        let fee = -self.terms.dispute_fee_cents;
        let amount = number(self.read(id), "amount");
        self.move_for(id, "dispute_reversal", amount, fee);
        self.emit("charge.dispute.funds_reinstated", id);
    }

    fn move_for(&mut self, id: &str, category: &'static str, amount: i64, fee: i64) {
        let currency = text(self.read(id), "currency");
        let moved = self.moved(&Movement {
            kind: "adjustment",
            category,
            source: id,
            currency: &currency,
            amount,
            fee,
        });
        let transaction = self.read(&moved).clone();
        if let Some(dispute) = self.objects.get_mut(id)
            && let Some(all) = dispute["balance_transactions"].as_array_mut()
        {
            all.push(transaction);
        }
    }

    /// Evidence is taken, and nobody reads it.
    pub(super) fn answer_dispute(&mut self, id: &str, form: &mut Form) -> Answer {
        let dispute = self.object("dispute", id)?;
        let evidence = form.metadata("evidence");
        let metadata = form.metadata("metadata");
        form.ignore("submit");
        form.finish()?;
        self.merge_metadata(id, &metadata);
        if dispute["status"] == "needs_response"
            && !evidence.as_object().is_none_or(serde_json::Map::is_empty)
        {
            self.set(id, "status", "under_review");
        }
        self.emit("charge.dispute.updated", id);
        Ok(self.read(id).clone())
    }

    /// Whoever closes a dispute gives it up.
    pub(super) fn close_dispute(&mut self, id: &str) -> Answer {
        self.rule(id, Ruling::Lost)
    }

    /// As it is sent: what the simulator notes for itself stays here.
    pub(super) fn shown(mut answer: Value) -> Value {
        hide(&mut answer);
        answer
    }
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("refundable_while_disputed");
            fields.values_mut().for_each(hide);
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        _ => {}
    }
}
