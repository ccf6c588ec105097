//! An e-mail address as people type it, and the one form in which it is compared.

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

/// As RFC 5321 bounds it.
const CHARACTERS_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;

/// In lower case, without space around it. No mailbox that people use tells its letters' cases
/// apart, and two accounts that differ in nothing else would be a trap.
#[derive(Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = Email, max_length = 254, example = "ann@example.com")]
pub struct Email(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address, such as ann@example.com")]
pub struct NotAnEmail;

impl Email {
    pub fn try_new(typed: &str) -> Result<Self, NotAnEmail> {
        let text = typed.trim().to_lowercase();
        let (local, host) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        let plain =
            |c: char| !c.is_whitespace() && !c.is_control() && !"@<>()[]\\,;:\"".contains(c);
        let fits = text.chars().count() <= CHARACTERS_MAX && local.len() <= LOCAL_BYTES_MAX;
        let whole = !local.is_empty() && local.chars().all(plain);
        let labels = host.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        });
        if fits && whole && labels && host.contains('.') {
            Ok(Self(text))
        } else {
            Err(NotAnEmail)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// It is personal: a trace of a request shows nothing of it.
impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email")
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let typed = String::deserialize(deserializer)?;
        Self::try_new(&typed)
            .map_err(|error| serde::de::Error::custom(format_args!("no, expected {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_form() {
        for typed in ["ann@example.com", " Ann@Example.COM ", "ANN@EXAMPLE.COM"] {
            assert_eq!(Email::try_new(typed).unwrap().as_str(), "ann@example.com");
        }
        assert!(Email::try_new("анна+gpu@пример.рф").is_ok());
    }

    #[test]
    fn what_no_mail_would_reach_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for typed in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@host",
            "a nn@example.com",
            "ann@example..com",
            "ann@@example.com",
            "<ann@example.com>",
            "ann@example.com\r\nBcc: x@y.example",
            long.as_str(),
        ] {
            assert_eq!(Email::try_new(typed), Err(NotAnEmail), "{typed}");
        }
    }

    #[test]
    fn nothing_of_it_is_shown() {
        let email = Email::try_new("ann@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "Email");
    }
}
