//! Somebody new: takes an address nobody else has, and sends a mail to see whose it is.

use axum::Json;
use axum::http::StatusCode;
use domain::users::{
    ChallengeId, CredentialId, Locale, Registration, Role, Roles, UserCommand, UserId,
};
use serde::{Deserialize, Serialize};
use store::{Refused, VaultError, ids};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::email::Email;
use super::passwords::Password;
use super::place::Place;
use super::problems::of_user;
use super::{Users, field, sealed};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

const NAME_CHARACTERS_MAX: usize = 100;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(register))
}

/// Which side of the market somebody is on; one may be on both
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Customer,
    Provider,
}

/// Which language mails are written in
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Ru,
    #[default]
    En,
}

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        match language {
            Language::Ru => Self::Russian,
            Language::En => Self::English,
        }
    }
}

/// Who registers
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    email: Email,
    /// At least 8 characters, letters and digits
    #[schema(min_length = 8)]
    password: Password,
    /// How to address the person
    #[schema(max_length = 100, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    name: Option<String>,
    #[serde(default)]
    language: Language,
    /// Customer, where nothing is said
    #[serde(default)]
    sides: Vec<Side>,
}

/// What to do next
#[derive(Serialize, ToSchema)]
pub struct LookForMail {
    /// The same whether the address was free or not: whose it is stays its owner's secret
    #[schema(example = "check-mail")]
    next: &'static str,
}

pub const LOOK_FOR_MAIL: LookForMail = LookForMail { next: "check-mail" };

/// Register
///
/// A mail with a link and a code goes to the address; until one of them comes back, nobody can
/// sign in. The answer does not tell whether the address was registered before.
#[utoipa::path(post, path = "/v1/users", tag = "users", operation_id = "register", security(()),
    request_body = NewUser,
    responses((status = 202, description = "A mail is on its way", body = LookForMail)))]
async fn register(
    asked: Asked,
    place: Place,
    users: axum::Extension<Users>,
    body: Body<NewUser>,
) -> Result<(StatusCode, Json<LookForMail>), ApiError> {
    let new = body.value;
    new.password.judged("password")?;
    let name = name_of(new.name)?;
    let now = users.now();
    let address = users.address(&new.email);
    let caller = format!("stranger/{address}");
    if !users.attempts().registration(&place, now).await? {
        return Err(ApiError::new(&kinds::TOO_MANY_REQUESTS)
            .detail("Too many accounts were made from here.")
            .retry_after(3600));
    }
    // Hashed whether it is needed or not, so that time tells nothing either.
    let hash = users.passwords().hash(&new.password).await?;
    if users.registered(address).await?.is_some() {
        return Ok((StatusCode::ACCEPTED, Json(LOOK_FOR_MAIL)));
    }
    let user = UserId::new(asked.id(&caller));
    let password = CredentialId::new(ids::derived(&user.to_string(), "password"));
    let locale = Locale::from(new.language);
    let subject = user.to_string();
    let kept = [
        (field::EMAIL.to_owned(), new.email.as_str().to_owned()),
        (field::LOCALE.to_owned(), locale_text(locale).to_owned()),
        (field::NAME.to_owned(), name),
        (field::password(password), hash),
        // Whoever audits finds from where; it goes with the person.
        (field::request(asked.request()), place.address.to_string()),
    ];
    // Before the event, so that whoever reads the event finds whom to write to.
    for (field, value) in kept.iter().filter(|(_, value)| !value.is_empty()) {
        match users.vault().put_lazily(&subject, field, value).await {
            Ok(()) => {}
            // Under this key somebody else was faster before, and still is.
            Err(VaultError::Erased) => return Ok((StatusCode::ACCEPTED, Json(LOOK_FOR_MAIL))),
            Err(error) => return Err(sealed(error)),
        }
    }
    let command = UserCommand::Register(Registration {
        user,
        address,
        roles: roles_of(&new.sides),
        locale,
        password,
        challenge: ChallengeId::new(ids::derived(&subject, "confirm")),
        at: now,
    });
    let context = asked.context(&caller, &body.bytes);
    match users.commands().begin(&subject, command, &context).await {
        Ok(_) => {}
        // Somebody was faster by a moment: what was kept for nobody goes again.
        Err(Refused::Taken { .. }) => users.vault().erase(&subject).await.map_err(sealed)?,
        Err(refusal) => return Err(refused(refusal, of_user)),
    }
    Ok((StatusCode::ACCEPTED, Json(LOOK_FOR_MAIL)))
}

pub fn locale_text(locale: Locale) -> &'static str {
    match locale {
        Locale::Russian => "ru",
        Locale::English => "en",
    }
}

fn roles_of(sides: &[Side]) -> Roles {
    let roles = sides.iter().map(|side| match side {
        Side::Customer => Role::Customer,
        Side::Provider => Role::Provider,
    });
    Roles::try_new(roles).unwrap_or_else(|_| Roles::one(Role::Customer))
}

pub fn name_of(name: Option<String>) -> Result<String, ApiError> {
    let name = name.unwrap_or_default();
    if name.chars().count() > NAME_CHARACTERS_MAX || name.chars().any(char::is_control) {
        return Err(ApiError::new(&kinds::BODY_INVALID)
            .detail("A name has at most 100 characters, and no line breaks.")
            .field("name"));
    }
    Ok(name.trim().to_owned())
}
