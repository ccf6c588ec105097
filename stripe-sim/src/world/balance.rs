//! Money at Stripe: every movement with its fee, and what they sum to.

use serde_json::{Value, json};

use super::{World, number};

/// What moves money.
pub struct Movement<'a> {
    pub kind: &'static str,
    pub category: &'static str,
    pub source: &'a str,
    pub currency: &'a str,
    pub amount: i64,
    pub fee: i64,
}

impl World {
    /// Writes down a movement, and says under which name.
    pub(super) fn moved(&mut self, movement: &Movement<'_>) -> String {
        let id = self.name("txn");
        let Movement {
            kind,
            category,
            source,
            currency,
            amount,
            fee,
        } = movement;
        let settles = if *kind == "charge" {
            self.terms.settles_after_seconds
        } else {
            0
        };
        let fee_details = if *fee == 0 {
            json!([])
        } else {
            json!([{
                "amount": fee, "application": null, "currency": currency,
                "description": "Stripe processing fees", "type": "stripe_fee",
            }])
        };
        let transaction = json!({
            "id": id, "object": "balance_transaction", "amount": amount,
            "available_on": self.now + settles, "balance_type": "payments", "created": self.now,
            "currency": currency, "description": null, "exchange_rate": null, "fee": fee,
            "fee_details": fee_details, "net": amount - fee, "reporting_category": category,
            "source": source, "status": "pending", "type": kind,
        });
        self.add(transaction)
    }

    /// Stripe's share of a charge, to the nearest cent.
    pub(super) fn charge_fee(&self, cents: i64) -> i64 {
        let share = (cents * self.terms.fee_basis_points + 5_000) / 10_000;
        share + self.terms.fee_cents
    }

    /// What can be spent, and what will be.
    pub fn funds(&self, currency: &str) -> (i64, i64) {
        let all = self.of_kind("balance_transaction");
        let of_currency = all.filter(|it| it["currency"] == currency);
        of_currency.fold((0, 0), |(available, pending), it| {
            let net = number(it, "net");
            if number(it, "available_on") <= self.now {
                (available + net, pending)
            } else {
                (available, pending + net)
            }
        })
    }

    pub(super) fn balance(&self) -> Value {
        let (available, pending) = self.funds("usd");
        let of = |amount: i64| json!([{ "amount": amount, "currency": "usd", "source_types": { "card": amount } }]);
        json!({
            "object": "balance", "available": of(available), "pending": of(pending),
            "livemode": false, "refund_and_dispute_prefunding": null,
        })
    }

    /// A movement's status follows from the time at which it is looked at.
    pub(super) fn settle_transactions(&mut self) {
        let now = self.now;
        let transactions = self.objects.values_mut();
        for it in transactions.filter(|it| it["object"] == "balance_transaction") {
            if it["status"] == "pending" && number(it, "available_on") <= now {
                it["status"] = json!("available");
            }
        }
    }
}
