//! What may be asked of an API key, and why it may be refused.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::events::Created;
use crate::users::ids::UserId;

#[derive(Clone, Debug)]
pub enum ApiKeyCommand {
    Create(Created),
    Revoke { by: UserId, at: DateTime<Utc> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ApiKeyError {
    #[error("the key has not been created")]
    NotCreated,
    #[error("the key was created with other contents")]
    CreatedOtherwise,
    #[error("the key was revoked")]
    Revoked,
    #[error("the key would expire before it is created")]
    ExpiresInThePast,
    #[error("a key that allows no requests is of no use")]
    NoRequests,
}
