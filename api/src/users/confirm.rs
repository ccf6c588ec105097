//! Proving that a mailbox is read, by the link or the code that was sent to it.

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::users::{Challenge, ChallengeId, Proof, Purpose, Redemption, UserCommand, UserId};
use serde::Deserialize;
use store::ids;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Users;
use super::changed::Changed;
use super::email::Email;
use super::problems::{WRONG_CODE, of_user};
use super::register::{LOOK_FOR_MAIL, LookForMail};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(confirm))
        .routes(routes!(again))
}

/// The link that was sent, or the address and the code
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What follows `#` in the link
    #[schema(max_length = 200)]
    pub link: Option<String>,
    pub email: Option<Email>,
    /// Six digits
    #[schema(max_length = 16)]
    pub code: Option<String>,
}

/// An answer that belongs to somebody.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    pub user: UserId,
    pub challenge: ChallengeId,
    pub proof: Proof,
}

impl Users {
    /// Whom an answer belongs to. An address that nobody has answers like a wrong code.
    pub(super) async fn answered(
        &self,
        answer: &Answer,
        purpose: fn(&Purpose) -> bool,
    ) -> Result<Answered, ApiError> {
        if let Some(link) = &answer.link {
            let opened = self.challenge_key().open(link.trim());
            let (user, challenge) = opened.ok_or_else(|| wrong("link"))?;
            let proof = Proof::Link;
            return Ok(Answered {
                user,
                challenge,
                proof,
            });
        }
        let (Some(email), Some(code)) = (&answer.email, &answer.code) else {
            return Err(ApiError::new(&kinds::BODY_INVALID)
                .detail("Send the link, or the e-mail address and the code.")
                .field("link"));
        };
        let user = self.registered(self.address(email)).await?;
        let user = user.ok_or_else(|| wrong("code"))?;
        self.typed(user, code, purpose).await
    }

    /// Whether an answer of somebody who is signed in already is right: theirs, or nobody's.
    pub(super) async fn answered_as(
        &self,
        user: UserId,
        answer: &Answer,
    ) -> Result<Answered, ApiError> {
        if answer.link.is_some() {
            let answered = self.answered(answer, |_| false).await?;
            return if answered.user == user {
                Ok(answered)
            } else {
                Err(wrong("link"))
            };
        }
        let code = answer.code.as_deref().ok_or_else(|| {
            ApiError::new(&kinds::BODY_INVALID)
                .detail("Send the link or the code.")
                .field("code")
        })?;
        let is_change = |purpose: &Purpose| matches!(purpose, Purpose::ChangeAddress { .. });
        self.typed(user, code, is_change).await
    }

    async fn typed(
        &self,
        user: UserId,
        code: &str,
        purpose: fn(&Purpose) -> bool,
    ) -> Result<Answered, ApiError> {
        let state = self.user(user).await?;
        let open = |challenge: &&Challenge| purpose(&challenge.purpose);
        let challenge = state
            .person()
            .and_then(|person| person.challenges.iter().find(open).map(|it| it.id))
            .ok_or_else(|| wrong("code"))?;
        let right = self.challenge_key().is_code(challenge, code.trim());
        Ok(Answered {
            user,
            challenge,
            proof: Proof::Code { right },
        })
    }

    /// Redeems an answer; a wrong code is counted and then refused.
    pub(super) async fn redeem(
        &self,
        asked: &Asked,
        bytes: &[u8],
        answered: Answered,
        redemption: Redemption,
    ) -> Result<Position, ApiError> {
        let Answered {
            user,
            challenge,
            proof,
        } = answered;
        let command = UserCommand::Redeem {
            challenge,
            proof,
            redemption,
            at: self.now(),
        };
        let id = user.to_string();
        let context = asked.context(&id, bytes);
        let committed = self.commands().execute(&id, command, &context).await;
        let committed = committed.map_err(|refusal| refused(refusal, of_user))?;
        if proof == (Proof::Code { right: false }) {
            return Err(wrong("code"));
        }
        Ok(Position(committed.position))
    }
}

fn wrong(field: &str) -> ApiError {
    ApiError::new(&WRONG_CODE)
        .detail("Look at the newest mail, or ask for another.")
        .field(field)
}

/// Confirm an e-mail address
#[utoipa::path(post, path = "/v1/users/confirm", tag = "users", operation_id = "confirm",
    security(()), request_body = Answer,
    responses((status = 204, description = "The address is confirmed")))]
async fn confirm(
    asked: Asked,
    users: Extension<Users>,
    body: Body<Answer>,
) -> Result<Changed, ApiError> {
    let is_confirm = |purpose: &Purpose| matches!(purpose, Purpose::Confirm);
    let answered = users.answered(&body.value, is_confirm).await?;
    let position = users
        .redeem(&asked, &body.bytes, answered, Redemption::Confirm)
        .await?;
    Ok(Changed(position))
}

/// Whose mailbox
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    pub email: Email,
}

/// Send the confirmation again
///
/// The answer does not tell whether anything was sent.
#[utoipa::path(post, path = "/v1/users/confirm/again", tag = "users",
    operation_id = "confirm_again", security(()), request_body = Mailbox,
    responses((status = 202, description = "If the address waits for it, a mail is on its way",
        body = LookForMail)))]
async fn again(
    asked: Asked,
    users: Extension<Users>,
    body: Body<Mailbox>,
) -> Result<(StatusCode, Json<LookForMail>), ApiError> {
    users
        .challenge(&asked, &body.bytes, &body.value.email, Purpose::Confirm)
        .await?;
    Ok((StatusCode::ACCEPTED, Json(LOOK_FOR_MAIL)))
}

impl Users {
    /// Asks a mailbox, if somebody has registered it and it was not asked too often.
    pub(super) async fn challenge(
        &self,
        asked: &Asked,
        bytes: &[u8],
        email: &Email,
        purpose: Purpose,
    ) -> Result<(), ApiError> {
        let (address, now) = (self.address(email), self.now());
        if !self.attempts().mail(address, now).await? {
            return Ok(());
        }
        let Some(user) = self.registered(address).await? else {
            return Ok(());
        };
        let id = user.to_string();
        let command = UserCommand::Issue {
            challenge: ChallengeId::new(ids::fresh()),
            purpose,
            at: now,
        };
        let context = asked.context(&format!("stranger/{address}"), bytes);
        match self.commands().execute(&id, command, &context).await {
            // Whoever is blocked or gone gets no mail, and nobody is told.
            Ok(_) | Err(store::Refused::Domain(_)) => Ok(()),
            Err(refusal) => Err(refused(refusal, of_user)),
        }
    }
}
