//! Writes join tokens and the secrets of machines, and reads which one a text is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::servers::{JoinTokenId, MachineId};
use domain::users::Id;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::users::mac;

const TOKEN_PREFIX: &str = "tnj_";
const SECRET_PREFIX: &str = "tnm_";
const ID_BYTES: usize = 16;
const GENERATION_BYTES: usize = 4;
const MAC_BYTES: usize = 32;

/// Each text is a code over what it stands for: the same again if it is asked for again, and
/// nothing that anybody could make up.
pub struct Ring([u8; 32]);

impl Ring {
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    pub fn token(&self, token: JoinTokenId) -> String {
        let said = token.uuid().as_bytes().to_vec();
        self.write(TOKEN_PREFIX, "trainnet.join.token.v1", said)
    }

    /// Which token a text is, if this ring wrote it.
    pub fn open_token(&self, text: &str) -> Option<JoinTokenId> {
        const SAID: usize = ID_BYTES;
        let said: [u8; SAID] = self.read(text, TOKEN_PREFIX, "trainnet.join.token.v1")?;
        Some(Id::new(Uuid::from_bytes(said)))
    }

    pub fn secret(&self, machine: MachineId, generation: u32) -> String {
        let mut said = machine.uuid().as_bytes().to_vec();
        said.extend_from_slice(&generation.to_be_bytes());
        self.write(SECRET_PREFIX, "trainnet.machine.secret.v1", said)
    }

    /// Whose secret a text is and of which generation, if this ring wrote it.
    pub fn open_secret(&self, text: &str) -> Option<(MachineId, u32)> {
        const SAID: usize = ID_BYTES + GENERATION_BYTES;
        let said: [u8; SAID] = self.read(text, SECRET_PREFIX, "trainnet.machine.secret.v1")?;
        let (machine, generation) = said.split_first_chunk::<ID_BYTES>()?;
        let generation = u32::from_be_bytes(generation.try_into().ok()?);
        Some((Id::new(Uuid::from_bytes(*machine)), generation))
    }

    fn write(&self, prefix: &str, purpose: &str, mut said: Vec<u8>) -> String {
        let code = mac(&self.0, purpose, &said);
        said.extend_from_slice(&code);
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(said))
    }

    fn read<const SAID: usize>(
        &self,
        text: &str,
        prefix: &str,
        purpose: &str,
    ) -> Option<[u8; SAID]> {
        let mut bytes = [0; ID_BYTES + GENERATION_BYTES + MAC_BYTES];
        let text = text.strip_prefix(prefix)?;
        // A longer text would not fit, so its length is looked at before it is read.
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (said, code) = bytes.get(..length)?.split_first_chunk::<SAID>()?;
        let ours: bool = mac(&self.0, purpose, said)[..].ct_eq(code).into();
        ours.then_some(*said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> MachineId {
        Id::new(Uuid::from_u128(5))
    }

    fn token() -> JoinTokenId {
        Id::new(Uuid::from_u128(5))
    }

    #[test]
    fn a_text_says_what_it_is_and_none_can_be_made_up() {
        let ring = Ring::new([1; 32]);
        let secret = ring.secret(machine(), 7);
        assert_eq!(ring.open_secret(&secret), Some((machine(), 7)));
        assert_eq!(Ring::new([2; 32]).open_secret(&secret), None);
        let bytes = URL_SAFE_NO_PAD.decode(&secret[4..]).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let changed = format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(changed));
            assert_eq!(ring.open_secret(&changed), None);
        }
        let written = ring.token(token());
        assert_eq!(ring.open_token(&written), Some(token()));
        assert_eq!(Ring::new([2; 32]).open_token(&written), None);
    }

    #[test]
    fn a_token_never_serves_as_a_secret_nor_the_other_way_round() {
        let ring = Ring::new([1; 32]);
        let (secret, token) = (ring.secret(machine(), 0), ring.token(token()));
        assert_eq!(ring.open_token(&secret.replace("tnm_", "tnj_")), None);
        assert_eq!(ring.open_secret(&token.replace("tnj_", "tnm_")), None);
        for text in ["", "tnm_", "tnj_", &secret[4..], &format!("{secret}AAAA")] {
            assert_eq!(ring.open_secret(text), None, "{text}");
            assert_eq!(ring.open_token(text), None, "{text}");
        }
    }
}
