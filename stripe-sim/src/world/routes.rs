//! Which request means what.

use axum::http::Method;

use super::lists::Wanted;
use super::{Answer, World};
use crate::form::Form;
use crate::refusal::Refusal;

impl World {
    /// Answers a request to `/v1/…`, with everything in the answer that was asked to be in it.
    pub fn answer(&mut self, method: &Method, path: &str, form: &mut Form) -> Answer {
        let expand = form.list("expand");
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let mut answer = if *method == Method::GET {
            self.show(&parts, form)
        } else if *method == Method::POST {
            self.change(&parts, form)
        } else if *method == Method::DELETE {
            match parts[..] {
                ["webhook_endpoints", id] => self.delete_endpoint(id),
                _ => Err(no_route(method, path)),
            }
        } else {
            Err(no_route(method, path))
        }?;
        for property in expand {
            self.expand(&mut answer, &property)?;
        }
        Ok(Self::shown(answer))
    }

    fn show(&self, parts: &[&str], form: &mut Form) -> Answer {
        let one = |kind: &str, id: &str, form: &mut Form| {
            form.finish()?;
            self.object(kind, id)
        };
        match *parts {
            ["account"] => Ok(Self::account()),
            ["balance"] => Ok(self.balance()),
            ["checkout", "sessions", id] => one("checkout.session", id, form),
            ["checkout", "sessions", id, "line_items"] => self.session_lines(id),
            ["payment_intents", id] => one("payment_intent", id, form),
            ["charges", id] => one("charge", id, form),
            ["refunds", id] => one("refund", id, form),
            ["disputes", id] => one("dispute", id, form),
            ["balance_transactions", id] => one("balance_transaction", id, form),
            ["payouts", id] => one("payout", id, form),
            ["transfers", id] => one("transfer", id, form),
            ["transfers", id, "reversals"] => {
                let url = format!("/v1/transfers/{id}/reversals");
                let wanted = Wanted::of("transfer_reversal", url).with("transfer", id);
                self.list(&wanted, form)
            }
            ["transfers", _, "reversals", id] => one("transfer_reversal", id, form),
            ["events", id] => one("event", id, form),
            ["webhook_endpoints", id] => one("webhook_endpoint", id, form),
            _ => self.show_list(parts, form),
        }
    }

    fn show_list(&self, parts: &[&str], form: &mut Form) -> Answer {
        let path = parts.join("/");
        let url = format!("/v1/{path}");
        let of = |kind| Wanted::of(kind, url.clone());
        let wanted = match path.as_str() {
            "checkout/sessions" => {
                of("checkout.session").by(form, &["payment_intent", "status", "customer"])
            }
            "payment_intents" => of("payment_intent").by(form, &["customer"]),
            "charges" => of("charge").by(form, &["payment_intent", "transfer_group", "customer"]),
            "refunds" => of("refund").by(form, &["charge", "payment_intent"]),
            "disputes" => of("dispute").by(form, &["charge", "payment_intent"]),
            "balance_transactions" => {
                of("balance_transaction").by(form, &["type", "source", "currency"])
            }
            "payouts" => of("payout").by(form, &["status"]),
            "transfers" => of("transfer").by(form, &["destination", "transfer_group"]),
            "webhook_endpoints" => of("webhook_endpoint"),
            "events" => {
                let mut types = form.list("types");
                types.extend(form.text("type"));
                form.ignore("delivery_success");
                of("event").of_types(types)
            }
            _ => return Err(no_route(&Method::GET, &path)),
        };
        self.list(&wanted, form)
    }

    fn change(&mut self, parts: &[&str], form: &mut Form) -> Answer {
        match *parts {
            ["checkout", "sessions"] => self.create_session(form),
            ["checkout", "sessions", id, "expire"] => self.expire_session(id),
            ["checkout", "sessions", id] => self.relabel("checkout.session", id, form),
            ["payment_intents"] => self.create_intent(form),
            ["payment_intents", id, "confirm"] => self.confirm_intent(id, form),
            ["payment_intents", id, "cancel"] => self.cancel_intent(id, form),
            ["payment_intents", id] => self.relabel("payment_intent", id, form),
            ["charges", id] => self.relabel("charge", id, form),
            ["refunds"] => self.create_refund(form),
            ["refunds", id, "cancel"] => self.cancel_refund(id),
            ["refunds", id] => self.relabel("refund", id, form),
            ["disputes", id, "close"] => self.close_dispute(id),
            ["disputes", id] => self.answer_dispute(id, form),
            ["payouts"] => self.create_payout(form),
            ["payouts", id, "cancel"] => self.cancel_payout(id),
            ["payouts", id] => self.relabel("payout", id, form),
            ["transfers"] => self.create_transfer(form),
            ["transfers", id, "reversals"] => self.reverse_transfer(id, form),
            ["transfers", id] => self.relabel("transfer", id, form),
            ["webhook_endpoints"] => self.create_endpoint(form),
            _ => Err(no_route(&Method::POST, &parts.join("/"))),
        }
    }

    /// Changes what anybody may write on an object.
    fn relabel(&mut self, kind: &str, id: &str, form: &mut Form) -> Answer {
        self.object(kind, id)?;
        let metadata = form.metadata("metadata");
        let description = form.text("description");
        form.finish()?;
        self.merge_metadata(id, &metadata);
        if let Some(description) = description {
            self.set(id, "description", description);
        }
        self.object(kind, id)
    }
}

fn no_route(method: &Method, path: &str) -> Refusal {
    Refusal::no_route(
        method.as_str(),
        &format!("/v1/{}", path.trim_start_matches('/')),
    )
}
