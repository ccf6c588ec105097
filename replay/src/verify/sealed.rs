//! Whether the log still contains the head that was sealed.

use std::fs;

use serde::Serialize;
use store::{Hash, Head, Log, Seal};

use super::Against;
use crate::failure::Failure;
use crate::seal;

#[derive(Serialize)]
pub(super) struct Sealed {
    pub position: i64,
    pub hash: String,
    pub key_id: String,
    pub holds: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where the log is not what was sealed.
    #[serde(skip)]
    pub bad_position: Option<i64>,
}

/// The seal and the hash that its key vouches for.
pub(super) fn read(against: &Against<'_>) -> Result<(Seal, Hash), Failure> {
    let key = seal::public_key(against.public_key)?;
    let text = fs::read_to_string(against.seal).map_err(Failure::file(against.seal))?;
    let seal = Seal::read(&text)?;
    let hash = seal.verify(&key)?;
    Ok((seal, hash))
}

pub(super) async fn check(
    log: &Log,
    head: &Head,
    seal: &Seal,
    hash: Hash,
) -> Result<Sealed, Failure> {
    let difference = if head.position < seal.position {
        let detail = format!(
            "the log was sealed at position {} and ends at {}: it was cut",
            seal.position, head.position
        );
        Some((head.position + 1, detail))
    } else {
        match log.events_at(&[seal.position]).await?.first() {
            Some(event) if event.hash == hash => None,
            Some(event) => Some((
                seal.position,
                format!("the sealed hash is {hash}, the log has {}", event.hash),
            )),
            None => Some((seal.position, "the sealed position is missing".to_owned())),
        }
    };
    Ok(Sealed {
        position: seal.position,
        hash: hash.to_string(),
        key_id: seal.key_id.clone(),
        holds: difference.is_none(),
        bad_position: difference.as_ref().map(|(position, _)| *position),
        detail: difference.map(|(_, detail)| detail),
    })
}
