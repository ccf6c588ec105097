//! Making people without being asked over HTTP: the first admin, and whoever the operator needs.

use domain::users::{
    ChallengeId, CredentialId, Locale, Reason, Registration, Role, Roles, UserCommand, UserId,
};
use store::{Context, Refused, ids};

use super::email::Email;
use super::passwords::Password;
use super::register::locale_text;
use super::{Users, field};

/// As it stands in events: nobody who signs in.
const OPERATOR: &str = "operator";

/// Why there is no new admin.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    #[error("{0} is not an e-mail address, such as ann@example.com")]
    Email(String),
    #[error(transparent)]
    Password(#[from] super::passwords::Weak),
    #[error("somebody has registered this address already")]
    Taken,
    #[error("the database did not take it")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> NotMade {
    NotMade::Failed(Box::new(error))
}

impl Users {
    /// Registers somebody whose address needs no proof, and makes them an admin.
    pub async fn create_admin(
        &self,
        email: &str,
        password: String,
        name: Option<String>,
        language: &str,
    ) -> Result<UserId, NotMade> {
        let email = Email::try_new(email).map_err(|_| NotMade::Email(email.to_owned()))?;
        let password = Password::new(password);
        password.judge()?;
        let locale = if language == "ru" {
            Locale::Russian
        } else {
            Locale::English
        };
        let (user, at) = (UserId::new(ids::fresh()), self.now());
        let subject = user.to_string();
        let credential = CredentialId::new(ids::fresh());
        let hash = self.passwords().hash_now(&password);
        let kept = [
            (field::EMAIL.to_owned(), email.as_str().to_owned()),
            (field::LOCALE.to_owned(), locale_text(locale).to_owned()),
            (field::NAME.to_owned(), name.unwrap_or_default()),
            (field::password(credential), hash),
        ];
        for (field, value) in kept.iter().filter(|(_, value)| !value.is_empty()) {
            let put = self.vault().put(&subject, field, value);
            put.await.map_err(failed)?;
        }
        let registration = Registration {
            user,
            address: self.address(&email),
            roles: Roles::one(Role::Customer),
            locale,
            password: credential,
            challenge: ChallengeId::new(ids::fresh()),
            at,
        };
        // At once, so that no mail asks for a proof that nobody needs.
        let appoint = UserCommand::Appoint {
            registration,
            role: Role::Admin,
            reason: Reason::try_new("made an admin on the machine itself").map_err(failed)?,
        };
        let context = Context::by(OPERATOR);
        let appointed = self.commands().execute(&subject, appoint, &context);
        match appointed.await {
            Ok(_) => {}
            Err(Refused::Taken { .. }) => {
                self.vault().erase(&subject).await.map_err(failed)?;
                return Err(NotMade::Taken);
            }
            Err(refusal) => return Err(failed(refusal)),
        }
        Ok(user)
    }
}
