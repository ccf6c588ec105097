//! Which machine asks: one that shows its secret. Without it, 401.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::servers::{MachineId, Member};
use domain::users::{Role, Standing, UserId};

use super::Servers;
use super::problems::NOT_A_PROVIDER;
use crate::problem::{ApiError, kinds};
use crate::users::{BLOCKED, bearer, digest};

/// A machine that may ask, as it stood within the last second.
#[derive(Clone, Debug)]
pub struct MachineCaller(pub Arc<Member>);

impl MachineCaller {
    pub fn machine(&self) -> MachineId {
        self.0.machine
    }

    pub fn provider(&self) -> UserId {
        self.0.provider
    }

    /// As it stands in events.
    pub fn actor(&self) -> String {
        self.0.machine.to_string()
    }
}

impl<S: Sync> FromRequestParts<S> for MachineCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let servers = Servers::of(parts)?;
        servers.recognise(bearer(parts)?).await.map(Self)
    }
}

impl Servers {
    async fn recognise(&self, secret: &str) -> Result<Arc<Member>, ApiError> {
        let stranger =
            || ApiError::new(&kinds::UNAUTHENTICATED).detail("The machine is not known.");
        let (machine, generation) = self.ring().open_secret(secret).ok_or_else(stranger)?;
        let member = self.present(machine).await?.ok_or_else(stranger)?;
        // A digest of what nobody can guess may be compared as it comes.
        if member.generation != generation || member.secret != digest(secret) {
            return Err(stranger());
        }
        Ok(member)
    }

    /// The machine, if there is one and its provider may have one.
    async fn present(&self, machine: MachineId) -> Result<Option<Arc<Member>>, ApiError> {
        let now = self.now();
        if let Some(member) = self.recent().get(machine, now) {
            return Ok(Some(member));
        }
        let state = self.machine(machine).await?;
        let Some(member) = state.member() else {
            return Ok(None);
        };
        let provider = self.users().user(member.provider).await?;
        let Some(standing) = provider.standing() else {
            return Ok(None);
        };
        may_provide(standing)?;
        let member = Arc::new(member.clone());
        self.recent().put(Arc::clone(&member), now);
        Ok(Some(member))
    }
}

/// Whether this user's machines may work.
pub fn may_provide(standing: &Standing) -> Result<(), ApiError> {
    if standing.blocked {
        return Err(ApiError::new(&BLOCKED));
    }
    if standing.roles.contains(&Role::Provider) {
        Ok(())
    } else {
        Err(ApiError::new(&NOT_A_PROVIDER).detail("Become one with POST /v1/me/provider."))
    }
}
