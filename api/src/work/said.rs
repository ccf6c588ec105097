//! Numbers and texts that machines send, brought into bounds before anybody keeps them.

use std::collections::BTreeMap;

use domain::work::{Metrics, ObjectId};

use super::problems::SAID_NONSENSE;
use crate::problem::{ApiError, kinds};
use crate::users::sentence;

/// What the trainer measured, as decimal text.
pub fn metrics(said: BTreeMap<String, String>) -> Result<Metrics, ApiError> {
    Metrics::try_new(said).map_err(|error| {
        ApiError::new(&SAID_NONSENSE)
            .detail(sentence(&error))
            .field("metrics")
    })
}

/// An object that a machine brought; whether it did is found out elsewhere.
pub fn object(said: &str, field: &'static str) -> Result<ObjectId, ApiError> {
    said.parse().map_err(|_| {
        ApiError::new(&kinds::BODY_INVALID)
            .detail("Name the object by the identity that its upload had.")
            .field(field)
    })
}

/// A fence is never zero, and no machine has been given one that does not fit.
pub fn fence(said: u64) -> Result<u64, ApiError> {
    if said == 0 || i64::try_from(said).is_err() {
        return Err(ApiError::new(&kinds::BODY_INVALID)
            .detail("Send the number that the lease came with.")
            .field("fence"));
    }
    Ok(said)
}

/// The first so many characters, without those that could do something to a terminal.
pub fn plain(text: &str, characters_max: usize) -> String {
    let plain = |character: char| {
        if character.is_control() && character != '\n' && character != '\t' {
            ' '
        } else {
            character
        }
    };
    text.chars().take(characters_max).map(plain).collect()
}
