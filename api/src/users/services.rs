//! Service accounts: programs of ours, which never sign in and show keys that an admin made.

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::users::{Role, Roles, User, UserCommand, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::Admin;
use super::keys::{MadeKey, NewKey};
use super::problems::of_user;
use super::staff::{RoleName, identity};
use super::{Users, field, sealed};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::parameters::Path;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

const NAME_CHARACTERS_MAX: usize = 100;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(create))
        .routes(routes!(create_key))
}

/// A service account to be
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewService {
    /// What it is called
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*\
                   [^\\s\\u0000-\\u001f\\u007f-\\u009f]\
                   [^\\u0000-\\u001f\\u007f-\\u009f]*$",
        example = "nightly reports"
    )]
    name: String,
    #[schema(min_items = 1)]
    roles: Vec<RoleName>,
}

/// A service account
#[derive(Serialize, ToSchema)]
pub struct MadeService {
    #[schema(value_type = String, example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: UserId,
}

/// Make a service account
///
/// It never signs in; give it keys.
#[utoipa::path(post, path = "/v1/services", tag = "staff", operation_id = "create_service",
    security(("bearer" = [])), request_body = NewService,
    responses((status = 201, description = "The service account", body = MadeService)))]
async fn create(
    asked: Asked,
    Admin(caller): Admin,
    users: Extension<Users>,
    body: Body<NewService>,
) -> Result<(StatusCode, Position, Json<MadeService>), ApiError> {
    let NewService { name, roles } = body.value;
    let invalid = |field: &str, detail: &'static str| {
        ApiError::new(&kinds::BODY_INVALID)
            .detail(detail)
            .field(field)
    };
    let fits = name.chars().count() <= NAME_CHARACTERS_MAX && !name.trim().is_empty();
    if !fits || name.chars().any(char::is_control) {
        return Err(invalid(
            "name",
            "Give it a name of 1 to 100 characters, in one line.",
        ));
    }
    let roles = Roles::try_new(roles.into_iter().map(Role::from))
        .map_err(|_| invalid("roles", "Name at least one role."))?;
    let actor = caller.actor();
    let id = UserId::new(asked.id(&actor));
    let subject = id.to_string();
    // Whoever asks again for one that is there gives it no other name.
    if let User::Unregistered = users.user(id).await? {
        let vault = users.vault();
        let put = vault.put_lazily(&subject, field::NAME, name.trim());
        put.await.map_err(sealed)?;
    }
    let command = UserCommand::RegisterService {
        user: id,
        roles,
        by: caller.user(),
        at: users.now(),
    };
    let context = asked.context(&actor, &body.bytes);
    let made = users.commands().begin(&subject, command, &context).await;
    let made = made.map_err(|refusal| refused(refusal, of_user))?;
    let shown = Json(MadeService { id });
    Ok((StatusCode::CREATED, Position(made.position), shown))
}

/// Make a key of a service account
#[utoipa::path(post, path = "/v1/services/{user}/keys", tag = "staff",
    operation_id = "create_service_key", security(("bearer" = [])),
    params(("user" = String, Path, description = "Which service account")),
    request_body = NewKey,
    responses((status = 201, description = "The key; it is shown this once", body = MadeKey)))]
async fn create_key(
    asked: Asked,
    Admin(caller): Admin,
    users: Extension<Users>,
    Path(user): Path<String>,
    body: Body<NewKey>,
) -> Result<(StatusCode, Position, Json<MadeKey>), ApiError> {
    let state = users.user(identity(&user)?).await?;
    // A person's keys are made by that person.
    let standing = state.standing().filter(|_| state.person().is_none());
    let standing = standing.ok_or_else(|| ApiError::new(&kinds::NOT_FOUND))?;
    users
        .make_key(&asked, &caller.actor(), standing, body)
        .await
}
