//! Join tokens: what a provider hands to a machine so that it may join.

use axum::http::StatusCode;
use axum::{Extension, Json};
use chrono::TimeDelta;
use domain::servers::{JoinTokenCommand, JoinTokenId, Made};
use domain::users::Scope;
use projections::servers::{self as read, Servers as Shown};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Servers;
use super::caller::may_provide;
use super::owned::OwnToken;
use super::problems::of_token;
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::{Body, whole};
use crate::page::{self, Page};
use crate::parameters::Query;
use crate::position::{Position, Reached};
use crate::problem::{ApiError, kinds};
use crate::refused::refused;
use crate::users::{Caller, Changed, digest, rfc3339, unread};

/// A month: whoever leaves a token lying around for longer has forgotten it.
const HOURS_MAX: u32 = 720;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list, make))
        .routes(routes!(revoke))
}

/// A join token to be
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJoinToken {
    /// How many machines may join by it; one, where nothing is said
    #[schema(minimum = 1, maximum = 1000)]
    #[serde(default, deserialize_with = "whole")]
    machines: Option<u32>,
    /// A day, where nothing is said
    #[schema(minimum = 1, maximum = 720)]
    #[serde(default, deserialize_with = "whole")]
    expires_in_hours: Option<u32>,
}

/// A join token, and what it is shown with this once
#[derive(Serialize, ToSchema)]
pub struct MadeJoinToken {
    #[schema(value_type = String, example = "join_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: JoinTokenId,
    /// For `trainnet agent join --token`; it is not shown again
    token: String,
    machines: u32,
    expires_at: String,
}

/// A join token as its maker sees it
#[derive(Serialize, ToSchema)]
pub struct ShownJoinToken {
    #[schema(example = "join_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    /// How many machines may join by it
    machines: i64,
    /// How many have
    joined: i64,
    made_at: String,
    expires_at: String,
    revoked_at: Option<String>,
}

/// Which page of them
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Your join tokens, the latest first
#[utoipa::path(get, path = "/v1/machines/tokens", tag = "servers",
    operation_id = "list_join_tokens", security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of tokens", body = Page<ShownJoinToken>)))]
async fn list(
    api: Api,
    caller: Caller,
    Query(which): Query<Which>,
    _: Reached<Shown>,
) -> Result<Json<Page<ShownJoinToken>>, ApiError> {
    caller.insist(Scope::Read)?;
    let limit = page::limit(which.limit)?;
    let after = page::cursor(which.cursor.as_deref())?;
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let found = read::join_tokens_of(&mut *tenant, caller.user(), after, limit + 1).await?;
    drop(tenant);
    let show = |it: read::JoinToken| ShownJoinToken {
        id: it.token.to_string(),
        machines: it.machines_max,
        joined: it.machines,
        made_at: rfc3339(it.made_at),
        expires_at: rfc3339(it.expires_at),
        revoked_at: it.revoked_at.map(rfc3339),
    };
    Ok(Json(Page::of(found, limit, |it| it.position, show)))
}

/// Make a join token
///
/// Whoever has it brings machines in your name, until it has expired or is used up.
#[utoipa::path(post, path = "/v1/machines/tokens", tag = "servers",
    operation_id = "make_join_token", security(("bearer" = [])), request_body = NewJoinToken,
    responses((status = 201, description = "The token; it is shown this once",
        body = MadeJoinToken,
        links(("revoke" = (operation_id = "revoke_join_token",
            parameters(("join" = "$response.body#/id"))))))))]
async fn make(
    asked: Asked,
    caller: Caller,
    servers: Extension<Servers>,
    body: Body<NewJoinToken>,
) -> Result<(StatusCode, Position, Json<MadeJoinToken>), ApiError> {
    caller.insist(Scope::ServersWrite)?;
    may_provide(&caller.standing)?;
    let machines = body.value.machines.unwrap_or(1);
    let lasts = servers.token_lasts(body.value.expires_in_hours)?;
    let actor = caller.actor();
    let id = JoinTokenId::new(asked.id(&actor));
    let text = servers.ring().token(id);
    let known = servers.tokens().look(&id.to_string()).await;
    // Asked again: what it was made with includes when.
    let at = known.map_err(unread)?.made().map(|made| made.at);
    let at = at.unwrap_or_else(|| servers.now());
    let expires_at = at + lasts;
    let command = JoinTokenCommand::Make(Made {
        provider: caller.user(),
        machines_max: machines,
        secret: digest(&text),
        expires_at,
        at,
    });
    let context = asked.context(&actor, &body.bytes);
    let made = servers
        .tokens()
        .execute(&id.to_string(), command, &context)
        .await;
    let made = made.map_err(|refusal| refused(refusal, of_token))?;
    let shown = Json(MadeJoinToken {
        id,
        token: text,
        machines,
        expires_at: rfc3339(expires_at),
    });
    Ok((StatusCode::CREATED, Position(made.position), shown))
}

/// Revoke a join token
///
/// No other machine joins by it; those that have stay.
#[utoipa::path(delete, path = "/v1/machines/tokens/{join}", tag = "servers",
    operation_id = "revoke_join_token", security(("bearer" = [])),
    params(("join" = String, Path, description = "Which token")),
    responses((status = 204, description = "The token is revoked")))]
async fn revoke(
    asked: Asked,
    OwnToken { caller, token }: OwnToken,
    servers: Extension<Servers>,
) -> Result<Changed, ApiError> {
    let command = JoinTokenCommand::Revoke {
        by: caller.user(),
        at: servers.now(),
    };
    let context = asked.context(&caller.actor(), b"");
    let revoked = servers
        .tokens()
        .execute(&token.to_string(), command, &context)
        .await;
    let revoked = revoked.map_err(|refusal| refused(refusal, of_token))?;
    Ok(Changed(Position(revoked.position)))
}

impl Servers {
    fn token_lasts(&self, hours: Option<u32>) -> Result<TimeDelta, ApiError> {
        match hours {
            None => Ok(self.0.token_lasts),
            Some(hours) if (1..=HOURS_MAX).contains(&hours) => Ok(TimeDelta::hours(hours.into())),
            Some(_) => Err(ApiError::new(&kinds::BODY_INVALID)
                .detail("Let it last 1 to 720 hours.")
                .field("expires_in_hours")),
        }
    }
}
