//! Reads the log from its first event and checks every link on the way.

use std::ops::ControlFlow;

use store::{Catalogue, Columns, EventRef, GENESIS, Head, Log, Moved};

use crate::failure::Failure;
use crate::progress::Bar;

/// Shows every event up to `until`; whatever is told from them rests on a chain that holds.
pub(crate) async fn walk(
    log: &Log,
    head: &Head,
    until: i64,
    mut visit: impl FnMut(EventRef<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let bar = Bar::over(until);
    let mut hash = GENESIS;
    log.scan::<Failure>(0, until, Columns::All, |event| {
        if event.link().hash(&hash) != event.hash {
            return Err(Failure::Broken {
                position: event.position,
            });
        }
        hash = event.hash;
        bar.reached(event.position);
        visit(event)?;
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    if until == head.position && hash != head.hash {
        return Err(Failure::WrongHead { position: until });
    }
    Ok(())
}

/// What the event moved and claimed.
pub(crate) fn moved(catalogue: &Catalogue, event: &EventRef<'_>) -> Result<Moved, Failure> {
    catalogue
        .moved(event)
        .map_err(|source| Failure::Unreadable {
            position: event.position,
            source,
        })
}
