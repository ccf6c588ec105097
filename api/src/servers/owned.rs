//! Something that belongs to whoever asks: to everybody else it is not there.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::servers::{JoinTokenId, MachineId};
use domain::users::Scope;

use super::Servers;
use crate::parameters::Path;
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, unread};

/// The machine that the path names, of a caller who may change it; it may be retired.
#[derive(Clone, Debug)]
pub struct OwnMachine {
    pub caller: Caller,
    pub machine: MachineId,
}

/// The join token that the path names, of a caller who may change it.
#[derive(Clone, Debug)]
pub struct OwnToken {
    pub caller: Caller,
    pub token: JoinTokenId,
}

fn nothing() -> ApiError {
    ApiError::new(&kinds::NOT_FOUND)
}

impl<S: Send + Sync> FromRequestParts<S> for OwnMachine {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let servers = Servers::of(parts)?;
        let caller = Caller::from_request_parts(parts, state).await?;
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        let machine: MachineId = text.parse().map_err(|_| nothing())?;
        if servers.machine(machine).await?.provider() != Some(caller.user()) {
            return Err(nothing());
        }
        caller.insist(Scope::ServersWrite)?;
        Ok(Self { caller, machine })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OwnToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let servers = Servers::of(parts)?;
        let caller = Caller::from_request_parts(parts, state).await?;
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        let token: JoinTokenId = text.parse().map_err(|_| nothing())?;
        let state = servers.tokens().look(&text).await.map_err(unread)?;
        if state.made().map(|made| made.provider) != Some(caller.user()) {
            return Err(nothing());
        }
        caller.insist(Scope::ServersWrite)?;
        Ok(Self { caller, token })
    }
}
