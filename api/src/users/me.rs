//! What is held about a person: shown, changed, and handed over.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::users::{Locale, Person, Role, Scope, UserCommand};
use projections::people::{self, Cursor};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::{Caller, Signed};
use super::passwords::Password;
use super::problems::{WRONG_PASSWORD, of_user, over};
use super::register::{Language, locale_text, name_of};
use super::sign_in::rfc3339;
use super::{Users, field, sealed};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::ApiError;
use crate::refused::refused;

const EXPORTED_ACTIONS_MAX: i64 = 10_000;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(me, change))
        .routes(routes!(export))
}

/// Who is asking
#[derive(Serialize, ToSchema)]
pub struct Me {
    #[schema(example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    email: Option<String>,
    name: Option<String>,
    /// In which mails are written
    language: &'static str,
    roles: Vec<&'static str>,
    second_factor: bool,
    recovery_codes_left: usize,
    registered_at: Option<String>,
}

/// Who you are
#[utoipa::path(get, path = "/v1/me", tag = "users", operation_id = "me",
    security(("bearer" = [])), responses((status = 200, description = "You", body = Me)))]
async fn me(caller: Caller, users: Extension<Users>) -> Result<Json<Me>, ApiError> {
    caller.insist(Scope::Read)?;
    let state = users.user(caller.user()).await?;
    let subject = caller.actor();
    let fields = [field::EMAIL, field::NAME];
    let kept = users.vault().some(&subject, &fields).await;
    let mut kept = kept.map_err(sealed)?;
    let person = state.person();
    Ok(Json(Me {
        id: subject,
        email: kept.remove(field::EMAIL),
        name: kept.remove(field::NAME),
        language: locale_text(person.map_or(Locale::English, |person| person.locale)),
        roles: caller
            .standing
            .roles
            .iter()
            .copied()
            .map(role_text)
            .collect(),
        second_factor: person.is_some_and(|person| person.second_factor.is_on()),
        recovery_codes_left: person.map_or(0, |it| it.second_factor.recovery_codes_left()),
        registered_at: person.map(|person| rfc3339(person.registered_at)),
    }))
}

pub const fn role_text(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Provider => "provider",
        Role::Support => "support",
        Role::Finance => "finance",
        Role::Admin => "admin",
    }
}

/// What may be changed without proving anything; what is left out stays
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// How to address you; empty for no name
    #[schema(max_length = 100, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    name: Option<String>,
    /// In which mails are written
    language: Option<Language>,
}

/// Change how you are addressed
#[utoipa::path(patch, path = "/v1/me", tag = "users", operation_id = "change_me",
    security(("bearer" = [])), request_body = Profile,
    responses((status = 204, description = "You are addressed so from now on")))]
async fn change(
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<Profile>,
) -> Result<(StatusCode, Option<Position>, ()), ApiError> {
    let Profile { name, language } = body.value;
    let name = name.map(|name| name_of(Some(name))).transpose()?;
    let (vault, subject) = (users.vault(), caller.actor());
    match name.as_deref() {
        None => {}
        Some("") => vault.remove(&subject, field::NAME).await.map_err(sealed)?,
        Some(name) => {
            let put = vault.put(&subject, field::NAME, name);
            put.await.map_err(sealed)?;
        }
    }
    let Some(language) = language else {
        return Ok((StatusCode::NO_CONTENT, None, ()));
    };
    let locale = Locale::from(language);
    let command = UserCommand::ChangeLocale {
        locale,
        at: users.now(),
    };
    let context = asked.context(&subject, &body.bytes);
    let changed = users.commands().execute(&subject, command, &context).await;
    let changed = changed.map_err(|refusal| refused(refusal, of_user))?;
    let put = vault.put(&subject, field::LOCALE, locale_text(locale));
    put.await.map_err(sealed)?;
    let position = Some(Position(changed.position));
    Ok((StatusCode::NO_CONTENT, position, ()))
}

/// Everything that is held about a person
#[derive(Serialize, ToSchema)]
pub struct Everything {
    #[schema(example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    /// What the vault keeps, by field; what only proves who you are is named and not shown
    personal: BTreeMap<String, String>,
    /// What happened to the account, the newest first
    actions: Vec<Done>,
}

/// Something that happened to an account
#[derive(Serialize, ToSchema)]
pub struct Done {
    /// Of the event in the log
    position: i64,
    at: String,
    #[schema(example = "session.started")]
    action: String,
    detail: Option<String>,
}

/// Everything that is held about you
#[utoipa::path(get, path = "/v1/me/export", tag = "users", operation_id = "export_me",
    security(("bearer" = [])),
    responses((status = 200, description = "Everything", body = Everything)))]
async fn export(
    api: Api,
    caller: Signed,
    users: Extension<Users>,
) -> Result<Json<Everything>, ApiError> {
    let id = caller.actor();
    let kept = users.vault().all(&id).await.map_err(sealed)?;
    let shown = |(field, value): (String, String)| {
        let value = if field::is_secret(&field) {
            "kept to know you by, not shown".to_owned()
        } else {
            value
        };
        (field, value)
    };
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let about = people::ActionFilter {
        user: Some(caller.user()),
        ..people::ActionFilter::default()
    };
    let actions =
        people::actions(&mut *tenant, &about, Cursor::LATEST, EXPORTED_ACTIONS_MAX).await?;
    drop(tenant);
    let actions = actions.into_iter().map(|done| Done {
        position: done.position,
        at: rfc3339(done.at),
        action: done.action,
        detail: done.detail,
    });
    Ok(Json(Everything {
        id,
        personal: kept.into_iter().map(shown).collect(),
        actions: actions.collect(),
    }))
}

impl Users {
    /// Makes sure that it is the person, and not only somebody at an open session of theirs.
    pub(super) async fn prove(
        &self,
        caller: &Signed,
        password: &Password,
        field: &str,
    ) -> Result<Person, ApiError> {
        let person = self.admitted(caller).await?;
        if self.is_password(&person, password).await? {
            return Ok(person);
        }
        Err(ApiError::new(&WRONG_PASSWORD).field(field))
    }

    /// Who is to show their password, if they were not asked for it too often.
    pub(super) async fn admitted(&self, caller: &Signed) -> Result<Person, ApiError> {
        let state = self.user(caller.user()).await?;
        let person = state.person().ok_or_else(over)?;
        self.attempts().prove(caller.user(), self.now()).await?;
        Ok(person.clone())
    }
}
