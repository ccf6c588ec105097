//! Reading a stretch of the log on several connections and folding it page by page, in order.

use std::ops::ControlFlow;
use std::sync::Arc;

use store::{Catalogue, Log, ReadError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::projection::{Page, Unfoldable};

/// How many events a page has; enough to make a statement per page cheap, few enough to hold some.
const PAGE_EVENTS: i64 = 16_384;

/// Why a replay ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("the log could not be read")]
    Log(#[from] ReadError),
    #[error("position {position} cannot be folded")]
    Unfoldable { position: i64, source: Unfoldable },
    #[error("the replay ended early, at {reached} instead of {wanted}")]
    EndedEarly { reached: i64, wanted: i64 },
}

/// Folds the events after `after` up to and including `until` on so many connections at once.
///
/// The readers run ahead of whoever takes the pages by a page or two each, and stop when the
/// replay is dropped.
pub(crate) fn replay<P: Page>(
    log: &Log,
    catalogue: &Arc<Catalogue>,
    after: i64,
    until: i64,
    readers: usize,
) -> Replay<P> {
    let mut tasks = JoinSet::new();
    let mut lanes = Vec::new();
    let readers = readers.max(1);
    let stride = PAGE_EVENTS * i64::try_from(readers).unwrap_or(i64::MAX / PAGE_EVENTS);
    let mut first = after;
    for _ in 0..readers {
        let (sender, lane) = mpsc::channel(1);
        let (log, catalogue) = (log.clone(), Arc::clone(catalogue));
        let begin = first;
        tasks.spawn(async move {
            let mut from = begin;
            while from < until {
                let to = until.min(from + PAGE_EVENTS);
                let page = fold_page::<P>(&log, &catalogue, from, to).await;
                let over = page.is_err();
                if sender.send(page.map(|page| (to, page))).await.is_err() || over {
                    return;
                }
                from = from.saturating_add(stride);
            }
        });
        lanes.push(lane);
        first += PAGE_EVENTS;
    }
    Replay {
        lanes,
        turn: 0,
        reached: after,
        until,
        _tasks: tasks,
    }
}

async fn fold_page<P: Page>(
    log: &Log,
    catalogue: &Catalogue,
    after: i64,
    until: i64,
) -> Result<P, ReplayError> {
    let mut page = P::default();
    log.scan::<ReplayError>(after, until, P::COLUMNS, |event| {
        let position = event.position;
        page.take(&event, catalogue)
            .map_err(|source| ReplayError::Unfoldable { position, source })?;
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    Ok(page)
}

/// The pages of a stretch of the log, as they become ready.
#[derive(Debug)]
pub(crate) struct Replay<P> {
    lanes: Vec<mpsc::Receiver<Result<(i64, P), ReplayError>>>,
    turn: usize,
    reached: i64,
    until: i64,
    _tasks: JoinSet<()>,
}

impl<P: Page> Replay<P> {
    /// The next page and its last position; `None` only when every event has been folded.
    pub async fn next(&mut self) -> Result<Option<(i64, P)>, ReplayError> {
        if self.reached >= self.until {
            return Ok(None);
        }
        let wanted = self.until.min(self.reached + PAGE_EVENTS);
        match self.lanes[self.turn].recv().await {
            Some(Ok((reached, page))) if reached == wanted => {
                self.turn = (self.turn + 1) % self.lanes.len();
                self.reached = reached;
                Ok(Some((reached, page)))
            }
            Some(Err(error)) => Err(error),
            // A reader that died without a word has not read to the end.
            Some(Ok(_)) | None => Err(ReplayError::EndedEarly {
                reached: self.reached,
                wanted: self.until,
            }),
        }
    }
}
