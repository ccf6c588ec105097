//! The end of the log in memory: read once for all who follow it.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::feed::{Columns, EventRef, ReadError, RecordedEvent};
use crate::log::Log;

/// The latest events, one after another without gaps.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    /// Where the event before the first stands.
    after: i64,
    events: VecDeque<Arc<RecordedEvent>>,
}

impl Tail {
    const EVENTS: usize = 4_096;

    fn beginning(after: i64) -> Self {
        Self {
            after,
            events: VecDeque::new(),
        }
    }

    fn until(&self) -> i64 {
        self.after + i64::try_from(self.events.len()).unwrap_or(i64::MAX)
    }

    fn between(&self, after: i64, until: i64) -> Vec<Arc<RecordedEvent>> {
        let place = |position: i64| usize::try_from(position - self.after).unwrap_or(0);
        let range = place(after)..place(until).min(self.events.len());
        self.events.range(range).cloned().collect()
    }

    fn trim(&mut self) {
        while self.events.len() > Self::EVENTS {
            self.events.pop_front();
            self.after += 1;
        }
    }
}

impl Log {
    /// The same as [`Log::scan`] for those who keep up with the log as it grows: what one of them
    /// reads, the others in this program do not read again.
    pub async fn follow<E: From<ReadError>>(
        &self,
        after: i64,
        until: i64,
        columns: Columns,
        mut visit: impl FnMut(EventRef<'_>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let Some(events) = self.recent(after, until).await else {
            return self.scan(after, until, columns, visit).await;
        };
        for event in events {
            if visit((*event).as_ref())?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Nothing, where it is long ago, or cannot be read: to say why is for whoever reads by himself.
    async fn recent(&self, after: i64, until: i64) -> Option<Vec<Arc<RecordedEvent>>> {
        let most = i64::try_from(Tail::EVENTS).unwrap_or(i64::MAX);
        if until.saturating_sub(after) > most {
            return None;
        }
        // Whoever comes second waits for what the first is reading already.
        let mut tail = self.tail().lock().await;
        if after < tail.after {
            return None;
        }
        if after > tail.until() {
            *tail = Tail::beginning(after);
        }
        let from = tail.until();
        if from < until {
            let read = self.scan::<ReadError>(from, until, Columns::All, |event| {
                tail.events.push_back(Arc::new(event.to_owned()));
                Ok(ControlFlow::Continue(()))
            });
            read.await.ok()?;
        }
        let found = tail.between(after, until);
        tail.trim();
        Some(found)
    }
}
