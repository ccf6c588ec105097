//! The tokens of a session: one that is shown with every request, one that buys the next.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::users::{Device, Digest, SessionId, UserId};
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::secrets::{Secrets, mac};

pub const ACCESS_SECONDS: i64 = 15 * 60;
const ISSUER: &str = "trainnet";
const AUDIENCE: &str = "trainnet-api";
const TYPE: &str = "at+jwt";
/// A key signs for so long, and is known for one such time before and after.
const KEY_SECONDS: i64 = 30 * 24 * 60 * 60;
/// An Ed25519 key in PKCS #8 (RFC 8410) is this and the key.
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
const REFRESH_PREFIX: &str = "tnr_";
const ID_BYTES: usize = 16;
const GENERATION_BYTES: usize = 4;
const MAC_BYTES: usize = 32;
const REFRESH_BYTES: usize = ID_BYTES + GENERATION_BYTES + MAC_BYTES;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    pub sub: UserId,
    pub sid: SessionId,
    /// Where the token may be used, if it is bound to a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dev: Option<Device>,
    iat: i64,
    exp: i64,
}

/// What a refresh token says, once it is known to be one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refresh {
    pub session: SessionId,
    pub generation: u32,
}

/// A public key that access tokens are checked with
#[derive(Serialize, ToSchema)]
pub struct Jwk {
    #[schema(example = "OKP")]
    kty: &'static str,
    #[schema(example = "Ed25519")]
    crv: &'static str,
    #[schema(example = "EdDSA")]
    alg: &'static str,
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    usage: &'static str,
    kid: String,
    x: String,
}

/// Makes tokens and knows its own again.
#[derive(Clone)]
pub struct Tokens {
    signing: Zeroizing<[u8; 32]>,
    refresh: Zeroizing<[u8; 32]>,
}

impl Tokens {
    pub fn new(secrets: &Secrets) -> Self {
        Self {
            signing: Zeroizing::new(secrets.key("trainnet.token.signing.v1")),
            refresh: Zeroizing::new(secrets.key("trainnet.token.refresh.v1")),
        }
    }

    pub fn access(
        &self,
        user: UserId,
        session: SessionId,
        device: Option<Device>,
        now: DateTime<Utc>,
    ) -> String {
        let iat = now.timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            dev: device,
            iat,
            exp: iat + ACCESS_SECONDS,
        };
        let key = self.key(iat.div_euclid(KEY_SECONDS));
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(kid(&key));
        let pkcs8 = Zeroizing::new([&PKCS8[..], key.as_bytes()].concat());
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&pkcs8))
            .expect("an Ed25519 key signs whatever it is given")
    }

    /// What a token says; nothing unless one of these keys signed it, for us, and not too long ago.
    ///
    /// Whatever the token says of keys and algorithms, only our own keys and one algorithm count.
    pub fn open_access(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let key = self.keys(now).find(|key| header.kid == Some(kid(key)))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        // The time is ours to tell, not the library's.
        validation.validate_exp = false;
        let public = DecodingKey::from_ed_der(key.verifying_key().as_bytes());
        let claims = jsonwebtoken::decode::<Claims>(token, &public, &validation).ok()?;
        let claims = claims.claims;
        (now.timestamp() < claims.exp).then_some(claims)
    }

    /// The keys that tokens may be signed with now, for whoever checks them elsewhere.
    pub fn jwks(&self, now: DateTime<Utc>) -> Vec<Jwk> {
        let jwk = |key: SigningKey| Jwk {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            usage: "sig",
            kid: kid(&key),
            x: URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()),
        };
        self.keys(now).map(jwk).collect()
    }

    fn keys(&self, now: DateTime<Utc>) -> impl Iterator<Item = SigningKey> {
        let current = now.timestamp().div_euclid(KEY_SECONDS);
        [current, current - 1, current + 1]
            .into_iter()
            .map(|period| self.key(period))
    }

    /// Keys follow from the time, so nobody has to remember to change them.
    fn key(&self, period: i64) -> SigningKey {
        let seed = mac(
            &self.signing,
            "trainnet.token.period.v1",
            &period.to_be_bytes(),
        );
        SigningKey::from_bytes(&seed)
    }

    /// The token of a generation; the same each time, so that a reply that got lost can be said
    /// again.
    pub fn refresh(&self, session: SessionId, generation: u32) -> String {
        let mut bytes = Vec::with_capacity(REFRESH_BYTES);
        bytes.extend_from_slice(session.uuid().as_bytes());
        bytes.extend_from_slice(&generation.to_be_bytes());
        let proof = self.proof(&bytes);
        bytes.extend_from_slice(&proof);
        format!("{REFRESH_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    pub fn open_refresh(&self, token: &str) -> Option<Refresh> {
        let mut bytes = [0; REFRESH_BYTES];
        let text = token.strip_prefix(REFRESH_PREFIX)?;
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (named, proof) = bytes.split_at(ID_BYTES + GENERATION_BYTES);
        let ours: bool = self.proof(named).ct_eq(proof).into();
        let (session, generation) = named.split_at(ID_BYTES);
        let opened = Refresh {
            session: SessionId::new(Uuid::from_slice(session).ok()?),
            generation: u32::from_be_bytes(generation.try_into().ok()?),
        };
        (length == REFRESH_BYTES && ours).then_some(opened)
    }

    fn proof(&self, named: &[u8]) -> [u8; MAC_BYTES] {
        mac(&self.refresh, "trainnet.token.proof.v1", named)
    }
}

/// What of a token may be written down.
pub fn digest(token: &str) -> Digest {
    Digest::new(sha2::Sha256::digest(token.as_bytes()).into())
}

fn kid(key: &SigningKey) -> String {
    let digest = sha2::Sha256::digest(key.verifying_key().as_bytes());
    URL_SAFE_NO_PAD.encode(&digest[..8])
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn tokens() -> Tokens {
        Tokens {
            signing: Zeroizing::new([1; 32]),
            refresh: Zeroizing::new([2; 32]),
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn user() -> UserId {
        UserId::new(Uuid::from_u128(1))
    }

    fn session() -> SessionId {
        SessionId::new(Uuid::from_u128(2))
    }

    fn access() -> String {
        tokens().access(user(), session(), None, now())
    }

    #[test]
    fn an_access_token_is_good_for_fifteen_minutes() {
        let at = |seconds| tokens().open_access(&access(), now() + TimeDelta::seconds(seconds));
        let claims = at(0).unwrap();
        assert_eq!((claims.sub, claims.sid), (user(), session()));
        assert!(at(ACCESS_SECONDS - 1).is_some());
        assert!(at(ACCESS_SECONDS).is_none());
    }

    #[test]
    fn a_token_of_other_keys_or_with_any_changed_part_is_none() {
        let other = Tokens {
            signing: Zeroizing::new([9; 32]),
            ..tokens()
        };
        assert!(other.open_access(&access(), now()).is_none());
        let token = access();
        let parts: Vec<&str> = token.split('.').collect();
        let forged = URL_SAFE_NO_PAD.encode(
            String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap())
                .unwrap()
                .replace("0001", "0003"),
        );
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
        for token in [
            format!("{}.{forged}.{}", parts[0], parts[2]),
            format!("{none}.{}.", parts[1]),
            format!("{}.{}.", parts[0], parts[1]),
            String::new(),
            "a.b.c".to_owned(),
        ] {
            assert!(tokens().open_access(&token, now()).is_none(), "{token}");
        }
    }

    #[test]
    fn a_public_key_in_the_clothes_of_a_shared_secret_signs_nothing() {
        let key = tokens().key(now().timestamp().div_euclid(KEY_SECONDS));
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(kid(&key));
        let claims = tokens().open_access(&access(), now()).unwrap();
        let secret = EncodingKey::from_secret(key.verifying_key().as_bytes());
        let token = jsonwebtoken::encode(&header, &claims, &secret).unwrap();
        assert!(tokens().open_access(&token, now()).is_none());
    }

    #[test]
    fn keys_change_with_time_and_the_last_one_is_still_known() {
        let later = now() + TimeDelta::seconds(KEY_SECONDS);
        let kids = |at| -> Vec<String> { tokens().jwks(at).into_iter().map(|it| it.kid).collect() };
        assert_ne!(kids(now())[0], kids(later)[0]);
        assert!(kids(later).contains(&kids(now())[0]));
        assert!(kids(now()).contains(&kids(later)[0]));
        let signed = tokens().access(user(), session(), None, later);
        assert!(tokens().open_access(&signed, later).is_some());
    }

    #[test]
    fn a_refresh_token_says_which_generation_of_which_session_it_is() {
        let token = tokens().refresh(session(), 3);
        assert_eq!(token, tokens().refresh(session(), 3));
        let (session, generation) = (session(), 3);
        let opened = Refresh {
            session,
            generation,
        };
        assert_eq!(tokens().open_refresh(&token), Some(opened));
        assert_ne!(digest(&token), digest(&tokens().refresh(session, 4)));
    }

    #[test]
    fn a_refresh_token_with_any_changed_bit_is_none() {
        let token = tokens().refresh(session(), 3);
        let bytes = URL_SAFE_NO_PAD
            .decode(&token[REFRESH_PREFIX.len()..])
            .unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = format!("{REFRESH_PREFIX}{}", URL_SAFE_NO_PAD.encode(changed));
            assert_eq!(tokens().open_refresh(&changed), None);
        }
        for text in ["", "tnr_", &token[1..], &format!("{token}AAAA")] {
            assert_eq!(tokens().open_refresh(text), None, "{text}");
        }
    }
}
