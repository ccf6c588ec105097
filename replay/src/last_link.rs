//! The cheap check of the chain: its last link, and that the head is the last link.

use store::{GENESIS, Head, Log};

use crate::failure::Failure;

/// Fails where the event at the head is missing, altered or not the one that the head names.
pub(crate) async fn check(log: &Log, head: &Head) -> Result<(), Failure> {
    if head.position == 0 {
        let empty = head.hash == GENESIS;
        return if empty {
            Ok(())
        } else {
            Err(Failure::WrongHead { position: 0 })
        };
    }
    recompute(log, head.position).await.and_then(|(_, hash)| {
        if hash == head.hash {
            Ok(())
        } else {
            Err(Failure::WrongHead {
                position: head.position,
            })
        }
    })
}

/// The hash before a position and its own, which follows from the event that stands there.
pub(crate) async fn recompute(
    log: &Log,
    position: i64,
) -> Result<(store::Hash, store::Hash), Failure> {
    let events = log.events_at(&[position - 1, position]).await?;
    let event = events.iter().find(|event| event.position == position);
    let event = event.ok_or(Failure::Missing { position })?;
    let before = events.iter().find(|event| event.position == position - 1);
    let previous = match before {
        Some(before) => before.hash,
        None if position == 1 => GENESIS,
        None => {
            return Err(Failure::Missing {
                position: position - 1,
            });
        }
    };
    let hash = event.as_ref().link().hash(&previous);
    if hash != event.hash {
        return Err(Failure::Broken { position });
    }
    Ok((previous, hash))
}
