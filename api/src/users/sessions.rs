//! The sessions of a person: where they are, and how they end.

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::users::{EndedBecause, SessionCommand, SessionId, UserId};
use projections::Projection as _;
use projections::people::{self, Cursor, People};
use projections::tenants;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::Signed;
use super::changed::Changed;
use super::problems::of_session;
use super::sign_in::{Began, rfc3339};
use super::{Users, field, sealed};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::parameters::Path;
use crate::position::{Position, Reached};
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

const SHOWN_MAX: i64 = 100;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, everywhere))
        .routes(routes!(current))
        .routes(routes!(one))
        .routes(routes!(sign_ins))
}

/// A session as its owner sees it
#[derive(Serialize, ToSchema)]
pub struct ShownSession {
    #[schema(example = "session_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    /// Whether it is the one that asks
    current: bool,
    started_at: String,
    refreshed_at: String,
    /// When it ends if it is not refreshed
    ends_at: String,
    remember: bool,
    second_factor: bool,
    address: Option<String>,
    program: Option<String>,
}

/// Open sessions, the newest first
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    data: Vec<ShownSession>,
}

/// Your open sessions
#[utoipa::path(get, path = "/v1/sessions", tag = "sessions", operation_id = "list_sessions",
    security(("bearer" = [])),
    responses((status = 200, description = "The sessions", body = Sessions)))]
async fn list(
    api: Api,
    caller: Signed,
    users: Extension<Users>,
    _: Reached<People>,
) -> Result<Json<Sessions>, ApiError> {
    let user = caller.actor();
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let open_at = Some(users.now());
    let found = people::sessions_of(
        &mut *tenant,
        caller.user(),
        open_at,
        Cursor::LATEST,
        SHOWN_MAX,
    )
    .await?;
    drop(tenant);
    let fields: Vec<String> = found.iter().map(|it| field::session(it.session)).collect();
    let kept = users.vault().some(&user, &fields).await;
    let kept = kept.map_err(sealed)?;
    let data = found.into_iter().map(|it| {
        let began = kept.get(&field::session(it.session));
        let began = began.and_then(|text| serde_json::from_str::<Began>(text).ok());
        let (address, program) = began.map(|it| (it.address, it.program)).unzip();
        ShownSession {
            id: it.session.to_string(),
            current: it.session == caller.session,
            started_at: rfc3339(it.started_at),
            refreshed_at: rfc3339(it.refreshed_at),
            ends_at: rfc3339(it.ends_at.min(it.idle_ends_at)),
            remember: it.remember,
            second_factor: it.second_factor,
            address,
            program,
        }
    });
    Ok(Json(Sessions {
        data: data.collect(),
    }))
}

/// Sign out here
#[utoipa::path(delete, path = "/v1/sessions/current", tag = "sessions", operation_id = "sign_out",
    security(("bearer" = [])), responses((status = 204, description = "Signed out")))]
async fn current(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
) -> Result<Changed, ApiError> {
    let why = EndedBecause::SignedOut;
    let position = users
        .end(&asked, &caller.actor(), caller.session, why)
        .await?;
    Ok(Changed(position))
}

/// Sign out everywhere
#[utoipa::path(delete, path = "/v1/sessions", tag = "sessions", operation_id = "sign_out_everywhere",
    security(("bearer" = [])), responses((status = 204, description = "Signed out everywhere")))]
async fn everywhere(
    api: Api,
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
) -> Result<StatusCode, ApiError> {
    let why = EndedBecause::SignedOutEverywhere;
    users
        .end_sessions(&api, &asked, caller.user(), why, None)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one session
#[utoipa::path(delete, path = "/v1/sessions/{session}", tag = "sessions",
    operation_id = "end_session", security(("bearer" = [])),
    params(("session" = String, Path, description = "Which session")),
    responses((status = 204, description = "The session has ended")))]
async fn one(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    Path(session): Path<String>,
) -> Result<Changed, ApiError> {
    let nothing = || ApiError::new(&kinds::NOT_FOUND);
    let session: SessionId = session.parse().map_err(|_| nothing())?;
    if users.session(session).await?.user() != Some(caller.user()) {
        return Err(nothing());
    }
    let why = EndedBecause::SignedOut;
    let position = users.end(&asked, &caller.actor(), session, why).await?;
    Ok(Changed(position))
}

/// An attempt to sign in as you
#[derive(Serialize, ToSchema)]
pub struct ShownAttempt {
    at: String,
    succeeded: bool,
    address: Option<String>,
    program: Option<String>,
}

/// Attempts, the newest first
#[derive(Serialize, ToSchema)]
pub struct SignIns {
    data: Vec<ShownAttempt>,
}

/// Attempts to sign in as you, of the last 90 days
#[utoipa::path(get, path = "/v1/me/sign-ins", tag = "users", operation_id = "list_sign_ins",
    security(("bearer" = [])),
    responses((status = 200, description = "The attempts", body = SignIns)))]
async fn sign_ins(caller: Signed, users: Extension<Users>) -> Result<Json<SignIns>, ApiError> {
    let found = users.attempts().of(caller.user(), SHOWN_MAX).await?;
    let fields: Vec<String> = found.iter().map(|it| field::attempt(it.id)).collect();
    let kept = users.vault().some(&caller.actor(), &fields).await;
    let kept = kept.map_err(sealed)?;
    let data = found.into_iter().map(|attempt| {
        let began = kept.get(&field::attempt(attempt.id));
        let began = began.and_then(|text| serde_json::from_str::<Began>(text).ok());
        let (address, program) = began.map(|it| (it.address, it.program)).unzip();
        ShownAttempt {
            at: rfc3339(attempt.at),
            succeeded: attempt.succeeded,
            address,
            program,
        }
    });
    Ok(Json(SignIns {
        data: data.collect(),
    }))
}

impl Users {
    /// Ends a session; one that is over already stays so.
    pub(super) async fn end(
        &self,
        asked: &Asked,
        actor: &str,
        session: SessionId,
        why: EndedBecause,
    ) -> Result<Position, ApiError> {
        let at = self.now();
        let command = SessionCommand::End { why, at };
        let context = asked.context(actor, b"").without_key();
        let id = session.to_string();
        let ended = self.sessions().execute(&id, command, &context).await;
        let ended = ended.map_err(|refusal| refused(refusal, of_session))?;
        Ok(Position(ended.position))
    }

    /// Ends every session of a user but one: all that had started when this was asked.
    pub(super) async fn end_sessions(
        &self,
        api: &Api,
        asked: &Asked,
        user: UserId,
        why: EndedBecause,
        except: Option<SessionId>,
    ) -> Result<(), ApiError> {
        let head = api.log().head().await?.position;
        api.reach(People::NAME, head).await?;
        let id = user.to_string();
        let mut tenant = tenants::as_tenant(api.pool(), user).await?;
        let open = people::open_sessions_of(&mut *tenant, user).await?;
        drop(tenant);
        for session in open.into_iter().filter(|it| Some(*it) != except) {
            self.end(asked, &id, session, why).await?;
        }
        Ok(())
    }
}
