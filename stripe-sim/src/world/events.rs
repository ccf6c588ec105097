//! What happened, as it is told to whoever listens.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, World, text};
use crate::form::Form;
use crate::refusal::Refusal;

/// The version of the contract that answers and events keep to.
pub const API_VERSION: &str = "2026-09-30.endive";

/// Somebody who listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub url: String,
    pub secret: String,
}

/// A webhook that is to be sent, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub event: String,
    pub endpoint: Endpoint,
    pub attempts: u32,
    /// In milliseconds since 1970; not before.
    pub due_at: i64,
}

impl World {
    /// Tells of an object as it is now.
    pub(super) fn emit(&mut self, kind: &str, object: &str) {
        let id = self.name("evt");
        let event = json!({
            "id": id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": { "object": self.read(object) },
            "livemode": false,
            "pending_webhooks": self.endpoints.len(),
            "request": { "id": null, "idempotency_key": null },
            "type": kind,
        });
        let id = self.add(event);
        self.announce(&id);
    }

    fn announce(&mut self, event: &str) {
        if self.switches.drop > 0 && !self.endpoints.is_empty() {
            self.switches.drop -= 1;
            return;
        }
        let delay = i64::try_from(self.switches.delay_milliseconds).unwrap_or(i64::MAX);
        let due_at = (self.now * 1_000).saturating_add(delay);
        for endpoint in self.endpoints.clone() {
            for _ in 0..=self.switches.duplicate {
                self.deliveries.push_back(Delivery {
                    event: event.to_owned(),
                    endpoint: endpoint.clone(),
                    attempts: 0,
                    due_at,
                });
            }
        }
    }

    /// An event as it is sent.
    pub fn event(&self, id: &str) -> Value {
        self.read(id).clone()
    }

    /// Every event so far, the oldest first, as its name and type.
    pub fn events(&self) -> Vec<(String, String)> {
        let newest_first = self.of_kind("event");
        let mut events: Vec<_> = newest_first
            .map(|it| (text(it, "id"), text(it, "type")))
            .collect();
        events.reverse();
        events
    }

    /// Sends an event once more, whether it was sent or not.
    pub fn announce_again(&mut self, event: &str) -> Result<(), Refusal> {
        self.object("event", event)?;
        self.announce(event);
        Ok(())
    }

    pub(super) fn create_endpoint(&mut self, form: &mut Form) -> Answer {
        let url = form.needed("url")?;
        let events = form.list("enabled_events");
        form.ignore("description");
        form.ignore("api_version");
        form.ignore("metadata");
        form.finish()?;
        let (id, secret) = (self.name("we"), self.name("whsec"));
        let endpoint = Endpoint {
            url: url.clone(),
            secret: secret.clone(),
        };
        self.endpoints.push(endpoint);
        let object = json!({
            "id": id, "object": "webhook_endpoint", "api_version": API_VERSION,
            "application": null, "created": self.now, "description": null,
            "enabled_events": events, "livemode": false, "metadata": {}, "status": "enabled",
            "url": url,
        });
        self.add(object.clone());
        let mut shown = object;
        // It is shown this once.
        shown["secret"] = json!(secret);
        Ok(shown)
    }

    pub(super) fn delete_endpoint(&mut self, id: &str) -> Answer {
        let url = text(&self.object("webhook_endpoint", id)?, "url");
        self.endpoints.retain(|endpoint| endpoint.url != url);
        self.objects.remove(id);
        self.order.retain(|known| known != id);
        Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
    }
}
