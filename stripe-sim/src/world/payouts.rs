//! Payouts: what leaves for a bank account, and what comes back from one.

use serde_json::{Value, json};

use super::balance::Movement;
use super::intents::judged;
use super::{Answer, World, number, text};
use crate::form::Form;
use crate::refusal::Refusal;

impl World {
    pub(super) fn create_payout(&mut self, form: &mut Form) -> Answer {
        let amount = form
            .integer("amount")?
            .ok_or_else(|| Refusal::missing("amount"))?;
        let amount = judged(amount)?;
        let currency = form.needed("currency")?.to_lowercase();
        let method = form.text("method").unwrap_or_else(|| "standard".to_owned());
        let description = form.text("description");
        let metadata = form.metadata("metadata");
        form.ignore("destination");
        form.ignore("statement_descriptor");
        form.finish()?;
        self.afford(amount, &currency)?;
        let id = self.name("po");
        let payout = json!({
            "id": id, "object": "payout", "amount": amount, "application_fee": null,
            "application_fee_amount": null, "arrival_date": self.now + 2 * 24 * 60 * 60,
            "automatic": false, "balance_transaction": null, "created": self.now,
            "currency": currency, "description": description, "destination": null,
            "failure_balance_transaction": null, "failure_code": null, "failure_message": null,
            "livemode": false, "metadata": metadata, "method": method, "original_payout": null,
            "payout_method": null, "reconciliation_status": "not_applicable",
            "reversed_by": null, "source_type": "card", "statement_descriptor": null,
            "status": "pending", "trace_id": null, "type": "bank_account",
        });
        self.add(payout);
        let moved = self.moved(&Movement {
            kind: "payout",
            category: "payout",
            source: &id,
            currency: &currency,
            amount: -amount,
            fee: 0,
        });
        self.set(&id, "balance_transaction", moved);
        self.emit("payout.created", &id);
        Ok(self.read(&id).clone())
    }

    /// Nobody can send what they do not have.
    pub(super) fn afford(&self, amount: i64, currency: &str) -> Result<(), Refusal> {
        if self.funds(currency).0 >= amount {
            return Ok(());
        }
        Err(Refusal::invalid(
            "You have insufficient funds in your Stripe account for this transfer.",
        )
        .code("balance_insufficient"))
    }

    /// The bank took it, or sent it back.
    pub fn end_payout(&mut self, id: &str, arrives: bool) -> Answer {
        let payout = self.object("payout", id)?;
        let status = text(&payout, "status");
        if arrives && status == "pending" {
            self.set(id, "status", "paid");
            self.emit("payout.paid", id);
        } else if !arrives && (status == "pending" || status == "paid") {
            self.return_payout(id, &payout, "payout_failure");
            self.set(id, "status", "failed");
            self.set(id, "failure_code", "account_closed");
            self.set(id, "failure_message", "The bank account has been closed.");
            self.emit("payout.failed", id);
        } else {
            return Err(Refusal::invalid("The payout is past that."));
        }
        Ok(self.read(id).clone())
    }

    pub(super) fn cancel_payout(&mut self, id: &str) -> Answer {
        let payout = self.object("payout", id)?;
        if payout["status"] != "pending" {
            return Err(Refusal::invalid(
                "Payouts can only be canceled while they are pending.",
            ));
        }
        self.return_payout(id, &payout, "payout_cancel");
        self.set(id, "status", "canceled");
        self.emit("payout.canceled", id);
        Ok(self.read(id).clone())
    }

    fn return_payout(&mut self, id: &str, payout: &Value, kind: &'static str) {
        let moved = self.moved(&Movement {
            kind,
            category: "payout_reversal",
            source: id,
            currency: &text(payout, "currency"),
            amount: number(payout, "amount"),
            fee: 0,
        });
        self.set(id, "failure_balance_transaction", moved);
    }
}
