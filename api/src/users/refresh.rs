//! Going on with a session: one token buys the next pair, and an old one betrays a thief.

use axum::{Extension, Json};
use domain::users::{EndedBecause, SessionCommand};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Users;
use super::place::{Binding, Place};
use super::problems::{BLOCKED, of_session, over};
use super::sign_in::Tokens;
use super::tokens::{Refresh, digest};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::ApiError;
use crate::refused::refused;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(refresh))
}

/// A session that goes on
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoOn {
    #[schema(max_length = 200)]
    refresh_token: String,
}

/// It is a secret: a trace of a request shows nothing of it.
impl std::fmt::Debug for GoOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GoOn")
    }
}

/// Refresh the tokens
///
/// A refresh token is good once. Shown again by the same client within ten seconds it counts as a
/// reply that got lost; later, or from elsewhere, as stolen, and the session ends for everybody.
#[utoipa::path(post, path = "/v1/sessions/refresh", tag = "sessions", operation_id = "refresh",
    security(()), request_body = GoOn,
    responses((status = 200, description = "The next pair of tokens", body = Tokens)))]
async fn refresh(
    asked: Asked,
    place: Place,
    users: Extension<Users>,
    body: Body<GoOn>,
) -> Result<(Position, Json<Tokens>), ApiError> {
    let token = body.value.refresh_token;
    let (position, tokens) = users.go_on(&asked, &place, token.trim()).await?;
    Ok((position, Json(tokens)))
}

impl Users {
    /// The next pair for whoever shows the token that is good now.
    pub(super) async fn go_on(
        &self,
        asked: &Asked,
        place: &Place,
        token: &str,
    ) -> Result<(Position, Tokens), ApiError> {
        let opened = self.tokens().open_refresh(token).ok_or_else(over)?;
        let Refresh {
            session,
            generation,
        } = opened;
        let state = self.session(session).await?;
        let started = state.started().ok_or_else(over)?;
        let user = started.user;
        let standing = self.user(user).await?;
        if standing.standing().ok_or_else(over)?.blocked {
            return Err(ApiError::new(&BLOCKED));
        }
        let next = self.tokens().refresh(session, generation.saturating_add(1));
        let command = SessionCommand::Refresh {
            generation,
            token: digest(token),
            next: digest(&next),
            device: place.device,
            binding_holds: self.binding() == Binding::Off || place.device == started.device,
            at: self.now(),
        };
        let id = session.to_string();
        let context = asked.context(&user.to_string(), b"").without_key();
        let refreshed = self.sessions().execute(&id, command, &context).await;
        let refreshed = refreshed.map_err(|refusal| refused(refusal, of_session))?;
        let now = self.session(session).await?;
        if now.ended() == Some(EndedBecause::TokenReused) {
            tracing::warn!(%session, "a refresh token was shown twice: the session was ended");
        }
        let generation = now.generation().ok_or_else(over)?;
        let tokens = self.pair(user, session, generation, place.device);
        Ok((Position(refreshed.position), tokens))
    }
}
