//! What staff see of users and decide about them, each time with a reason that stays.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, RawPathParams, Request};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use domain::users::{EndedBecause, Reason, Role, UserCommand, UserId};
use projections::people::{self, People, UserFilter};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::caller::Admin;
use super::changed::Changed;
use super::me::role_text;
use super::problems::of_user;
use super::sign_in::rfc3339;
use super::{Users, field, sealed};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::Body;
use crate::page::{self, Page};
use crate::parameters::{Path, Query};
use crate::position::{Position, Reached};
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(block))
        .routes(routes!(unblock))
        .routes(routes!(grant, revoke))
}

/// What a user may be
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RoleName {
    Customer,
    Provider,
    Support,
    Finance,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Customer => Self::Customer,
            RoleName::Provider => Self::Provider,
            RoleName::Support => Self::Support,
            RoleName::Finance => Self::Finance,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// Which users, and which page of them
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    #[param(inline)]
    role: Option<RoleName>,
    blocked: Option<bool>,
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A user as staff see them
#[derive(Serialize, ToSchema)]
pub struct ShownUser {
    #[schema(example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    /// A person or a service
    kind: String,
    #[schema(example = "confirmed")]
    standing: String,
    email: Option<String>,
    name: Option<String>,
    roles: Vec<&'static str>,
    blocked: bool,
    blocked_reason: Option<String>,
    second_factor: bool,
    registered_at: String,
}

impl Users {
    /// With what is known of them, all looked up at once.
    async fn shown(&self, found: Vec<people::User>) -> Result<Vec<ShownUser>, ApiError> {
        let ids: Vec<String> = found.iter().map(|user| user.user.to_string()).collect();
        let fields = [field::EMAIL, field::NAME];
        let kept = self.vault().pick(&ids, &fields).await.map_err(sealed)?;
        let mut kept: HashMap<(String, String), String> = kept
            .into_iter()
            .map(|(subject, field, value)| ((subject, field), value))
            .collect();
        let mut known = |id: &str, field: &str| kept.remove(&(id.to_owned(), field.to_owned()));
        let shown = found.into_iter().zip(ids).map(|(user, id)| {
            Ok(ShownUser {
                kind: text(user.kind)?,
                standing: text(user.standing)?,
                email: known(&id, field::EMAIL),
                name: known(&id, field::NAME),
                roles: user.roles.iter().copied().map(role_text).collect(),
                blocked: user.blocked,
                blocked_reason: user.blocked_reason,
                second_factor: user.second_factor,
                registered_at: rfc3339(user.registered_at),
                id,
            })
        });
        shown.collect()
    }
}

/// The name of a variant as it is written everywhere else.
fn text(named: impl Serialize) -> Result<String, ApiError> {
    let value = serde_json::to_value(named).map_err(ApiError::internal)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// Users, the latest first
#[utoipa::path(get, path = "/v1/users", tag = "staff", operation_id = "list_users",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of users", body = Page<ShownUser>)))]
async fn list(
    api: Api,
    _: Admin,
    users: Extension<Users>,
    Query(which): Query<Which>,
    _: Reached<People>,
) -> Result<Json<Page<ShownUser>>, ApiError> {
    let limit = page::limit(which.limit)?;
    let filter = UserFilter {
        role: which.role.map(Role::from),
        blocked: which.blocked,
        ..UserFilter::default()
    };
    let after = page::cursor(which.cursor.as_deref())?;
    let mut staff = tenants::as_staff(api.pool()).await?;
    let found = people::users(&mut *staff, filter, after, limit + 1).await?;
    drop(staff);
    let positions: Vec<i64> = found.iter().map(|user| user.position).collect();
    let shown = positions
        .into_iter()
        .zip(users.shown(found).await?)
        .collect();
    let page = Page::of(shown, limit, |(position, _)| *position, |(_, user)| user);
    Ok(Json(page))
}

/// One user
#[utoipa::path(get, path = "/v1/users/{user}", tag = "staff", operation_id = "show_user",
    security(("bearer" = [])), params(("user" = String, Path, description = "Which user")),
    responses((status = 200, description = "The user", body = ShownUser)))]
async fn show(
    api: Api,
    _: Admin,
    users: Extension<Users>,
    Path(user): Path<String>,
    _: Reached<People>,
) -> Result<Json<ShownUser>, ApiError> {
    let user = identity(&user)?;
    let mut staff = tenants::as_staff(api.pool()).await?;
    let found = people::user(&mut *staff, user).await?;
    drop(staff);
    let shown = users.shown(found.into_iter().collect()).await?.pop();
    shown
        .map(Json)
        .ok_or_else(|| ApiError::new(&kinds::NOT_FOUND))
}

pub fn identity(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| ApiError::new(&kinds::NOT_FOUND))
}

/// Why something is decided about a user
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Because {
    /// Kept for ever, so it names nobody
    #[schema(
        min_length = 1,
        max_length = 500,
        pattern = "^[^@\\uff20\\ufe6b\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f]*\
                   [^\\s@\\uff20\\ufe6b\\u0000-\\u001f\\u007f-\\u009f]\
                   [^@\\uff20\\ufe6b\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f]*$",
        example = "chargebacks on three orders"
    )]
    reason: String,
}

impl Because {
    pub fn reason(self) -> Result<Reason, ApiError> {
        Reason::try_new(self.reason).map_err(|error| {
            ApiError::new(&kinds::BODY_INVALID)
                .detail(error.to_string())
                .field("reason")
        })
    }
}

/// What an admin decides about a user, and why.
struct Decision {
    asked: Asked,
    by: UserId,
    user: UserId,
    /// Where the path names one.
    role: Option<Role>,
    reason: Reason,
    bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Decision {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let Admin(caller) = Admin::from_request_parts(&mut parts, state).await?;
        let asked = Asked::from_request_parts(&mut parts, state).await?;
        let path = RawPathParams::from_request_parts(&mut parts, state).await;
        let path = path.map_err(ApiError::internal)?;
        let named = |sought| path.iter().find(|(name, _)| *name == sought);
        let user = identity(named("user").map_or("", |(_, user)| user))?;
        let role = named("role")
            .map(|(_, role)| role_named(role))
            .transpose()?;
        let body = Body::<Because>::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self {
            asked,
            by: caller.user(),
            user,
            role,
            reason: body.value.reason()?,
            bytes: body.bytes,
        })
    }
}

/// The role that is written so.
fn role_named(text: &str) -> Result<Role, ApiError> {
    let role = serde_json::from_value::<RoleName>(text.into());
    role.map(Role::from)
        .map_err(|_| ApiError::new(&kinds::NOT_FOUND))
}

impl Decision {
    fn role(&self) -> Result<Role, ApiError> {
        self.role
            .ok_or_else(|| ApiError::internal("the path names no role"))
    }

    /// Has it recorded; the command is told by whom, why and when.
    async fn made(
        self,
        users: &Users,
        command: impl FnOnce(UserId, Reason, DateTime<Utc>) -> UserCommand,
    ) -> Result<Changed, ApiError> {
        let command = command(self.by, self.reason, users.now());
        let actor = self.by.to_string();
        users
            .decide(&self.asked, &actor, &self.bytes, self.user, command)
            .await
    }
}

/// Block a user
///
/// From the next request on they are refused; their sessions end.
#[utoipa::path(post, path = "/v1/users/{user}/block", tag = "staff", operation_id = "block_user",
    security(("bearer" = [])), params(("user" = String, Path, description = "Which user")),
    request_body = Because, responses((status = 204, description = "The user is blocked")))]
async fn block(api: Api, users: Extension<Users>, decision: Decision) -> Result<Changed, ApiError> {
    let (asked, user) = (decision.asked.clone(), decision.user);
    let block = |by, reason, at| UserCommand::Block { by, reason, at };
    let done = decision.made(&users, block).await?;
    users
        .end_sessions(&api, &asked, user, EndedBecause::Blocked, None)
        .await?;
    Ok(done)
}

/// Unblock a user
#[utoipa::path(post, path = "/v1/users/{user}/unblock", tag = "staff",
    operation_id = "unblock_user", security(("bearer" = [])),
    params(("user" = String, Path, description = "Which user")),
    request_body = Because, responses((status = 204, description = "The user is not blocked")))]
async fn unblock(users: Extension<Users>, decision: Decision) -> Result<Changed, ApiError> {
    let unblock = |by, reason, at| UserCommand::Unblock { by, reason, at };
    decision.made(&users, unblock).await
}

/// Give a user a role
#[utoipa::path(put, path = "/v1/users/{user}/roles/{role}", tag = "staff",
    operation_id = "grant_role", security(("bearer" = [])),
    params(("user" = String, Path, description = "Which user"),
        ("role" = inline(RoleName), Path, description = "Which role")),
    request_body = Because, responses((status = 204, description = "The user has the role")))]
async fn grant(users: Extension<Users>, decision: Decision) -> Result<Changed, ApiError> {
    let role = decision.role()?;
    let grant = |by, reason, at| UserCommand::GrantRole {
        role,
        by,
        reason,
        at,
    };
    decision.made(&users, grant).await
}

/// Take a role from a user
#[utoipa::path(delete, path = "/v1/users/{user}/roles/{role}", tag = "staff",
    operation_id = "revoke_role", security(("bearer" = [])),
    params(("user" = String, Path, description = "Which user"),
        ("role" = inline(RoleName), Path, description = "Which role")),
    request_body = Because, responses((status = 204, description = "The user lacks the role")))]
async fn revoke(users: Extension<Users>, decision: Decision) -> Result<Changed, ApiError> {
    let role = decision.role()?;
    let revoke = |by, reason, at| UserCommand::RevokeRole {
        role,
        by,
        reason,
        at,
    };
    decision.made(&users, revoke).await
}

impl Users {
    pub(super) async fn decide(
        &self,
        asked: &Asked,
        actor: &str,
        bytes: &[u8],
        user: UserId,
        command: UserCommand,
    ) -> Result<Changed, ApiError> {
        let context = asked.context(actor, bytes);
        let id = user.to_string();
        let decided = self.commands().execute(&id, command, &context).await;
        let decided = decided.map_err(|refusal| refused(refusal, of_user))?;
        Ok(Changed(Position(decided.position)))
    }
}
