//! The second factor: shown once, proven once, and switched off by whoever has both factors.

use axum::{Extension, Json};
use domain::users::{DisabledBecause, FactorId, SecondFactor, UserCommand};
use serde::{Deserialize, Serialize};
use store::ids;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::Signed;
use super::changed::Changed;
use super::passwords::Password;
use super::problems::{SECOND_FACTOR_OFF, WRONG_CODE, of_user};
use super::totp::{Factor, RECOVERY_CODES, recovery_codes, to_keep};
use super::{Users, field, sealed};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::ApiError;
use crate::refused::refused;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(begin, disable))
        .routes(routes!(enable))
        .routes(routes!(replace_codes))
}

/// Who it is, once more
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Again {
    password: Password,
}

/// What an authenticator has to know
#[derive(Serialize, ToSchema)]
pub struct Begun {
    /// For typing in
    secret: String,
    /// For an authenticator on this device
    url: String,
    /// For a camera: an SVG image
    qr: String,
}

/// Begin a second factor
///
/// Nothing is asked for until a code has proven that the authenticator knows the secret.
#[utoipa::path(post, path = "/v1/me/second-factor", tag = "users",
    operation_id = "begin_second_factor", security(("bearer" = [])), request_body = Again,
    responses((status = 200, description = "What the authenticator has to know", body = Begun)))]
async fn begin(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<Again>,
) -> Result<(Position, Json<Begun>), ApiError> {
    users
        .prove(&caller, &body.value.password, "password")
        .await?;
    let subject = caller.actor();
    let email = users
        .vault()
        .get(&subject, field::EMAIL)
        .await
        .map_err(sealed)?;
    let factor = Factor::fresh(&email.unwrap_or_default())?;
    let id = FactorId::new(ids::fresh());
    let kept = field::factor(id);
    users
        .vault()
        .put_lazily(&subject, &kept, &factor.to_keep())
        .await
        .map_err(sealed)?;
    let command = UserCommand::BeginSecondFactor {
        factor: id,
        at: users.now(),
    };
    let context = asked.context(&subject, b"").without_key();
    let begun = users.commands().execute(&subject, command, &context).await;
    if begun.is_err() {
        users
            .vault()
            .remove(&subject, &kept)
            .await
            .map_err(sealed)?;
    }
    let begun = begun.map_err(|refusal| refused(refusal, of_user))?;
    let shown = Begun {
        secret: factor.secret(),
        url: factor.url(),
        qr: factor.qr()?,
    };
    Ok((Position(begun.position), Json(shown)))
}

/// What the authenticator shows
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Six digits
    #[schema(max_length = 16)]
    code: String,
}

/// Codes for paper
#[derive(Serialize, ToSchema)]
pub struct OnPaper {
    /// Each is good once, when the authenticator is lost; they are not shown again
    recovery_codes: Vec<String>,
}

/// Switch the second factor on
#[utoipa::path(post, path = "/v1/me/second-factor/enable", tag = "users",
    operation_id = "enable_second_factor", security(("bearer" = [])), request_body = Shown,
    responses((status = 200, description = "It is on", body = OnPaper)))]
async fn enable(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<Shown>,
) -> Result<(Position, Json<OnPaper>), ApiError> {
    let subject = caller.actor();
    let state = users.user(caller.user()).await?;
    let begun = state.person().map(|person| &person.second_factor);
    let Some(SecondFactor::Begun { factor }) = begun else {
        return Err(ApiError::new(&SECOND_FACTOR_OFF).detail("Begin one first."));
    };
    let kept = users.vault().get(&subject, &field::factor(*factor)).await;
    let kept = kept.map_err(sealed)?;
    let kept = kept.ok_or_else(|| ApiError::internal("the second factor is not kept"))?;
    let at = users.now();
    let step = Factor::kept(&kept)?.step_of(&body.value.code, at);
    let step = step.ok_or_else(|| {
        ApiError::new(&WRONG_CODE)
            .detail("Look whether the clock of the authenticator is right.")
            .field("code")
    })?;
    let codes = recovery_codes()?;
    let recovery = field::recovery(*factor);
    users
        .vault()
        .put_lazily(&subject, &recovery, &to_keep(&codes))
        .await
        .map_err(sealed)?;
    let command = UserCommand::EnableSecondFactor {
        factor: *factor,
        recovery_codes: RECOVERY_CODES,
        step,
        at,
    };
    let context = asked.context(&subject, b"").without_key();
    let enabled = users.commands().execute(&subject, command, &context).await;
    let enabled = enabled.map_err(|refusal| refused(refusal, of_user))?;
    let recovery_codes = codes;
    Ok((Position(enabled.position), Json(OnPaper { recovery_codes })))
}

/// Both factors, to be rid of one
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Both {
    password: Password,
    /// Six digits of the authenticator, or a recovery code
    #[schema(max_length = 32)]
    code: String,
}

/// Switch the second factor off
#[utoipa::path(delete, path = "/v1/me/second-factor", tag = "users",
    operation_id = "disable_second_factor", security(("bearer" = [])), request_body = Both,
    responses((status = 204, description = "It is off")))]
async fn disable(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<Both>,
) -> Result<Changed, ApiError> {
    let Both { password, code } = body.value;
    let person = users.prove(&caller, &password, "password").await?;
    let SecondFactor::On { factor, codes, .. } = person.second_factor else {
        return Err(ApiError::new(&SECOND_FACTOR_OFF));
    };
    users.second_factor(&asked, &person, &code).await?;
    let subject = caller.actor();
    let command = UserCommand::DisableSecondFactor {
        why: DisabledBecause::Asked,
        at: users.now(),
    };
    let context = asked.context(&subject, b"").without_key();
    let disabled = users.commands().execute(&subject, command, &context).await;
    let disabled = disabled.map_err(|refusal| refused(refusal, of_user))?;
    for field in [field::factor(factor), field::recovery(codes)] {
        users
            .vault()
            .remove(&subject, &field)
            .await
            .map_err(sealed)?;
    }
    Ok(Changed(Position(disabled.position)))
}

/// Replace the recovery codes
///
/// Those before are void from then on, used or not.
#[utoipa::path(post, path = "/v1/me/second-factor/recovery-codes", tag = "users",
    operation_id = "replace_recovery_codes", security(("bearer" = [])), request_body = Both,
    responses((status = 200, description = "The new ones", body = OnPaper)))]
async fn replace_codes(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<Both>,
) -> Result<(Position, Json<OnPaper>), ApiError> {
    let Both { password, code } = body.value;
    let person = users.prove(&caller, &password, "password").await?;
    let SecondFactor::On { codes: old, .. } = person.second_factor else {
        return Err(ApiError::new(&SECOND_FACTOR_OFF));
    };
    users.second_factor(&asked, &person, &code).await?;
    let subject = caller.actor();
    let (id, fresh) = (FactorId::new(ids::fresh()), recovery_codes()?);
    let kept = field::recovery(id);
    let fresh_text = to_keep(&fresh);
    let put = users.vault().put_lazily(&subject, &kept, &fresh_text).await;
    put.map_err(sealed)?;
    let command = UserCommand::ReplaceRecoveryCodes {
        codes: id,
        recovery_codes: RECOVERY_CODES,
        at: users.now(),
    };
    let context = asked.context(&subject, b"").without_key();
    let replaced = users.commands().execute(&subject, command, &context).await;
    // Of the two, the ones that the log does not name are of no use.
    let useless = if replaced.is_ok() {
        field::recovery(old)
    } else {
        kept
    };
    let removed = users.vault().remove(&subject, &useless).await;
    removed.map_err(sealed)?;
    let replaced = replaced.map_err(|refusal| refused(refusal, of_user))?;
    let recovery_codes = fresh;
    Ok((
        Position(replaced.position),
        Json(OnPaper { recovery_codes }),
    ))
}
