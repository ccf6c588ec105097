//! Changing a password, by whoever knows the one before.

use axum::Extension;
use domain::users::{CredentialId, EndedBecause, UserCommand};
use serde::Deserialize;
use store::ids;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::Signed;
use super::changed::Changed;
use super::passwords::Password;
use super::problems::{WRONG_PASSWORD, of_user};
use super::{Users, field, sealed};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::ApiError;
use crate::refused::refused;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(change))
}

/// The password that is, and the one to be
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    current_password: Password,
    /// At least 8 characters, letters and digits
    #[schema(min_length = 8)]
    password: Password,
}

/// Change your password
///
/// Every other session of yours ends.
#[utoipa::path(put, path = "/v1/me/password", tag = "users", operation_id = "change_password",
    security(("bearer" = [])), request_body = Change,
    responses((status = 204, description = "The password is changed")))]
async fn change(
    api: Api,
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<Change>,
) -> Result<Changed, ApiError> {
    let Change {
        current_password,
        password,
    } = body.value;
    password.judged("password")?;
    let person = users.admitted(&caller).await?;
    let kept = users.kept_hash(&person).await?;
    let hash = users
        .passwords()
        .exchange(&current_password, kept, &password)
        .await?
        .ok_or_else(|| ApiError::new(&WRONG_PASSWORD).field("current_password"))?;
    let subject = caller.actor();
    let credential = CredentialId::new(ids::fresh());
    let kept = field::password(credential);
    users
        .vault()
        .put_lazily(&subject, &kept, &hash)
        .await
        .map_err(sealed)?;
    let command = UserCommand::ChangePassword {
        from: person.password,
        password: credential,
        at: users.now(),
    };
    let context = asked.context(&subject, b"").without_key();
    let changed = users.commands().execute(&subject, command, &context).await;
    let of_no_use = match &changed {
        Ok(_) => field::password(person.password),
        Err(_) => kept,
    };
    users
        .vault()
        .remove(&subject, &of_no_use)
        .await
        .map_err(sealed)?;
    let changed = changed.map_err(|refusal| refused(refusal, of_user))?;
    let why = EndedBecause::PasswordChanged;
    users
        .end_sessions(&api, &asked, caller.user(), why, Some(caller.session))
        .await?;
    Ok(Changed(Position(changed.position)))
}
