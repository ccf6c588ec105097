//! Passwords: which are good enough, and how they are hashed without taking the machine with them.

use std::collections::HashSet;
use std::panic::resume_unwind;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use argon2::password_hash::{Output, ParamsString, PasswordHash, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
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
const OUTPUT_BYTES: usize = 32;
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
    /// Memory that was worked in: to be given it anew costs a tenth of a hash.
    desks: Arc<Mutex<Vec<Vec<Block>>>>,
    /// Nobody's, so that an unknown address costs as much time as a known one.
    decoy: Arc<str>,
}

impl Passwords {
    /// With so many hashes at once; each takes 19 MiB and a processor.
    pub fn new(at_once: usize) -> Self {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
        let params = params.expect("the parameters are within bounds");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut desk = Vec::new();
        let decoy = hash(&argon2, "the password of nobody at all", &mut desk);
        Self {
            argon2,
            slots: Arc::new(Semaphore::new(at_once.max(1))),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            desks: Arc::new(Mutex::new(vec![desk])),
            decoy: decoy.into(),
        }
    }

    /// Here and now, for whoever has nothing else to do.
    pub fn hash_now(&self, password: &Password) -> String {
        self.at_desk(|desk| hash(&self.argon2, &password.0, desk))
    }

    pub async fn hash(&self, password: &Password) -> Result<String, ApiError> {
        let password = password.clone();
        self.in_turn(move |here| here.hash_now(&password)).await
    }

    /// Holds one password against a hash and hashes another, both at the same time; the hash is
    /// for whoever was right.
    pub async fn exchange(
        &self,
        current: &Password,
        against: Option<String>,
        next: &Password,
    ) -> Result<Option<String>, ApiError> {
        let known = against.is_some();
        let against = against.unwrap_or_else(|| self.decoy.as_ref().to_owned());
        let (current, next) = (current.clone(), next.clone());
        self.in_turn(move |here| {
            std::thread::scope(|scope| {
                let hash = scope.spawn(|| here.hash_now(&next));
                let checked = here.check_now(&current, &against);
                let hash = hash.join().unwrap_or_else(|panic| resume_unwind(panic));
                (checked.right && known).then_some(hash)
            })
        })
        .await
    }

    /// Without a hash to hold it against, nothing is right, and it takes as long.
    pub async fn check(
        &self,
        password: &Password,
        against: Option<String>,
    ) -> Result<Checked, ApiError> {
        let password = password.clone();
        let known = against.is_some();
        let against = against.unwrap_or_else(|| self.decoy.as_ref().to_owned());
        let checked = self.in_turn(move |here| here.check_now(&password, &against));
        let mut checked = checked.await?;
        checked.right &= known;
        Ok(checked)
    }

    fn check_now(&self, password: &Password, against: &str) -> Checked {
        self.at_desk(|desk| check(&self.argon2, &password.0, against, desk))
    }

    fn at_desk<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> T {
        let desks = || self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = desks().pop();
        let mut desk = desk.unwrap_or_default();
        let done = work(&mut desk);
        desks().push(desk);
        done
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
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
        let here = self.clone();
        let worked = tokio::task::spawn_blocking(move || {
            // Whoever asked may have gone; the slot is taken until the work is done.
            let _slot = slot;
            work(&here)
        });
        worked.await.map_err(ApiError::internal)
    }
}

fn hash(argon2: &Argon2<'_>, password: &str, desk: &mut Vec<Block>) -> String {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).expect("the system gives random bytes");
    let text = SaltString::encode_b64(&salt).expect("the salt has a length that fits");
    let output = digest(argon2, password, (&salt, OUTPUT_BYTES), desk);
    let params = ParamsString::try_from(argon2.params());
    PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params.expect("the parameters can be written down"),
        salt: Some(text.as_salt()),
        hash: Some(output.expect("a password of any length can be hashed")),
    }
    .to_string()
}

fn check(argon2: &Argon2<'_>, password: &str, against: &str, desk: &mut Vec<Block>) -> Checked {
    let Some((right, made_with)) = is_what_was_hashed(password, against, desk) else {
        return Checked {
            right: false,
            outdated: false,
        };
    };
    let params = argon2.params();
    let outdated = made_with.m_cost() < params.m_cost() || made_with.t_cost() < params.t_cost();
    Checked { right, outdated }
}

/// Hashes a password as another was hashed, compares in constant time, and says with what care
/// that one was; nothing where it is no hash of ours.
fn is_what_was_hashed(
    password: &str,
    against: &str,
    desk: &mut Vec<Block>,
) -> Option<(bool, Params)> {
    let stored = PasswordHash::new(against).ok()?;
    let (salt, expected) = (stored.salt?, stored.hash?);
    let algorithm = Algorithm::try_from(stored.algorithm).ok()?;
    let version = Version::try_from(stored.version?).ok()?;
    let params = Params::try_from(&stored).ok()?;
    let mut bytes = [0; 64];
    let salt = salt.decode_b64(&mut bytes).ok()?;
    let argon2 = Argon2::new(algorithm, version, params.clone());
    let output = digest(&argon2, password, (salt, expected.len()), desk)?;
    Some((output == expected, params))
}

fn digest(
    argon2: &Argon2<'_>,
    password: &str,
    (salt, bytes): (&[u8], usize),
    desk: &mut Vec<Block>,
) -> Option<Output> {
    let needed = argon2.params().block_count();
    if desk.len() < needed {
        desk.resize(needed, Block::default());
    }
    let password = password.as_bytes();
    Output::init_with(bytes, |output| {
        let done = argon2.hash_password_into_with_memory(password, salt, output, desk);
        Ok(done?)
    })
    .ok()
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
    async fn only_whoever_knows_the_old_password_is_given_a_hash_of_the_new() {
        let passwords = Passwords::new(1);
        let (old, new) = (Password::new("abc12345"), Password::new("xyz98765"));
        let kept = Some(passwords.hash(&old).await.unwrap());
        let wrong = passwords.exchange(&new, kept.clone(), &new).await.unwrap();
        assert_eq!(wrong, None);
        let unknown = passwords.exchange(&old, None, &new).await.unwrap();
        assert_eq!(unknown, None);
        let hash = passwords.exchange(&old, kept, &new).await.unwrap();
        assert!(passwords.check(&new, hash).await.unwrap().right);
    }

    #[tokio::test]
    async fn a_hash_that_was_made_with_less_care_is_outdated() {
        let careless = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8192, 1, 1, None).unwrap(),
        );
        let stored = hash(&careless, "abc12345", &mut Vec::new());
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
