//! Transfers to connected accounts, and what is taken back of them.

use serde_json::{Value, json};

use super::balance::Movement;
use super::{Answer, World, empty_list, number, text};
use crate::form::Form;
use crate::refusal::Refusal;

impl World {
    pub(super) fn create_transfer(&mut self, form: &mut Form) -> Answer {
        let amount = form
            .integer("amount")?
            .ok_or_else(|| Refusal::missing("amount"))?;
        let currency = form.needed("currency")?.to_lowercase();
        let destination = form.needed("destination")?;
        let (description, group) = (form.text("description"), form.text("transfer_group"));
        let source = form.text("source_transaction");
        let metadata = form.metadata("metadata");
        form.finish()?;
        if amount <= 0 {
            return Err(Refusal::invalid("Invalid positive integer").param("amount"));
        }
        match &source {
            // Out of a charge that has not settled, at most what that charge brings.
            Some(charge) => {
                let charge = self.object("charge", charge)?;
                if amount > number(&charge, "amount") {
                    return Err(Refusal::invalid("The charge is smaller.").param("amount"));
                }
            }
            None => self.afford(amount, &currency)?,
        }
        let id = self.name("tr");
        let transfer = json!({
            "id": id, "object": "transfer", "amount": amount, "amount_reversed": 0,
            "balance_transaction": null, "created": self.now, "currency": currency,
            "description": description, "destination": destination,
            "destination_payment": null, "livemode": false, "metadata": metadata,
            "reversals": empty_list(&format!("/v1/transfers/{id}/reversals")),
            "reversed": false, "source_transaction": source, "source_type": "card",
            "transfer_group": group,
        });
        self.add(transfer);
        let moved = self.moved(&Movement {
            kind: "transfer",
            category: "transfer",
            source: &id,
            currency: &currency,
            amount: -amount,
            fee: 0,
        });
        self.set(&id, "balance_transaction", moved);
        self.emit("transfer.created", &id);
        Ok(self.read(&id).clone())
    }

    pub(super) fn reverse_transfer(&mut self, id: &str, form: &mut Form) -> Answer {
        let transfer = self.object("transfer", id)?;
        let left = number(&transfer, "amount") - number(&transfer, "amount_reversed");
        let amount = form.integer("amount")?.unwrap_or(left);
        let metadata = form.metadata("metadata");
        form.ignore("description");
        form.ignore("refund_application_fee");
        form.finish()?;
        if amount <= 0 || amount > left {
            let message =
                format!("Reversal amount ({amount}) is greater than what is left ({left})");
            return Err(Refusal::invalid(message).param("amount"));
        }
        let reversal_id = self.name("trr");
        let moved = self.moved(&Movement {
            kind: "transfer_refund",
            category: "transfer_reversal",
            source: &reversal_id,
            currency: &text(&transfer, "currency"),
            amount,
            fee: 0,
        });
        let reversal = json!({
            "id": reversal_id, "object": "transfer_reversal", "amount": amount,
            "balance_transaction": moved, "created": self.now,
            "currency": transfer["currency"], "destination_payment_refund": null,
            "metadata": metadata, "source_refund": null, "transfer": id,
        });
        self.add(reversal.clone());
        let reversed = number(&transfer, "amount_reversed") + amount;
        self.set(id, "amount_reversed", reversed);
        self.set(id, "reversed", amount == left);
        if let Some(all) = self
            .objects
            .get_mut(id)
            .and_then(|it| it["reversals"]["data"].as_array_mut())
        {
            all.insert(0, reversal.clone());
        }
        self.emit("transfer.reversed", id);
        Ok(reversal)
    }

    /// The account itself, as far as anybody asks about it.
    pub(super) fn account() -> Value {
        json!({
            "id": "acct_simulated", "object": "account", "business_type": "company",
            "capabilities": {}, "charges_enabled": true, "country": "US",
            "default_currency": "usd", "details_submitted": true, "payouts_enabled": true,
            "type": "standard",
        })
    }
}
