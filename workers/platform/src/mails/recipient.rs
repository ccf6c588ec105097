//! Whom a mail goes to: the one place where an address leaves the vault.

use domain::mails::Template;
use domain::users::kept::{EMAIL, LOCALE, NAME, new_email, old_email};
use domain::users::{ChallengeId, Locale};
use lettre::Address;
use store::{Vault, VaultError};

#[derive(Clone)]
pub(super) struct Recipient {
    pub address: Address,
    pub name: Option<String>,
    pub locale: Locale,
}

/// Nobody where there is no address that mail can be sent to.
pub(super) async fn recipient(
    vault: &Vault,
    user: &str,
    template: Template,
    challenge: Option<ChallengeId>,
) -> Result<Option<Recipient>, VaultError> {
    let address_field = match (template, challenge) {
        (Template::ChangeAddress, Some(challenge)) => new_email(challenge),
        (Template::AddressChanged, Some(challenge)) => old_email(challenge),
        _ => EMAIL.to_owned(),
    };
    let (mut address, mut name, mut locale) = (None, None, Locale::English);
    let fields = [address_field.as_str(), NAME, LOCALE];
    for (field, value) in vault.some(user, &fields).await? {
        if field == address_field {
            address = value.parse().ok();
        } else if field == NAME {
            name = Some(value);
        } else if field == LOCALE && value == "ru" {
            locale = Locale::Russian;
        }
    }
    Ok(address.map(|address| Recipient {
        address,
        name,
        locale,
    }))
}
