//! Passwords: which are good enough, and how they are hashed without taking the machine with them.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Deserializer};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::problem::{ApiError, kinds};

const CHARACTERS_MIN: usize = 8;
const CHARACTERS_MAX: usize = 256;
/// What OWASP asks for at the least: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// Whoever comes later is told to come back: waiting longer than a request may take helps nobody.
const WAITING_MAX: usize = 512;

static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// As it was typed; it is shown nowhere and wiped when it is done with.
#[derive(Clone, ToSchema)]
#[schema(value_type = String, format = Password, max_length = 256)]
pub struct Password(Zeroizing<String>);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// Why a password is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    #[error("Use at least 8 characters.")]
    Short,
    #[error("Use at most 256 characters.")]
    Long,
    #[error("Use letters and digits, at least one of each.")]
    OneKind,
    #[error("This one is known to everybody who guesses passwords: choose another.")]
    Common,
}

impl Password {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Says what is wrong with one that somebody wants to have.
    pub fn judge(&self) -> Result<(), Weak> {
        let count = self.0.chars().count();
        if count < CHARACTERS_MIN {
            return Err(Weak::Short);
        }
        if count > CHARACTERS_MAX {
            return Err(Weak::Long);
        }
        let any = |kind: fn(char) -> bool| self.0.chars().any(kind);
        if !any(char::is_alphabetic) || !any(char::is_numeric) {
            return Err(Weak::OneKind);
        }
        if COMMON.contains(self.0.to_lowercase().as_str()) {
            return Err(Weak::Common);
        }
        Ok(())
    }

    pub fn judged(&self, field: &str) -> Result<(), ApiError> {
        self.judge().map_err(|weak| {
            ApiError::new(&super::problems::PASSWORD_WEAK)
                .detail(weak.to_string())
                .field(field)
        })
    }
}

/// What came of holding a password against a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    pub right: bool,
    /// The hash was made with less care than is taken now.
    pub outdated: bool,
}

/// Hashes, a few at a time, away from the threads that answer requests.
#[derive(Clone, Debug)]
pub struct Passwords {
    argon2: Argon2<'static>,
    slots: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Nobody's, so that an unknown address costs as much time as a known one.
    decoy: Arc<str>,
}

impl Passwords {
    /// With so many hashes at once; each takes 19 MiB and a processor.
    pub fn new(at_once: usize) -> Self {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
        let params = params.expect("the parameters are within bounds");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&argon2, "the password of nobody at all");
        Self {
            argon2,
            slots: Arc::new(Semaphore::new(at_once.max(1))),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            decoy: decoy.into(),
        }
    }

    /// Here and now, for whoever has nothing else to do.
    pub fn hash_now(&self, password: &Password) -> String {
        hash(&self.argon2, &password.0)
    }

    pub async fn hash(&self, password: &Password) -> Result<String, ApiError> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.in_turn(move || hash(&argon2, &password.0)).await
    }

    /// Without a hash to hold it against, nothing is right, and it takes as long.
    pub async fn check(
        &self,
        password: &Password,
        against: Option<String>,
    ) -> Result<Checked, ApiError> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        let known = against.is_some();
        let against = against.unwrap_or_else(|| self.decoy.as_ref().to_owned());
        let checked = self.in_turn(move || check(&argon2, &password.0, &against));
        let mut checked = checked.await?;
        checked.right &= known;
        Ok(checked)
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let busy = || {
            ApiError::new(&kinds::OVERLOADED)
                .detail("Too many passwords are being checked.")
                .retry_after(2)
        };
        let waiting = Arc::clone(&self.waiting).try_acquire_owned();
        let _waiting = waiting.map_err(|_| busy())?;
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.map_err(ApiError::internal)?;
        let worked = tokio::task::spawn_blocking(move || {
            // Whoever asked may have gone; the slot is taken until the work is done.
            let _slot = slot;
            work()
        });
        worked.await.map_err(ApiError::internal)
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> String {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).expect("the system gives random bytes");
    let salt = SaltString::encode_b64(&salt).expect("the salt has a length that fits");
    argon2
        .hash_password(password.as_bytes(), &salt)
        .expect("a password of any length can be hashed")
        .to_string()
}

fn check(argon2: &Argon2<'_>, password: &str, against: &str) -> Checked {
    let Ok(stored) = PasswordHash::new(against) else {
        return Checked {
            right: false,
            outdated: false,
        };
    };
    let params = argon2.params();
    let outdated = Params::try_from(&stored).map_or(true, |made_with| {
        made_with.m_cost() < params.m_cost() || made_with.t_cost() < params.t_cost()
    });
    Checked {
        right: argon2.verify_password(password.as_bytes(), &stored).is_ok(),
        outdated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_eight_characters_with_letters_and_digits() {
        let judged = |text: &str| Password::new(text).judge();
        assert_eq!(judged("abc12345"), Ok(()));
        assert_eq!(judged("abcdefgh"), Err(Weak::OneKind));
        assert_eq!(judged("1234567"), Err(Weak::Short));
        assert_eq!(judged("a1"), Err(Weak::Short));
        assert_eq!(judged("12345678"), Err(Weak::OneKind));
        assert_eq!(judged("пароль-из-слов-7"), Ok(()));
        assert_eq!(judged(&"a1".repeat(128)), Ok(()));
        assert_eq!(judged(&"a1".repeat(129)), Err(Weak::Long));
    }

    #[test]
    fn what_everybody_guesses_first_is_refused_in_any_case() {
        for text in ["password1", "Password1", "qwerty123", "1q2w3e4r"] {
            assert_eq!(Password::new(text).judge(), Err(Weak::Common), "{text}");
        }
    }

    #[test]
    fn every_common_password_would_pass_otherwise() {
        for text in COMMON.iter() {
            assert_eq!(Password::new(*text).judge(), Err(Weak::Common), "{text}");
        }
        assert!(COMMON.len() > 500);
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let passwords = Passwords::new(1);
        let stored = passwords.hash(&Password::new("abc12345")).await.unwrap();
        assert!(
            stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{stored}"
        );
        let check = async |typed: &str, against: Option<String>| {
            passwords
                .check(&Password::new(typed), against)
                .await
                .unwrap()
        };
        let good = check("abc12345", Some(stored.clone())).await;
        assert!(good.right && !good.outdated);
        assert!(!check("abc12346", Some(stored)).await.right);
        assert!(!check("the password of nobody at all", None).await.right);
    }

    #[tokio::test]
    async fn a_hash_that_was_made_with_less_care_is_outdated() {
        let careless = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8192, 1, 1, None).unwrap(),
        );
        let stored = hash(&careless, "abc12345");
        let passwords = Passwords::new(1);
        let password = Password::new("abc12345");
        let checked = passwords.check(&password, Some(stored)).await.unwrap();
        assert!(checked.right && checked.outdated);
    }

    #[tokio::test]
    async fn whoever_finds_the_queue_full_is_told_to_come_back() {
        let passwords = Passwords::new(1);
        let _everybody = passwords
            .waiting
            .clone()
            .acquire_many_owned(512)
            .await
            .unwrap();
        let refusal = passwords
            .hash(&Password::new("abc12345"))
            .await
            .unwrap_err();
        assert_eq!(*refusal.kind(), kinds::OVERLOADED);
    }

    #[test]
    fn nothing_of_a_password_is_shown() {
        assert_eq!(format!("{:?}", Password::new("abc12345")), "Password");
    }
}
