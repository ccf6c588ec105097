//! All slices together, each standing on those before it: what every program that serves wires.

use ::objects::{Settings as ObjectSettings, Shelf};
use axum::Extension;
use store::Log;

use crate::api::Routes;
use crate::jobs::Jobs;
use crate::objects::Objects;
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
        let routes = Users::routes()
            .merge(Servers::routes())
            .merge(Objects::routes())
            .merge(self.payments.routes())
            .merge(Work::routes())
            .merge(Jobs::routes())
            .merge(more);
        let routes = self.work.around(routes);
        let routes = self.users.around(self.servers.around(routes));
        self.jobs
            .around(self.objects.around(routes))
            .layer(Extension(self.browsers.clone()))
    }
}
