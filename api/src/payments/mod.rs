//! Paying by card and what is in a wallet: topping up, giving back, looking, and being told.

mod explain;
mod give_back;
mod list;
mod open;
mod problems;
mod statement;
mod top_ups;
mod wallet;
mod webhook;

use std::sync::Arc;

use axum::Extension;
use domain::payments::{Payment, PaymentId};
use store::{Commands, Log};

use crate::api::Routes;
use crate::problem::ApiError;

pub use open::{Opened, Order};

/// Opens payments and listens to what becomes of them; clones share it.
#[derive(Clone)]
pub struct Payments(Arc<Inner>);

struct Inner {
    commands: Commands<Payment>,
    /// What the processor signs its webhooks with; without it no card can be charged.
    webhook_secret: Option<String>,
}

impl std::fmt::Debug for Payments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Payments")
    }
}

impl Payments {
    /// Without a secret nobody can pay by card, and everything else is there.
    pub fn new(log: &Log, webhook_secret: Option<String>) -> Self {
        Self(Arc::new(Inner {
            commands: Commands::new(log.clone()),
            webhook_secret,
        }))
    }

    /// Its own routes; they stand within the users, who know who asks.
    /// Its own routes; they stand within [`Payments::around`].
    pub fn routes() -> Routes {
        Routes::new()
            .merge(top_ups::routes())
            .merge(wallet::routes())
            .merge(statement::routes())
            .merge(explain::routes())
            .merge(list::routes())
            .merge(give_back::routes())
            .merge(webhook::routes())
    }

    /// Puts itself where these routes look for it.
    pub fn around(&self, slices: Routes) -> Routes {
        slices.layer(Extension(self.clone()))
    }

    fn commands(&self) -> &Commands<Payment> {
        &self.0.commands
    }

    fn webhook_secret(&self) -> Option<&str> {
        self.0.webhook_secret.as_deref()
    }

    /// The payment as of this moment.
    pub async fn look(&self, payment: PaymentId) -> Result<Payment, ApiError> {
        let found = self.commands().look(&payment.to_string()).await;
        found.map_err(|error| match error {
            store::StoreError::Answer(error) => error.into(),
            other => ApiError::internal(other),
        })
    }
}
