//! People and their access: registering, signing in, keys, and what staff decide about them.

mod address;
mod admin;
mod attempts;
mod audit;
mod browsers;
mod caller;
mod changed;
mod confirm;
mod email;
mod erase;
mod field;
mod keys;
mod kyc;
mod me;
mod noted;
mod password;
mod passwords;
mod place;
mod problems;
mod provider;
mod recover;
mod refresh;
mod register;
mod second_factor;
mod secrets;
mod services;
mod sessions;
mod sign_in;
mod staff;
mod tidy;
mod tokens;
mod totp;
mod uses;
mod web_session;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::http::request::Parts;
use axum::middleware::from_fn;
use chrono::{DateTime, Utc};
use domain::users::{
    Address, ApiKey, ApiKeyId, ChallengeKey, Kyc, Session, SessionId, User, UserId,
};
use store::{Commands, Log, StoreError, Vault, VaultError};
use utoipa_axum::router::OpenApiRouter;

use crate::api::Routes;
use crate::mails;
use crate::openapi::insist_on_one_of;
use crate::problem::ApiError;
use attempts::Attempts;
use email::Email;
use keys::KeyRing;
use passwords::Passwords;
use place::Place;
use tokens::Tokens;
use uses::Uses;

pub use admin::NotMade;
pub(crate) use browsers::{Browsers, CSRF_HEADER, Cookie};
pub use caller::{Admin, Auditor, By, Caller, Signed};
pub(crate) use caller::{Examiner, bearer};
pub(crate) use changed::Changed;
pub use place::Binding;
pub(crate) use problems::{BLOCKED, KYC_NOT_YOURS, sentence};
pub(crate) use secrets::mac;
pub use secrets::{NoSecrets, Secrets};
pub(crate) use sign_in::rfc3339;
pub(crate) use staff::Because;
pub(crate) use staff::identity as user_id;
pub use tidy::Tidied;
pub(crate) use tokens::digest;

/// What is known of people and what they are recognised by; clones share it.
#[derive(Clone)]
pub struct Users(Arc<Inner>);

struct Inner {
    users: Commands<User>,
    sessions: Commands<Session>,
    keys: Commands<ApiKey>,
    examinations: Commands<Kyc>,
    vault: Vault,
    secrets: Secrets,
    challenges: ChallengeKey,
    device_key: [u8; 32],
    tokens: Tokens,
    passwords: Passwords,
    attempts: Attempts,
    key_ring: KeyRing,
    uses: Uses,
    binding: Binding,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Users")
    }
}

impl Users {
    /// With so many passwords being hashed at once.
    pub fn new(log: &Log, secrets: Secrets, binding: Binding, hashes_at_once: usize) -> Self {
        let (current, earlier) = secrets.master_keys();
        let pool = log.pool().clone();
        Self(Arc::new(Inner {
            users: Commands::new(log.clone()),
            sessions: Commands::new(log.clone()),
            keys: Commands::new(log.clone()),
            examinations: Commands::new(log.clone()),
            vault: Vault::new(pool.clone(), current, earlier),
            challenges: secrets.challenge_key(),
            device_key: secrets.key("trainnet.device.key.v1"),
            tokens: Tokens::new(&secrets),
            passwords: Passwords::new(hashes_at_once),
            attempts: Attempts::new(pool.clone(), secrets.key("trainnet.attempt.key.v1")),
            key_ring: KeyRing::new(secrets.key("trainnet.key.ring.v1")),
            uses: Uses::new(pool),
            secrets,
            binding,
        }))
    }

    /// Puts itself where [`Caller`] looks for it, so that the routes of every slice know who asks.
    pub fn around(&self, slices: Routes) -> Routes {
        slices.layer(Extension(self.clone()))
    }

    /// Keeps from where whatever these routes do to accounts was asked; within [`Users::around`].
    pub(crate) fn noting(slices: Routes) -> Routes {
        slices.layer(from_fn(noted::note))
    }

    /// Its own routes; they stand within [`Users::around`].
    pub fn routes() -> Routes {
        let mut routes = OpenApiRouter::new()
            .merge(register::routes())
            .merge(confirm::routes())
            .merge(sign_in::routes())
            .merge(refresh::routes())
            .merge(sessions::routes())
            .merge(web_session::routes())
            .merge(recover::routes())
            .merge(me::routes())
            .merge(erase::routes())
            .merge(provider::routes())
            .merge(password::routes())
            .merge(address::routes())
            .merge(second_factor::routes())
            .merge(keys::routes())
            .merge(staff::routes())
            .merge(services::routes())
            .merge(audit::routes())
            .merge(kyc::routes())
            .merge(mails::routes());
        routes = Self::noting(routes);
        for name in ["Answer", "NewPassword"] {
            let document = routes.get_openapi_mut();
            insist_on_one_of(document, name, &[&["link"], &["email", "code"]]);
        }
        routes
    }

    fn of(parts: &Parts) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| ApiError::internal("the route does not stand within the users"))
    }

    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub fn challenge_key(&self) -> &ChallengeKey {
        &self.0.challenges
    }

    /// A key of this installation for one purpose of another slice.
    pub(crate) fn key_for(&self, purpose: &'static str) -> [u8; 32] {
        self.0.secrets.key(purpose)
    }

    /// Under which links to files are signed.
    pub(crate) fn files_key(&self) -> [u8; 32] {
        self.0.secrets.key("trainnet.files.key.v1")
    }

    fn commands(&self) -> &Commands<User> {
        &self.0.users
    }

    fn sessions(&self) -> &Commands<Session> {
        &self.0.sessions
    }

    fn keys(&self) -> &Commands<ApiKey> {
        &self.0.keys
    }

    fn examinations(&self) -> &Commands<Kyc> {
        &self.0.examinations
    }

    fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }

    fn key_ring(&self) -> &KeyRing {
        &self.0.key_ring
    }

    fn uses(&self) -> &Uses {
        &self.0.uses
    }

    fn binding(&self) -> Binding {
        self.0.binding
    }

    fn now(&self) -> DateTime<Utc> {
        self.0.users.log().clock().now()
    }

    fn address(&self, email: &Email) -> Address {
        self.0.secrets.address(email.as_str())
    }

    fn place(&self, address: IpAddr, agent: &str) -> Place {
        Place::new(&self.0.device_key, self.0.binding, address, agent)
    }

    /// The user as of this moment.
    pub async fn user(&self, id: UserId) -> Result<User, ApiError> {
        self.0.users.look(&id.to_string()).await.map_err(unread)
    }

    pub async fn session(&self, id: SessionId) -> Result<Session, ApiError> {
        self.0.sessions.look(&id.to_string()).await.map_err(unread)
    }

    pub async fn key(&self, id: ApiKeyId) -> Result<ApiKey, ApiError> {
        self.0.keys.look(&id.to_string()).await.map_err(unread)
    }

    /// Who has registered an address.
    async fn registered(&self, address: Address) -> Result<Option<UserId>, ApiError> {
        let holder = self.0.users.log().holder(&address.name()).await?;
        let user = holder.map(|holder| {
            let stream = holder.strip_prefix("user/");
            stream.and_then(|id| id.parse().ok())
        });
        match user {
            Some(None) => Err(ApiError::internal("an address is held by no user")),
            Some(found) => Ok(found),
            None => Ok(None),
        }
    }
}

pub(crate) fn unread(error: StoreError) -> ApiError {
    match error {
        StoreError::Answer(error) => error.into(),
        other => ApiError::internal(other),
    }
}

/// What the vault could not do.
pub(crate) fn sealed(error: VaultError) -> ApiError {
    match error {
        VaultError::Database(error) => error.into(),
        // The person was forgotten while this was asked.
        VaultError::Erased => problems::over(),
        other => ApiError::internal(other),
    }
}
