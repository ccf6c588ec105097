//! Becoming a provider: anybody may, by accepting what providers agree to.

use axum::Extension;
use domain::users::{Reason, Role, Scope, UserCommand};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa_axum::routes;

use super::Users;
use super::caller::Caller;
use super::changed::Changed;
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::problem::{ApiError, kinds};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(become_provider))
}

/// What providers agree to
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The terms for providers
    #[schema(schema_with = agreed)]
    accept: bool,
}

/// There is but one thing to say.
fn agreed() -> Object {
    let only = ObjectBuilder::new().schema_type(Type::Boolean);
    only.enum_values(Some([true])).build()
}

/// Become a provider
///
/// Whoever has confirmed an address may bring machines and earn with them.
#[utoipa::path(post, path = "/v1/me/provider", tag = "users", operation_id = "become_provider",
    security(("bearer" = [])), request_body = Acceptance,
    responses((status = 204, description = "You are a provider")))]
async fn become_provider(
    asked: Asked,
    caller: Caller,
    users: Extension<Users>,
    body: Body<Acceptance>,
) -> Result<Changed, ApiError> {
    caller.insist(Scope::AccountWrite)?;
    if !body.value.accept {
        return Err(ApiError::new(&kinds::BODY_INVALID)
            .detail("Accept the terms, or stay what you are.")
            .field("accept"));
    }
    let reason = Reason::try_new("accepted the terms for providers");
    let user = caller.user();
    let command = UserCommand::GrantRole {
        role: Role::Provider,
        by: user,
        reason: reason.map_err(ApiError::internal)?,
        at: users.now(),
    };
    users
        .decide(&asked, &caller.actor(), &body.bytes, user, command)
        .await
}
