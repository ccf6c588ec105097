//! A forgotten password: the mailbox vouches for whoever sets a new one, once.

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::users::{CredentialId, EndedBecause, Purpose, Redemption};
use serde::Deserialize;
use store::ids;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::changed::Changed;
use super::confirm::{Answer, Mailbox};
use super::email::Email;
use super::passwords::Password;
use super::problems::CHALLENGE_SPENT;
use super::register::{LOOK_FOR_MAIL, LookForMail};
use super::{Users, field, sealed};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::Body;
use crate::problem::ApiError;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(recover))
        .routes(routes!(complete))
}

/// Recover a password
///
/// The answer does not tell whether anything was sent.
#[utoipa::path(post, path = "/v1/recovery", tag = "users", operation_id = "recover",
    security(()), request_body = Mailbox,
    responses((status = 202, description = "If somebody has the address, a mail is on its way",
        body = LookForMail)))]
async fn recover(
    asked: Asked,
    users: Extension<Users>,
    body: Body<Mailbox>,
) -> Result<(StatusCode, Json<LookForMail>), ApiError> {
    users
        .challenge(&asked, &body.bytes, &body.value.email, Purpose::Recover)
        .await?;
    Ok((StatusCode::ACCEPTED, Json(LOOK_FOR_MAIL)))
}

/// The link that was sent, or the address and the code; and the password to be
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// What follows `#` in the link
    #[schema(max_length = 200)]
    link: Option<String>,
    email: Option<Email>,
    /// Six digits
    #[schema(max_length = 16)]
    code: Option<String>,
    /// At least 8 characters, letters and digits
    #[schema(min_length = 8)]
    password: Password,
}

/// Set a new password
///
/// Every session of the user ends.
#[utoipa::path(post, path = "/v1/recovery/complete", tag = "users",
    operation_id = "complete_recovery", security(()), request_body = NewPassword,
    responses((status = 204, description = "The password is set")))]
async fn complete(
    api: Api,
    asked: Asked,
    users: Extension<Users>,
    body: Body<NewPassword>,
) -> Result<Changed, ApiError> {
    let NewPassword {
        link,
        email,
        code,
        password,
    } = body.value;
    password.judged("password")?;
    let answer = Answer { link, email, code };
    let is_recover = |purpose: &Purpose| matches!(purpose, Purpose::Recover);
    let answered = users.answered(&answer, is_recover).await?;
    let hash = users.passwords().hash(&password).await?;
    let subject = answered.user.to_string();
    let before = users.user(answered.user).await?;
    if before.person().is_none() {
        return Err(ApiError::new(&CHALLENGE_SPENT));
    }
    let password = CredentialId::new(ids::fresh());
    let field = field::password(password);
    users
        .vault()
        .put_lazily(&subject, &field, &hash)
        .await
        .map_err(sealed)?;
    let redemption = Redemption::Recover { password };
    let redeemed = users
        .redeem(&asked, &body.bytes, answered, redemption)
        .await;
    let after = users.user(answered.user).await?;
    let current = |user: &domain::users::User| user.person().map(|person| person.password);
    // Whatever came of it, what is not the password is not kept.
    for credential in [current(&before), Some(password)].into_iter().flatten() {
        if Some(credential) != current(&after) {
            let field = field::password(credential);
            users
                .vault()
                .remove(&subject, &field)
                .await
                .map_err(sealed)?;
        }
    }
    let position = redeemed?;
    users
        .end_sessions(
            &api,
            &asked,
            answered.user,
            EndedBecause::PasswordChanged,
            None,
        )
        .await?;
    Ok(Changed(position))
}
