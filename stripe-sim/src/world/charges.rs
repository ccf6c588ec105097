//! Charges: what was taken from a card, or why nothing was.

use serde_json::{Value, json};

use super::balance::Movement;
use super::{World, nulls, number, text, with_nulls};

impl World {
    /// A charge for an intent; one that failed moves nothing.
    pub(super) fn make_charge(&mut self, intent: &str, failure: Option<&str>) -> String {
        let id = self.name("ch");
        let of = self.read(intent).clone();
        let amount = number(&of, "amount");
        let currency = text(&of, "currency");
        let is_paid = failure.is_none();
        let status = if is_paid { "succeeded" } else { "failed" };
        let outcome = if is_paid {
            "authorized"
        } else {
            "issuer_declined"
        };
        let object = json!({
            "id": id, "object": "charge", "amount": amount,
            "amount_captured": if is_paid { amount } else { 0 }, "amount_refunded": 0,
            "balance_transaction": null, "billing_details": {
                "address": null, "email": null, "name": null, "phone": null, "tax_id": null,
            },
            "calculated_statement_descriptor": "TRAINNET", "captured": is_paid,
            "created": self.now, "currency": currency,
            "description": of["description"], "disputed": false,
            "failure_code": failure,
            "failure_message": failure.map(|_| "Your card was declined."), "fraud_details": {},
            "livemode": false, "metadata": of["metadata"],
            "outcome": {
                "network_status": if is_paid { "approved_by_network" } else { "declined_by_network" },
                "reason": failure, "risk_level": "normal",
                "seller_message": "Simulated.", "type": outcome,
            },
            "paid": is_paid, "payment_intent": intent,
            "refunded": false,
            "status": status, "transfer_group": of["transfer_group"],
        });
        let object = with_nulls(object, nulls::OF_CHARGE);
        self.add(object);
        self.set(intent, "latest_charge", id.as_str());
        if is_paid {
            let fee = self.charge_fee(amount);
            let moved = self.moved(&Movement {
                kind: "charge",
                category: "charge",
                source: &id,
                currency: &currency,
                amount,
                fee,
            });
            self.set(&id, "balance_transaction", moved);
        }
        id
    }

    /// What of a charge can still go back: not what went back, nor what its bank took.
    pub(super) fn unrefunded(charge: &Value) -> i64 {
        number(charge, "amount_captured") - number(charge, "amount_refunded")
    }
}
