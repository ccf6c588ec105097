//! Who asks: a person in a session, by token or by cookie, or a program with a key. Else, 401.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::users::{ApiKeyId, Created, Role, Scope, SessionId, Standing, UserId};

use super::Users;
use super::browsers::{Browsers, Cookie};
use super::place::{Binding, Place};
use super::problems::{BLOCKED, REAUTH_REQUIRED, over};
use super::{keys, tokens};
use crate::openapi::DOOR;
use crate::problem::{ApiError, kinds};

/// By what the caller was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    Session(SessionId),
    Key(ApiKeyId, Box<Created>),
}

/// Somebody who may ask. Their standing is that of this moment, not of when they signed in.
#[derive(Clone, Debug)]
pub struct Caller {
    pub standing: Standing,
    pub by: By,
}

/// A caller in a session of their own: what a stolen key must not be enough for.
#[derive(Clone, Debug)]
pub struct Signed {
    pub standing: Standing,
    pub session: SessionId,
}

/// Staff who look after users and everything else.
#[derive(Clone, Debug)]
pub struct Admin(pub Caller);

/// Staff who may read what everybody did.
#[derive(Clone, Debug)]
pub struct Auditor(pub Caller);

/// Staff who decide about documents of people.
#[derive(Clone, Debug)]
pub struct Examiner(pub Caller);

impl Caller {
    pub const fn user(&self) -> UserId {
        self.standing.user
    }

    /// As it stands in events.
    pub fn actor(&self) -> String {
        self.standing.user.to_string()
    }

    /// A session may do everything its user may; a key only what it was made for.
    pub fn insist(&self, scope: Scope) -> Result<(), ApiError> {
        let may = match &self.by {
            By::Session(_) => true,
            By::Key(_, created) => created.scopes.contains(&scope),
        };
        if may {
            Ok(())
        } else {
            Err(ApiError::new(&kinds::FORBIDDEN).detail("The key was not made for this."))
        }
    }

    fn insist_on_one_of(&self, roles: &[Role]) -> Result<(), ApiError> {
        if roles.iter().any(|role| self.standing.roles.contains(role)) {
            Ok(())
        } else {
            // Whoever is no staff does not learn what there is for staff.
            Err(ApiError::new(&kinds::NOT_FOUND))
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let users = Users::of(parts)?;
        if let Some((browsers, token)) = in_browser(parts) {
            let place = Place::from_request_parts(parts, state).await?;
            let (standing, session) = of_session(&users, &token, &place).await?;
            browsers.insist(parts, session)?;
            let by = By::Session(session);
            return Ok(Self { standing, by });
        }
        let token = bearer(parts)?.to_owned();
        if keys::is_key(&token) {
            return of_key(&users, &token).await;
        }
        let place = Place::from_request_parts(parts, state).await?;
        let (standing, session) = of_session(&users, &token, &place).await?;
        let by = By::Session(session);
        Ok(Self { standing, by })
    }
}

/// What a browser shows by itself, unless whoever asks shows something on purpose. The door for
/// clients of others is for programs with keys, and no page of ours goes through it.
fn in_browser(parts: &Parts) -> Option<(Browsers, String)> {
    if parts.headers.contains_key(AUTHORIZATION) || parts.uri.path().starts_with(DOOR) {
        return None;
    }
    let browsers = Browsers::of(parts)?;
    let token = browsers.shown(&parts.headers, Cookie::Access)?.to_owned();
    Some((browsers, token))
}

pub fn bearer(parts: &Parts) -> Result<&str, ApiError> {
    let stranger = || ApiError::new(&kinds::UNAUTHENTICATED);
    let header = parts.headers.get(AUTHORIZATION).ok_or_else(stranger)?;
    let (scheme, token) = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or_else(stranger)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(stranger())
    }
}

/// Whose session it is, as of this moment, for whoever shows its access token where it began.
pub(super) async fn of_session(
    users: &Users,
    token: &str,
    place: &Place,
) -> Result<(Standing, SessionId), ApiError> {
    let now = users.now();
    let claims = users.tokens().open_access(token, now);
    let claims = claims.ok_or_else(|| {
        ApiError::new(&kinds::UNAUTHENTICATED).detail("Refresh the access token.")
    })?;
    if users.binding() != Binding::Off && claims.dev != Some(place.device) {
        return Err(ApiError::new(&REAUTH_REQUIRED).detail("Sign in again where you are now."));
    }
    let (user, session) = tokio::try_join!(users.user(claims.sub), users.session(claims.sid))?;
    let standing = user.standing().cloned().ok_or_else(over)?;
    // A block ends sessions too; that it is a block is what the user should hear.
    if standing.blocked {
        return Err(ApiError::new(&BLOCKED));
    }
    if !session.is_open(now) || session.user() != Some(claims.sub) {
        return Err(over());
    }
    Ok((standing, claims.sid))
}

async fn of_key(users: &Users, token: &str) -> Result<Caller, ApiError> {
    let stranger = || ApiError::new(&kinds::UNAUTHENTICATED).detail("The key is not known.");
    let id = users.key_ring().open(token).ok_or_else(stranger)?;
    let key = users.key(id).await?;
    let created = key.usable_at(users.now()).ok_or_else(stranger)?;
    // A digest of what nobody can guess may be compared as it comes.
    if created.secret != tokens::digest(token) {
        return Err(stranger());
    }
    let limit = created.requests_per_minute;
    users.uses().count(id, limit, users.now()).await?;
    let user = users.user(created.user).await?;
    let standing = user.standing().cloned().ok_or_else(stranger)?;
    if standing.blocked {
        return Err(ApiError::new(&BLOCKED));
    }
    Ok(Caller {
        standing,
        by: By::Key(id, Box::new(created.clone())),
    })
}

impl<S: Sync> FromRequestParts<S> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Caller { standing, by } = Caller::from_request_parts(parts, state).await?;
        match by {
            By::Session(session) => Ok(Self { standing, session }),
            By::Key(..) => {
                Err(ApiError::new(&kinds::FORBIDDEN).detail("Sign in; a key cannot do this."))
            }
        }
    }
}

impl Signed {
    pub const fn user(&self) -> UserId {
        self.standing.user
    }

    pub fn actor(&self) -> String {
        self.standing.user.to_string()
    }
}

impl<S: Sync> FromRequestParts<S> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.insist_on_one_of(&[Role::Admin])?;
        caller.insist(Scope::Admin)?;
        Ok(Self(caller))
    }
}

impl<S: Sync> FromRequestParts<S> for Auditor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.insist_on_one_of(&[Role::Admin, Role::Finance])?;
        caller.insist(Scope::Read)?;
        Ok(Self(caller))
    }
}

impl<S: Sync> FromRequestParts<S> for Examiner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.insist_on_one_of(&[Role::Support, Role::Admin])?;
        // Only an admin's key can have this scope; support decides in a session.
        caller.insist(Scope::Admin)?;
        Ok(Self(caller))
    }
}
