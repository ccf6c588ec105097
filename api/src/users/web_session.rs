//! Signing in with a browser: the tokens of a session as cookies, and never in what a script reads.

use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use axum::{Extension, Json};
use chrono::TimeDelta;
use domain::users::{EndedBecause, SessionId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Users;
use super::browsers::{Browsers, Cookie};
use super::caller::of_session;
use super::changed::Changed;
use super::place::Place;
use super::problems::{SESSION_OVER, over};
use super::sign_in::{Credentials, Tokens, rfc3339};
use super::tokens::ACCESS_SECONDS;
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::{ApiError, kinds};

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(sign_in, sign_out))
        .routes(routes!(refresh))
}

/// Who is signed in, and until when; what proves it is in cookies
#[derive(Serialize, ToSchema)]
pub struct WebSession {
    #[schema(value_type = String, example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    user: UserId,
    #[schema(value_type = String, example = "session_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    session: SessionId,
    /// Until then requests are answered; refresh before
    access_until: String,
    /// When the session ends if it is not refreshed
    ends_at: String,
    remember: bool,
}

type SetCookies = AppendHeaders<[(axum::http::HeaderName, HeaderValue); 3]>;
type Signed = (Position, SetCookies, Json<WebSession>);

/// Sign in with a browser
///
/// Answers with three cookies. Two are for the browser alone; what `trainnet_csrf` says
/// (`__Host-trainnet_csrf` over TLS) goes back as `Trainnet-Csrf` with whatever changes something.
#[utoipa::path(post, path = "/v1/web/session", tag = "sessions", operation_id = "web_sign_in",
    security(()), request_body = Credentials,
    responses((status = 200, description = "A session, in cookies", body = WebSession)))]
async fn sign_in(
    asked: Asked,
    place: Place,
    users: Extension<Users>,
    browsers: Extension<Browsers>,
    headers: axum::http::HeaderMap,
    body: Body<Credentials>,
) -> Result<Signed, ApiError> {
    // Nobody's page signs people in as somebody else.
    browsers.insist_on_our_page(&headers)?;
    let (position, tokens) = users.sign_in(&asked, &place, &body.value).await?;
    users.in_cookies(&browsers, position, &tokens).await
}

/// Go on with the session of this browser
///
/// The cookies are replaced, as with `/v1/sessions/refresh`. Where the session is over, they go.
#[utoipa::path(post, path = "/v1/web/session/refresh", tag = "sessions",
    operation_id = "web_refresh", security(("refresh_cookie" = [], "csrf" = [])),
    responses((status = 200, description = "It goes on", body = WebSession)))]
async fn refresh(
    asked: Asked,
    place: Place,
    users: Extension<Users>,
    browsers: Extension<Browsers>,
    parts: Parts,
) -> Result<Signed, Response> {
    let shown = browsers.shown(&parts.headers, Cookie::Refresh);
    let stranger = || ApiError::new(&kinds::UNAUTHENTICATED).into_response();
    let token = shown.ok_or_else(stranger)?;
    let refreshed = async {
        let opened = users.tokens().open_refresh(token).ok_or_else(over)?;
        browsers.insist(&parts, opened.session)?;
        let (position, tokens) = users.go_on(&asked, &place, token).await?;
        users.in_cookies(&browsers, position, &tokens).await
    };
    refreshed.await.map_err(|refusal| {
        if *refusal.kind() == SESSION_OVER {
            (forgetting(&browsers), refusal).into_response()
        } else {
            refusal.into_response()
        }
    })
}

/// Sign this browser out
#[utoipa::path(delete, path = "/v1/web/session", tag = "sessions", operation_id = "web_sign_out",
    security(("cookie" = [], "csrf" = []), ("refresh_cookie" = [], "csrf" = [])),
    responses((status = 204, description = "Signed out; the cookies are gone")))]
async fn sign_out(
    asked: Asked,
    place: Place,
    users: Extension<Users>,
    browsers: Extension<Browsers>,
    parts: Parts,
) -> Result<(SetCookies, Changed), ApiError> {
    let (user, session) = users.in_browser(&browsers, &parts, &place).await?;
    browsers.insist(&parts, session)?;
    let why = EndedBecause::SignedOut;
    let position = users.end(&asked, &user.to_string(), session, why).await?;
    Ok((forgetting(&browsers), Changed(position)))
}

fn forgetting(browsers: &Browsers) -> SetCookies {
    AppendHeaders(browsers.forget().map(|cookie| (SET_COOKIE, cookie)))
}

impl Users {
    /// Whose browser it is, by either cookie: a page that stood open over night may sign out too.
    async fn in_browser(
        &self,
        browsers: &Browsers,
        parts: &Parts,
        place: &Place,
    ) -> Result<(UserId, SessionId), ApiError> {
        if let Some(token) = browsers.shown(&parts.headers, Cookie::Refresh) {
            let opened = self.tokens().open_refresh(token).ok_or_else(over)?;
            let state = self.session(opened.session).await?;
            return Ok((state.user().ok_or_else(over)?, opened.session));
        }
        let token = browsers.shown(&parts.headers, Cookie::Access);
        let token = token.ok_or_else(|| ApiError::new(&kinds::UNAUTHENTICATED))?;
        let (standing, session) = of_session(self, token, place).await?;
        Ok((standing.user, session))
    }

    async fn in_cookies(
        &self,
        browsers: &Browsers,
        position: Position,
        tokens: &Tokens,
    ) -> Result<Signed, ApiError> {
        let session = self.session(tokens.session).await?;
        let ends_at = session.ends_at().ok_or_else(over)?;
        let remember = session.started().is_some_and(|it| it.remember);
        let now = self.now();
        // Without it the browser forgets when it is closed, as whoever signed in asked.
        let kept = remember.then(|| ends_at.signed_duration_since(now).num_seconds());
        let csrf = browsers.csrf(tokens.session);
        let cookies = [
            browsers.set(Cookie::Access, &tokens.access_token, Some(ACCESS_SECONDS)),
            browsers.set(Cookie::Refresh, &tokens.refresh_token, kept),
            browsers.set(Cookie::Csrf, &csrf, kept),
        ];
        let shown = WebSession {
            user: tokens.user,
            session: tokens.session,
            access_until: rfc3339(now + TimeDelta::seconds(ACCESS_SECONDS)),
            ends_at: rfc3339(ends_at),
            remember,
        };
        let cookies = AppendHeaders(cookies.map(|cookie| (SET_COOKIE, cookie)));
        Ok((position, cookies, Json(shown)))
    }
}
