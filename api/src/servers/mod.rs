//! Machines over HTTP: how providers bring them, what they say of themselves, and who may see it.

mod caller;
mod change;
mod enrol;
mod heartbeat;
mod list;
mod owned;
mod problems;
mod recent;
mod ring;
mod said;
mod secret;
mod shown;
mod tokens;
mod verification;

use std::sync::Arc;

use axum::http::request::Parts;
use chrono::{DateTime, TimeDelta, Utc};
use domain::servers::{HourlyPrice, JoinToken, Machine, MachineId};
use projections::servers;
use store::{Commands, Log};

use crate::api::Routes;
use crate::problem::ApiError;
use crate::settings::Settings;
use crate::users::{Users, unread};
use recent::Recent;
use ring::Ring;

pub use caller::MachineCaller;

/// What is known of machines and what they are recognised by; clones share it.
#[derive(Clone)]
pub struct Servers(Arc<Inner>);

struct Inner {
    users: Users,
    machines: Commands<Machine>,
    tokens: Commands<JoinToken>,
    ring: Ring,
    recent: Recent,
    token_lasts: TimeDelta,
    hourly: HourlyPrice,
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Servers")
    }
}

impl Servers {
    pub fn new(log: &Log, users: &Users, settings: &Settings) -> Self {
        Self(Arc::new(Inner {
            users: users.clone(),
            machines: Commands::new(log.clone()),
            tokens: Commands::new(log.clone()),
            ring: Ring::new(users.key_for("trainnet.machine.ring.v1")),
            recent: Recent::default(),
            token_lasts: settings.join_token_lasts,
            hourly: settings.machine_price,
        }))
    }

    /// Its own routes; they stand within the [`Product`](crate::Product).
    pub fn routes() -> Routes {
        Routes::new()
            .merge(tokens::routes())
            .merge(enrol::routes())
            .merge(heartbeat::routes())
            .merge(list::routes())
            .merge(change::routes())
            .merge(secret::routes())
            .merge(Users::noting(verification::routes()))
    }

    /// Forgets how busy machines were long ago; says how much that was.
    pub async fn tidy(&self) -> Result<u64, sqlx::Error> {
        let then = self.now() - servers::LOADS_KEPT;
        servers::forget_before(self.0.machines.log().pool(), then).await
    }

    fn of(parts: &Parts) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| ApiError::internal("the route does not stand within the servers"))
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.machines.log().clock().now()
    }

    fn hourly(&self) -> HourlyPrice {
        self.0.hourly
    }

    fn users(&self) -> &Users {
        &self.0.users
    }

    fn machines(&self) -> &Commands<Machine> {
        &self.0.machines
    }

    fn tokens(&self) -> &Commands<JoinToken> {
        &self.0.tokens
    }

    fn ring(&self) -> &Ring {
        &self.0.ring
    }

    fn recent(&self) -> &Recent {
        &self.0.recent
    }

    /// The machine as of this moment.
    pub async fn machine(&self, id: MachineId) -> Result<Machine, ApiError> {
        let looked = self.0.machines.look(&id.to_string()).await;
        looked.map_err(unread)
    }
}

/// Under which name the vault keeps, beside its provider, what a machine is called.
fn name_field(machine: MachineId) -> String {
    format!("machine/{machine}")
}
