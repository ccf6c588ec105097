//! Proving that somebody reads a mailbox, without keeping a secret anywhere.
//!
//! A challenge is an identity in the log. The link and the code that answer it are codes of
//! authentication over that identity, so whoever has the key can write them, anybody else's guess
//! is only a guess, and a copy of the log or of the database answers nothing.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::digest::Address;
use super::ids::{ChallengeId, UserId};

/// How long a mailbox has to answer.
pub const CONFIRM_LASTS: TimeDelta = TimeDelta::hours(24);
pub const CHANGE_ADDRESS_LASTS: TimeDelta = TimeDelta::hours(24);
/// Shorter, as it opens the account to whoever answers.
pub const RECOVER_LASTS: TimeDelta = TimeDelta::hours(1);

const ID_BYTES: usize = 16;
const MAC_BYTES: usize = 32;
const LINK_BYTES: usize = ID_BYTES + ID_BYTES + MAC_BYTES;
const CODES: u64 = 1_000_000;

/// What is proven by answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Purpose {
    #[serde(rename = "confirm")]
    Confirm,
    #[serde(rename = "recover")]
    Recover,
    #[serde(rename = "change-address")]
    ChangeAddress { to: Address },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    pub id: ChallengeId,
    pub purpose: Purpose,
    pub expires_at: DateTime<Utc>,
}

impl Purpose {
    pub const fn lasts(self) -> TimeDelta {
        match self {
            Self::Confirm => CONFIRM_LASTS,
            Self::Recover => RECOVER_LASTS,
            Self::ChangeAddress { .. } => CHANGE_ADDRESS_LASTS,
        }
    }

    /// There is one open challenge for each of these; where to an address changes does not matter.
    pub const fn is_like(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Confirm, Self::Confirm)
                | (Self::Recover, Self::Recover)
                | (Self::ChangeAddress { .. }, Self::ChangeAddress { .. })
        )
    }
}

impl Challenge {
    pub fn new(id: ChallengeId, purpose: Purpose, at: DateTime<Utc>) -> Self {
        Self {
            id,
            purpose,
            expires_at: at + purpose.lasts(),
        }
    }

    pub fn is_expired(&self, at: DateTime<Utc>) -> bool {
        at >= self.expires_at
    }
}

/// Writes and checks the links and codes that answer challenges.
#[derive(Clone)]
pub struct ChallengeKey(Zeroizing<[u8; 32]>);

impl ChallengeKey {
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// What follows `#` in the link of a mail: who answers, what, and the proof.
    pub fn link(&self, user: &UserId, challenge: ChallengeId) -> String {
        let mut bytes = Vec::with_capacity(LINK_BYTES);
        bytes.extend_from_slice(user.uuid().as_bytes());
        bytes.extend_from_slice(challenge.uuid().as_bytes());
        let proof = self.link_mac(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&proof);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a link; nothing, if this key did not write it. How much of it was right cannot be
    /// told from the time this takes.
    pub fn open(&self, link: &str) -> Option<(UserId, ChallengeId)> {
        let mut bytes = [0; LINK_BYTES];
        // A longer text would not fit, so its length is looked at before it is read.
        let length = URL_SAFE_NO_PAD.decode_slice(link, &mut bytes).ok()?;
        if length != LINK_BYTES {
            return None;
        }
        let (named, proof) = bytes.split_at(ID_BYTES + ID_BYTES);
        self.link_mac(named).verify_slice(proof).ok()?;
        let (user, challenge) = named.split_at(ID_BYTES);
        Some((
            UserId::new(Uuid::from_slice(user).ok()?),
            ChallengeId::new(Uuid::from_slice(challenge).ok()?),
        ))
    }

    /// Six digits to type in.
    ///
    /// They are what is left of 64 uniform bits after division by a million. That prefers some
    /// codes over others by less than one part in 10^13, which helps nobody who has five guesses.
    pub fn code(&self, challenge: ChallengeId) -> String {
        let mac = self
            .mac("trainnet.challenge.code.v1")
            .chain_update(challenge.uuid().as_bytes())
            .finalize()
            .into_bytes();
        let number = mac[..8]
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        format!("{:06}", number % CODES)
    }

    /// Whether this is the code, without telling by the time it takes how much of it is.
    pub fn is_code(&self, challenge: ChallengeId, typed: &str) -> bool {
        let code = self.code(challenge);
        code.as_bytes().ct_eq(typed.as_bytes()).into()
    }

    fn link_mac(&self, named: &[u8]) -> Hmac<Sha256> {
        self.mac("trainnet.challenge.link.v1").chain_update(named)
    }

    /// What is authenticated begins with what it is for, so that a link never serves as a code.
    fn mac(&self, what_for: &'static str) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(&self.0[..])
            .expect("a key of any length will do")
            .chain_update(what_for)
    }
}

impl fmt::Debug for ChallengeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChallengeKey")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn challenge(number: u128) -> ChallengeId {
        ChallengeId::new(Uuid::from_u128(number))
    }

    fn user() -> UserId {
        UserId::new(Uuid::from_u128(7))
    }

    fn key() -> ChallengeKey {
        ChallengeKey::new([1; 32])
    }

    #[test]
    fn a_link_says_whose_and_which_challenge_it_answers() {
        let link = key().link(&user(), challenge(8));
        assert_eq!(key().open(&link), Some((user(), challenge(8))));
        assert!(
            link.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }

    #[test]
    fn a_link_of_another_key_or_with_any_changed_bit_does_not_open() {
        let link = key().link(&user(), challenge(8));
        assert_eq!(ChallengeKey::new([2; 32]).open(&link), None);
        let bytes = URL_SAFE_NO_PAD.decode(&link).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(key().open(&URL_SAFE_NO_PAD.encode(changed)), None);
        }
    }

    #[test]
    fn what_is_not_a_link_does_not_open() {
        let link = key().link(&user(), challenge(8));
        let cases = [
            String::new(),
            "é".to_owned(),
            link[1..].to_owned(),
            format!("{link}A"),
            format!("{link}{link}"),
            format!("{link}=="),
            "a".repeat(100_000),
        ];
        for text in cases {
            assert_eq!(key().open(&text), None);
        }
    }

    #[test]
    fn a_code_is_six_digits_of_its_challenge_and_key() {
        let code = key().code(challenge(8));
        assert_eq!(code.len(), 6);
        assert!(code.bytes().all(|digit| digit.is_ascii_digit()));
        assert!(key().is_code(challenge(8), &code));
        assert!(!key().is_code(challenge(9), &code));
        assert!(!ChallengeKey::new([2; 32]).is_code(challenge(8), &code));
        for typed in ["", &code[1..], &format!("{code}0"), &format!(" {code}")] {
            assert!(!key().is_code(challenge(8), typed), "{typed:?}");
        }
    }

    #[test]
    fn codes_spread_over_all_digits_in_every_place() {
        let codes: Vec<String> = (0..500).map(|n| key().code(challenge(n))).collect();
        for place in 0..6 {
            let digits: BTreeSet<u8> = codes.iter().map(|code| code.as_bytes()[place]).collect();
            assert_eq!(digits.len(), 10, "place {place}");
        }
        let different: BTreeSet<&String> = codes.iter().collect();
        assert!(different.len() > 490);
    }

    /// Computed by another program: mails that are under way have to be answered by later versions.
    #[test]
    fn links_and_codes_stay_what_they_are() {
        let link = "AAAAAAAAAAAAAAAAAAAABwAAAAAAAAAAAAAAAAAAAAiOfQY06A-QBbWZjygfPy_\
                    HqbWezgmyllsGmypuyYMzhA";
        assert_eq!(key().link(&user(), challenge(8)), link);
        assert_eq!(key().code(challenge(8)), "916859");
    }

    #[test]
    fn a_key_shows_nothing_of_itself() {
        assert_eq!(
            format!("{:?}", ChallengeKey::new([0xab; 32])),
            "ChallengeKey"
        );
    }

    #[test]
    fn a_challenge_lasts_as_long_as_its_purpose() {
        let at = DateTime::UNIX_EPOCH;
        let lasts = |purpose| Challenge::new(challenge(1), purpose, at).expires_at - at;
        let to = Address::new([1; 32]);
        assert_eq!(lasts(Purpose::Confirm), TimeDelta::hours(24));
        assert_eq!(lasts(Purpose::ChangeAddress { to }), TimeDelta::hours(24));
        assert_eq!(lasts(Purpose::Recover), TimeDelta::hours(1));
    }
}
