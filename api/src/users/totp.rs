//! The second factor: codes that an authenticator shows, and codes on paper for when it is lost.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::users::Digest;
use qrcode::QrCode;
use qrcode::render::svg;
use subtle::ConstantTimeEq as _;
use totp_rs::{Algorithm, TOTP};
use zeroize::Zeroizing;

use super::tokens::digest;
use crate::problem::ApiError;

const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
const SECRET_BYTES: usize = 20;
/// A clock may be wrong by as many steps.
const SKEW_STEPS: i64 = 1;
const ISSUER: &str = "TrainNet";
const QR_PIXELS: u32 = 220;
pub const RECOVERY_CODES: u8 = 10;
/// Of 32 characters each, so 50 bits: out of reach of anybody who has five guesses.
const RECOVERY_CHARACTERS: usize = 10;
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";

/// What an authenticator and we both know.
pub struct Factor(TOTP);

impl Factor {
    pub fn fresh(account: &str) -> Result<Self, ApiError> {
        let mut secret = Zeroizing::new(vec![0; SECRET_BYTES]);
        getrandom::fill(&mut secret).map_err(ApiError::internal)?;
        Self::of(&secret, account)
    }

    /// From what the vault keeps.
    pub fn kept(text: &str) -> Result<Self, ApiError> {
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(ApiError::internal)?);
        Self::of(&secret, "")
    }

    fn of(secret: &[u8], account: &str) -> Result<Self, ApiError> {
        let totp = TOTP::new(
            Algorithm::SHA1,
            DIGITS,
            0,
            STEP_SECONDS.unsigned_abs(),
            secret.to_vec(),
            Some(ISSUER.to_owned()),
            account.replace(':', " "),
        );
        totp.map(Self)
            .map_err(|error| ApiError::internal(error.to_string()))
    }

    /// For the vault.
    pub fn to_keep(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0.secret)
    }

    /// For typing in.
    pub fn secret(&self) -> String {
        self.0.get_secret_base32()
    }

    pub fn url(&self) -> String {
        self.0.get_url()
    }

    /// For pointing a camera at.
    pub fn qr(&self) -> Result<String, ApiError> {
        let code = QrCode::new(self.url()).map_err(ApiError::internal)?;
        let mut svg = code.render::<svg::Color<'_>>();
        Ok(svg.min_dimensions(QR_PIXELS, QR_PIXELS).build())
    }

    /// The time step that a code belongs to, if it belongs to one about now.
    pub fn step_of(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let code = code.trim();
        let current = now.timestamp().div_euclid(STEP_SECONDS);
        let mut found = None;
        for step in current - SKEW_STEPS..=current + SKEW_STEPS {
            let time = u64::try_from(step * STEP_SECONDS).unwrap_or(0);
            let right: bool = self
                .0
                .generate(time)
                .as_bytes()
                .ct_eq(code.as_bytes())
                .into();
            if right {
                found = Some(step);
            }
        }
        found
    }
}

/// Ten codes, each good once.
pub fn recovery_codes() -> Result<Vec<String>, ApiError> {
    let code = |_| {
        let mut bytes = [0; RECOVERY_CHARACTERS];
        getrandom::fill(&mut bytes).map_err(ApiError::internal)?;
        let code: String = bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
            .collect();
        let (one, other) = code.split_at(RECOVERY_CHARACTERS / 2);
        Ok(format!("{one}-{other}"))
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// What of recovery codes the vault keeps.
pub fn to_keep(codes: &[String]) -> String {
    let digests: Vec<String> = codes.iter().map(|code| of_code(code).to_string()).collect();
    digests.join(" ")
}

/// Which of the codes that were kept this is.
pub fn place_of(code: &str, kept: &str) -> Option<u8> {
    let digest = of_code(code).to_string();
    let place = kept.split(' ').position(|kept| kept == digest)?;
    u8::try_from(place).ok()
}

/// However it is typed.
fn of_code(code: &str) -> Digest {
    let plain: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    digest(&format!("trainnet.recovery.v1 {plain}"))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// RFC 6238, appendix B, the last six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let factor = Factor::of(b"12345678901234567890", "ann").unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
        ] {
            assert_eq!(factor.step_of(code, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_known_one_step_early_or_late_and_no_more() {
        let factor = Factor::of(b"12345678901234567890", "ann").unwrap();
        let code = "081804";
        let step = 1_111_111_109 / 30;
        for (steps, known) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = factor.step_of(code, at((step + steps) * 30));
            assert_eq!(found, known.then_some(step), "{steps}");
        }
        assert_eq!(factor.step_of("", at(0)), None);
    }

    #[test]
    fn a_factor_is_kept_and_shown_in_three_ways() {
        let factor = Factor::fresh("ann@example.com").unwrap();
        let kept = Factor::kept(&factor.to_keep()).unwrap();
        assert_eq!(kept.secret(), factor.secret());
        assert!(
            factor
                .url()
                .starts_with("otpauth://totp/TrainNet:ann%40example.com?")
        );
        assert!(factor.qr().unwrap().contains("<svg"));
    }

    #[test]
    fn a_recovery_code_is_found_however_it_is_typed() {
        let codes = recovery_codes().unwrap();
        let kept = to_keep(&codes);
        assert_eq!(codes.len(), 10);
        for (place, code) in codes.iter().enumerate() {
            assert_eq!(place_of(code, &kept), u8::try_from(place).ok());
            let typed = code.to_uppercase().replace('-', " ");
            assert_eq!(place_of(&typed, &kept), u8::try_from(place).ok());
            assert!(!kept.contains(code));
        }
        assert_eq!(place_of("aaaaa-aaaaa", &kept), None);
        assert_eq!(place_of("", &kept), None);
    }
}
