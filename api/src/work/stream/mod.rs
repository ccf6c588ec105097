//! What is said of a unit, as it is said: progress, log lines, and where it stands.

mod socket;
mod sse;

use std::collections::VecDeque;
use std::time::Duration;

use domain::work::{End, Unit, UnitId};
use futures::Stream;
use projections::work::reports;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::Work;
use crate::api::Routes;
use crate::problem::ApiError;
use crate::server::Stopping;
use crate::users::{rfc3339, unread};

/// So much is read at once.
const PAGE: i64 = 500;
/// What another server heard is found after this long at the latest.
const POLL: Duration = Duration::from_secs(1);
/// However much is said, it is looked at no more often.
const BREATH: Duration = Duration::from_millis(50);
/// Where nothing is said, something is sent, so that nobody on the way forgets the connection.
const ALIVE: Duration = Duration::from_secs(15);
/// Then whoever watches comes back, with a token that is still good.
const LASTS: Duration = Duration::from_mins(15);

pub fn routes() -> Routes {
    Routes::new().merge(sse::routes()).merge(socket::routes())
}

/// One thing told to whoever watches.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// From here a reader goes on; what is no report has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    pub event: &'static str,
    pub data: Value,
}

/// Nothing new; it shows that the connection is alive.
pub const ALIVE_EVENT: &str = "alive";
const STATE_EVENT: &str = "state";

struct Watching {
    work: Work,
    unit: UnitId,
    after: i64,
    stopping: Stopping,
    said: watch::Receiver<u64>,
    shown: Option<Value>,
    waiting: VecDeque<Told>,
    until: Instant,
    alive_at: Instant,
    over: bool,
}

/// Everything that is said of a unit after this number, and each change of where it stands. It
/// ends when the unit is over, when the server stops, or after a quarter of an hour.
///
/// Whoever calls this has found out that the unit is the reader's.
pub fn stream(
    work: Work,
    unit: UnitId,
    after: i64,
    stopping: Stopping,
) -> impl Stream<Item = Result<Told, ApiError>> + Send {
    let now = Instant::now();
    let watching = Watching {
        said: work.0.said.subscribe(),
        work,
        unit,
        after,
        stopping,
        shown: None,
        waiting: VecDeque::new(),
        until: now + LASTS,
        alive_at: now + ALIVE,
        over: false,
    };
    futures::stream::unfold(watching, |mut watching| async move {
        match watching.next().await {
            Ok(Some(told)) => Some((Ok(told), watching)),
            Ok(None) => None,
            Err(error) => {
                watching.over = true;
                watching.waiting.clear();
                Some((Err(error), watching))
            }
        }
    })
}

impl Watching {
    async fn next(&mut self) -> Result<Option<Told>, ApiError> {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                self.alive_at = Instant::now() + ALIVE;
                return Ok(Some(told));
            }
            if self.over || Instant::now() >= self.until {
                return Ok(None);
            }
            // Whatever is said from here on is looked at in the next round.
            self.said.mark_unchanged();
            self.look().await?;
            if !self.waiting.is_empty() || self.over {
                continue;
            }
            if Instant::now() >= self.alive_at {
                self.waiting.push_back(Told {
                    id: None,
                    event: ALIVE_EVENT,
                    data: Value::Null,
                });
                continue;
            }
            self.wait().await;
        }
    }

    /// Reads what was said, and where the unit stands now.
    async fn look(&mut self) -> Result<(), ApiError> {
        let pool = self.work.log().pool();
        // Before what was said is read, so that nothing said before the end is left out.
        let units = self.work.dispatcher().units();
        let unit = units.look(&self.unit.to_string()).await.map_err(unread)?;
        let page = reports::after(pool, self.unit, self.after, PAGE).await?;
        let full = i64::try_from(page.len()).is_ok_and(|length| length == PAGE);
        for report in page {
            self.after = report.number;
            self.waiting.push_back(Told {
                id: Some(report.number),
                event: if report.kind == reports::LOG {
                    reports::LOG
                } else {
                    reports::PROGRESS
                },
                data: report.body,
            });
        }
        let state = state(&unit);
        if !full && self.shown.as_ref() != Some(&state) {
            self.shown = Some(state.clone());
            self.waiting.push_back(Told {
                id: None,
                event: STATE_EVENT,
                data: state,
            });
            self.over = matches!(unit, Unit::Over { .. });
        }
        Ok(())
    }

    async fn wait(&mut self) {
        let changed = async {
            // The sender is in what is being watched, so it cannot go away.
            drop(self.said.changed().await);
            tokio::time::sleep(BREATH).await;
        };
        tokio::select! {
            () = changed => {}
            () = tokio::time::sleep(POLL) => {}
            () = self.stopping.stopped() => self.over = true,
        }
    }
}

/// Where a unit stands, for a reader.
fn state(unit: &Unit) -> Value {
    let tally = unit.tally();
    let spent = tally.map(|tally| tally.spent);
    let saved_step = tally.and_then(|tally| tally.checkpoint.map(|it| it.step));
    let (status, reason) = match unit {
        Unit::Unqueued | Unit::Queued { .. } => ("waiting", Value::Null),
        Unit::Leased { .. } => ("running", Value::Null),
        Unit::Over { end, .. } => match end {
            End::Completed { .. } => ("completed", Value::Null),
            End::Failed(cause) => ("failed", json!(cause)),
            End::Stopped(because) => ("stopped", json!(because)),
        },
    };
    let lease = unit.lease();
    json!({
        "status": status,
        "reason": reason,
        "machine": lease.map(|lease| lease.holding.machine.to_string()),
        "since": lease.map(|lease| rfc3339(lease.since)),
        "spent": spent,
        "saved_step": saved_step,
    })
}
