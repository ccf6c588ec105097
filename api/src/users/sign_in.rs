//! Signing in: an address, a password, and the second factor of those who have one.

use axum::{Extension, Json};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::users::{
    CredentialId, Device, EndedBecause, Limits, Person, SecondFactor, SessionCommand, SessionId,
    Started, UserCommand, UserId,
};
use serde::{Deserialize, Serialize};
use store::{Refused, ids};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::attempts::Attempt;
use super::email::Email;
use super::passwords::Password;
use super::place::{Binding, Place};
use super::problems::{
    BLOCKED, SECOND_FACTOR_REQUIRED, SECOND_FACTOR_WRONG, UNCONFIRMED, WRONG_CREDENTIALS,
    of_session, of_user,
};
use super::tokens::{ACCESS_SECONDS, Jwk, digest};
use super::totp::{Factor, place_of};
use super::{Users, field, sealed};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::ApiError;
use crate::refused::refused;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(sign_in)).routes(routes!(jwks))
}

/// How somebody signs in
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    email: Email,
    password: Password,
    /// Stay signed in for 30 days, not for 24 hours after the last use
    #[serde(default)]
    remember: bool,
    /// Six digits of the authenticator, or a recovery code
    #[schema(max_length = 32)]
    code: Option<String>,
}

/// What a session is continued with
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// For the `Authorization` header, behind `Bearer`
    pub(super) access_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token has to be refreshed
    #[schema(example = 900)]
    expires_in: i64,
    /// Good once, for the next pair
    pub(super) refresh_token: String,
    #[schema(value_type = String, example = "session_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    pub(super) session: SessionId,
    #[schema(value_type = String, example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    pub(super) user: UserId,
}

/// Sign in
#[utoipa::path(post, path = "/v1/sessions", tag = "sessions", operation_id = "sign_in",
    security(()), request_body = Credentials,
    responses((status = 200, description = "A session", body = Tokens)))]
async fn sign_in(
    asked: Asked,
    place: Place,
    users: Extension<Users>,
    body: Body<Credentials>,
) -> Result<(Position, Json<Tokens>), ApiError> {
    let (position, tokens) = users.sign_in(&asked, &place, &body.value).await?;
    Ok((position, Json(tokens)))
}

/// What counts towards the lock.
fn is_a_guess(refusal: &ApiError) -> bool {
    let kind = refusal.kind();
    *kind == WRONG_CREDENTIALS || *kind == SECOND_FACTOR_WRONG
}

/// Somebody who has shown everything they were asked for.
#[derive(Clone, Copy, Debug)]
struct Entered {
    user: UserId,
    password: CredentialId,
    second_factor: bool,
}

impl Users {
    /// Opens a session for whoever shows what they are asked for; each attempt is counted.
    pub(super) async fn sign_in(
        &self,
        asked: &Asked,
        place: &Place,
        credentials: &Credentials,
    ) -> Result<(Position, Tokens), ApiError> {
        let address = self.address(&credentials.email);
        let attempt = self.attempts().sign_in(place, address, self.now()).await?;
        let user = self.registered(address).await?;
        match self.enter(asked, credentials, user).await {
            Ok(entered) => {
                let signed = self
                    .open(asked, place, entered, credentials.remember)
                    .await?;
                self.still_the_same(asked, entered, signed.1.session)
                    .await?;
                self.attempts().succeeded(attempt, entered.user).await?;
                self.write_down(attempt, entered.user, place).await?;
                Ok(signed)
            }
            Err(refusal) => {
                if *refusal.kind() == SECOND_FACTOR_REQUIRED {
                    self.attempts().forgiven(attempt).await?;
                }
                if is_a_guess(&refusal) {
                    self.attempts().failed(attempt, user, self.now()).await?;
                    if let Some(user) = user {
                        self.write_down(attempt, user, place).await?;
                    }
                }
                Err(refusal)
            }
        }
    }

    async fn enter(
        &self,
        asked: &Asked,
        credentials: &Credentials,
        user: Option<UserId>,
    ) -> Result<Entered, ApiError> {
        let state = match user {
            Some(user) => Some(self.user(user).await?),
            None => None,
        };
        let person = state.as_ref().and_then(|state| state.person());
        let kept = match person {
            Some(person) => self.kept_hash(person).await?,
            None => None,
        };
        let checked = self.passwords().check(&credentials.password, kept).await?;
        let Some(person) = person.filter(|_| checked.right) else {
            return Err(ApiError::new(&WRONG_CREDENTIALS));
        };
        // Only who knows the password learns what else is in the way.
        if person.standing.blocked {
            return Err(ApiError::new(&BLOCKED).detail("Write to the support."));
        }
        if !person.confirmed {
            return Err(ApiError::new(&UNCONFIRMED)
                .detail("Answer the mail that was sent, or ask for another."));
        }
        let second_factor = person.second_factor.is_on();
        if second_factor {
            let code = credentials.code.as_deref();
            let code = code.ok_or_else(|| ApiError::new(&SECOND_FACTOR_REQUIRED).field("code"))?;
            self.second_factor(asked, person, code).await?;
        }
        if checked.outdated {
            self.rehash(asked, person, &credentials.password).await?;
        }
        let user = person.standing.user;
        let password = match self.user(user).await?.person() {
            Some(now) if checked.outdated => now.password,
            _ => person.password,
        };
        Ok(Entered {
            user,
            password,
            second_factor,
        })
    }

    pub(super) async fn kept_hash(&self, person: &Person) -> Result<Option<String>, ApiError> {
        let subject = person.standing.user.to_string();
        let field = field::password(person.password);
        self.vault().get(&subject, &field).await.map_err(sealed)
    }

    /// Whether this is the password of a person who is signed in, before something grave is done.
    pub(super) async fn is_password(
        &self,
        person: &Person,
        password: &Password,
    ) -> Result<bool, ApiError> {
        let kept = self.kept_hash(person).await?;
        Ok(self.passwords().check(password, kept).await?.right)
    }

    /// Takes a code of the authenticator or one from paper, and each only once.
    pub(super) async fn second_factor(
        &self,
        asked: &Asked,
        person: &Person,
        code: &str,
    ) -> Result<(), ApiError> {
        let wrong = || ApiError::new(&SECOND_FACTOR_WRONG).field("code");
        let SecondFactor::On { factor, codes, .. } = &person.second_factor else {
            return Ok(());
        };
        let id = person.standing.user.to_string();
        let at = self.now();
        let secret = self.vault().get(&id, &field::factor(*factor)).await;
        let secret = secret.map_err(sealed)?;
        let secret = secret.ok_or_else(|| ApiError::internal("the second factor is not kept"))?;
        let command = if let Some(step) = Factor::kept(&secret)?.step_of(code, at) {
            UserCommand::AcceptCode { step, at }
        } else {
            let kept = self.vault().get(&id, &field::recovery(*codes)).await;
            let kept = kept.map_err(sealed)?.unwrap_or_default();
            let index = place_of(code, &kept).ok_or_else(wrong)?;
            UserCommand::SpendRecoveryCode { index, at }
        };
        let context = asked.context(&id, b"").without_key();
        let accepted = self.commands().execute(&id, command, &context).await;
        accepted.map(drop).map_err(|refusal| match refusal {
            Refused::Domain(_) => wrong(),
            other => refused(other, of_user),
        })
    }

    async fn rehash(
        &self,
        asked: &Asked,
        person: &Person,
        password: &Password,
    ) -> Result<(), ApiError> {
        let id = person.standing.user.to_string();
        let hash = self.passwords().hash(password).await?;
        let credential = CredentialId::new(ids::fresh());
        let field = field::password(credential);
        let kept = self.vault().put_lazily(&id, &field, &hash).await;
        kept.map_err(sealed)?;
        let command = UserCommand::Rehash {
            from: person.password,
            password: credential,
            at: self.now(),
        };
        let context = asked.context(&id, b"").without_key();
        match self.commands().execute(&id, command, &context).await {
            Ok(_) => {}
            // Somebody changed it meanwhile: theirs is the newer.
            Err(Refused::Domain(_)) => {
                return self.vault().remove(&id, &field).await.map_err(sealed);
            }
            Err(refusal) => return Err(refused(refusal, of_user)),
        }
        let old = field::password(person.password);
        self.vault().remove(&id, &old).await.map_err(sealed)
    }

    async fn open(
        &self,
        asked: &Asked,
        place: &Place,
        entered: Entered,
        remember: bool,
    ) -> Result<(Position, Tokens), ApiError> {
        let Entered {
            user,
            second_factor,
            ..
        } = entered;
        let subject = user.to_string();
        let program = field::program(place.program);
        let known = self.vault().get(&subject, &program).await.map_err(sealed)?;
        let session = SessionId::new(ids::fresh());
        let now = self.now();
        let began = Began::at(place, now).to_text()?;
        let place_of_session = field::session(session);
        for (field, text) in [(&place_of_session, began.as_str()), (&program, "known")] {
            self.vault()
                .put_lazily(&subject, field, text)
                .await
                .map_err(sealed)?;
        }
        let command = SessionCommand::Start(Started {
            user,
            device: place.device,
            new_device: known.is_none(),
            remember,
            token: digest(&self.tokens().refresh(session, 0)),
            second_factor,
            limits: Limits::usual(remember),
            at: now,
        });
        let context = asked.context(&subject, b"").without_key();
        let id = session.to_string();
        let started = self.sessions().begin(&id, command, &context).await;
        let started = started.map_err(|refusal| refused(refusal, of_session))?;
        let tokens = self.pair(user, session, 0, place.device);
        Ok((Position(started.position), tokens))
    }

    /// Ends the session again where the password changed, or a block came, while it was opened:
    /// whoever did that has ended all sessions there were, and this one was not there yet.
    async fn still_the_same(
        &self,
        asked: &Asked,
        entered: Entered,
        session: SessionId,
    ) -> Result<(), ApiError> {
        let state = self.user(entered.user).await?;
        let same = state
            .person()
            .is_some_and(|person| person.password == entered.password && !person.standing.blocked);
        if same {
            return Ok(());
        }
        let (actor, why) = (entered.user.to_string(), EndedBecause::PasswordChanged);
        self.end(asked, &actor, session, why).await?;
        Err(ApiError::new(&WRONG_CREDENTIALS))
    }

    pub(super) fn pair(
        &self,
        user: UserId,
        session: SessionId,
        generation: u32,
        device: Device,
    ) -> Tokens {
        let bound_to = (self.binding() != Binding::Off).then_some(device);
        Tokens {
            access_token: self.tokens().access(user, session, bound_to, self.now()),
            token_type: "Bearer",
            expires_in: ACCESS_SECONDS,
            refresh_token: self.tokens().refresh(session, generation),
            session,
            user,
        }
    }

    /// Where an attempt came from, for the eyes of the person it was made on.
    async fn write_down(
        &self,
        attempt: Attempt,
        user: UserId,
        place: &Place,
    ) -> Result<(), ApiError> {
        let text = Began::at(place, self.now()).to_text()?;
        let field = field::attempt(attempt.id);
        let subject = user.to_string();
        let kept = self.vault().put_lazily(&subject, &field, &text).await;
        kept.map_err(sealed)
    }
}

/// What the vault keeps of where something was done.
#[derive(Debug, Serialize, Deserialize)]
pub struct Began {
    pub address: String,
    pub program: String,
    pub at: DateTime<Utc>,
}

impl Began {
    fn at(place: &Place, at: DateTime<Utc>) -> Self {
        Self {
            address: place.address.to_string(),
            program: place.agent.clone(),
            at,
        }
    }

    fn to_text(&self) -> Result<String, ApiError> {
        serde_json::to_string(self).map_err(ApiError::internal)
    }
}

pub fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The keys that access tokens are signed with
#[derive(Serialize, ToSchema)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

/// The keys that access tokens are signed with
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "sessions", operation_id = "jwks",
    security(()), responses((status = 200, description = "The keys", body = Jwks)))]
async fn jwks(users: Extension<Users>) -> Json<Jwks> {
    Json(Jwks {
        keys: users.tokens().jwks(users.now()),
    })
}
