//! All slices together, each standing on those before it: what every program that serves wires.

use ::objects::{Settings as ObjectSettings, Shelf};
use axum::Extension;
use store::Log;
use tower::ServiceBuilder;

use crate::api::{self, Routes};
use crate::jobs::Jobs;
use crate::objects::Objects;
use crate::openai;
use crate::outbox;
use crate::payments::Payments;
use crate::servers::Servers;
use crate::settings::Settings;
use crate::users::{Browsers, Users};
use crate::work::Work;

/// Everything that can be asked, and what it stands on; clones share it.
#[derive(Clone, Debug)]
pub struct Product {
    pub users: Users,
    pub servers: Servers,
    pub objects: Objects,
    pub payments: Payments,
    pub work: Work,
    pub jobs: Jobs,
    browsers: Browsers,
}

/// What the product is given from outside.
pub struct Outside {
    /// Where this program is found, such as `https://trainnet.example`.
    pub base: String,
    pub shelf: Shelf,
    pub kept: ObjectSettings,
    /// Nothing where nobody can pay by card.
    pub webhook_secret: Option<String>,
}

impl Product {
    pub fn new(log: &Log, users: Users, settings: &Settings, outside: Outside) -> Self {
        let Outside {
            base,
            shelf,
            kept,
            webhook_secret,
        } = outside;
        let browsers = Browsers::new(&users, &base, settings.tls.is_some());
        let servers = Servers::new(log, &users, settings);
        let objects = Objects::new(log, &users, shelf, kept, base);
        let payments = Payments::new(log, webhook_secret);
        let work = Work::new(log, &objects);
        let receipt_key = users.key_for("trainnet.receipt.key.v1");
        let jobs = Jobs::new(log, payments.clone(), receipt_key);
        Self {
            users,
            servers,
            objects,
            payments,
            work,
            jobs,
            browsers,
        }
    }

    /// All routes, and `more` that stand among them.
    pub fn routes(&self, more: Routes) -> Routes {
        // As one layer: each of its own would be one more box around every request.
        let slices = ServiceBuilder::new()
            .layer(Extension(self.browsers.clone()))
            .layer(Extension(self.jobs.clone()))
            .layer(Extension(self.objects.clone()))
            .layer(Extension(self.users.clone()))
            .layer(Extension(self.servers.clone()))
            .layer(Extension(self.work.clone()))
            .layer(Extension(self.payments.clone()));
        Self::but_payments()
            .merge(Payments::routes())
            .merge(more)
            .layer(slices)
    }

    fn but_payments() -> Routes {
        Users::routes()
            .merge(Servers::routes())
            .merge(Objects::routes())
            .merge(Work::routes())
            .merge(Jobs::routes())
            .merge(openai::routes())
    }

    /// What all of it can be asked, with what a server in development shows besides: the same that
    /// its `/openapi.json` says, without a server.
    pub fn document() -> Vec<u8> {
        let routes = api::guarded(Self::but_payments().merge(Payments::routes()));
        let mut described = routes.into_openapi();
        described.merge(outbox::described());
        serde_json::to_vec(&api::document(described)).expect("the document is made of strings")
    }
}
