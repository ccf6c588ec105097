//! Changing an e-mail address: the new mailbox has to answer before the old one is let go.

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::users::{ChallengeId, Proof, Purpose, Redemption, UserCommand};
use serde::Deserialize;
use store::ids;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::Signed;
use super::changed::Changed;
use super::confirm::{Answer, Answered};
use super::email::Email;
use super::passwords::Password;
use super::problems::{ADDRESS_TAKEN, of_user};
use super::register::{LOOK_FOR_MAIL, LookForMail};
use super::{Users, field, sealed};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(change))
        .routes(routes!(confirm))
}

/// The address to be, and who it is
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAddress {
    email: Email,
    password: Password,
}

/// Change your e-mail address
///
/// A mail goes to the new address; until it is answered nothing changes.
#[utoipa::path(put, path = "/v1/me/email", tag = "users", operation_id = "change_email",
    security(("bearer" = [])), request_body = NewAddress,
    responses((status = 202, description = "A mail is on its way", body = LookForMail)))]
async fn change(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<NewAddress>,
) -> Result<(StatusCode, Position, Json<LookForMail>), ApiError> {
    let NewAddress { email, password } = body.value;
    users.prove(&caller, &password, "password").await?;
    let (subject, at, to) = (caller.actor(), users.now(), users.address(&email));
    if !users.attempts().mail(to, at).await? {
        return Err(ApiError::new(&kinds::TOO_MANY_REQUESTS)
            .detail("Too many mails went to this address.")
            .retry_after(3600));
    }
    // Where the mail goes to is known before it is asked for.
    let challenge = ChallengeId::new(ids::fresh());
    let kept = field::new_email(challenge);
    let vault = users.vault();
    vault
        .put_lazily(&subject, &kept, email.as_str())
        .await
        .map_err(sealed)?;
    let command = UserCommand::Issue {
        challenge,
        purpose: Purpose::ChangeAddress { to },
        at,
    };
    let context = asked.context(&subject, b"").without_key();
    let issued = users.commands().execute(&subject, command, &context).await;
    let issued = issued.map_err(|refusal| refused(refusal, of_user))?;
    Ok((
        StatusCode::ACCEPTED,
        Position(issued.position),
        Json(LOOK_FOR_MAIL),
    ))
}

/// Confirm the new e-mail address
#[utoipa::path(post, path = "/v1/me/email/confirm", tag = "users", operation_id = "confirm_email",
    security(("bearer" = [])), request_body = Answer,
    responses((status = 204, description = "The address is changed")))]
async fn confirm(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<Answer>,
) -> Result<Changed, ApiError> {
    let subject = caller.actor();
    let answered = users.answered_as(caller.user(), &body.value).await?;
    let kept = field::new_email(answered.challenge);
    let next = users.keep_old_address(&subject, answered).await?;
    let redeemed = users
        .redeem(&asked, &body.bytes, answered, Redemption::ChangeAddress)
        .await
        .map_err(|refusal| {
            if *refusal.kind() == kinds::TAKEN {
                ApiError::new(&ADDRESS_TAKEN)
            } else {
                refusal
            }
        })?;
    if let Some(next) = next {
        let vault = users.vault();
        vault
            .put(&subject, field::EMAIL, &next)
            .await
            .map_err(sealed)?;
        vault.remove(&subject, &kept).await.map_err(sealed)?;
    }
    Ok(Changed(redeemed))
}

impl Users {
    /// Says what the address is to be, once the old one is kept for the mail that goes there.
    ///
    /// It is kept before the event that leads to the mail, and stays where the answer is refused
    /// after all: removing it could take it from a mail that the same answer, given twice at once,
    /// has led to, and nobody would hear of an account that was taken over.
    async fn keep_old_address(
        &self,
        subject: &str,
        answered: Answered,
    ) -> Result<Option<String>, ApiError> {
        let new_email = field::new_email(answered.challenge);
        let fields = [new_email.as_str(), field::EMAIL];
        let kept = self.vault().some(subject, &fields).await;
        let mut kept = kept.map_err(sealed)?;
        let next = kept.remove(&new_email);
        let now = kept.remove(field::EMAIL);
        let is_right = answered.proof != Proof::Code { right: false };
        // Asked again after it was done, the address that is kept is the new one already.
        if let (Some(next), Some(now)) = (&next, now)
            && is_right
            && *next != now
        {
            let old = field::old_email(answered.challenge);
            self.vault()
                .put_lazily(subject, &old, &now)
                .await
                .map_err(sealed)?;
        }
        Ok(next)
    }
}
