//! Folding the log into the board: once from the read tables, then event by event.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::PoisonError;
use std::time::Duration;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::work::{Allowed, Checkpoint, Holding, Outline, Unit, UnitEvent, UnitId};
use ledger::Money;
use store::{Columns, EventRef, ReadError, StoreError, Unreadable, decode};

use crate::board::Board;
use crate::dispatcher::Dispatcher;
use crate::held::{Held, slot_number};
use crate::waiting::Waiting;

/// So many events are read before those who wait are told.
const PAGE_EVENTS: i64 = 4_096;
/// After an error, until it is tried again.
const REST: Duration = Duration::from_secs(1);

/// Why the log could not be followed.
#[derive(Debug, thiserror::Error)]
pub enum NotFollowed {
    #[error("the database could not be read")]
    Database(#[from] sqlx::Error),
    #[error("the log could not be read")]
    Log(#[from] ReadError),
    #[error("an event of a unit cannot be understood")]
    Event(#[from] Unreadable),
    #[error("a unit could not be looked at")]
    Unit(#[from] StoreError),
}

/// Something that happened to a unit.
struct Happened {
    position: i64,
    unit: UnitId,
    event: UnitEvent,
}

impl Dispatcher {
    /// Follows the log until it is dropped; an error is reported and tried again.
    pub(crate) async fn follow(&self) -> Infallible {
        loop {
            if let Err(error) = self.follow_on().await {
                tracing::error!(error = %chain(&error), "the queue does not follow the log");
            }
            tokio::time::sleep(REST).await;
        }
    }

    async fn follow_on(&self) -> Result<(), NotFollowed> {
        let mut position = self.recall().await?;
        let mut subscription = self.log().subscribe().await?;
        loop {
            let head = subscription.beyond(position).await?;
            while position < head {
                let until = head.min(position.saturating_add(PAGE_EVENTS));
                let page = self.read(position, until).await?;
                let now = self.log().clock().now();
                let resumed = {
                    let mut board = self.board();
                    let resumed = page.into_iter().filter_map(|it| board.happened(it, now));
                    resumed.collect::<Vec<_>>()
                };
                for (unit, position) in resumed {
                    self.resume(unit, position).await?;
                }
                position = until;
            }
            self.reached(position);
        }
    }

    /// A unit that stood still waits again; what it needs was forgotten meanwhile.
    async fn resume(&self, unit: UnitId, position: i64) -> Result<(), NotFollowed> {
        let found = self.units().look(&unit.to_string()).await?;
        let now = self.log().clock().now();
        self.board().learn(unit, &found.outline(), position, now);
        Ok(())
    }

    /// Everything that waits or is worked on, as the read tables have it; says as of when.
    async fn recall(&self) -> Result<i64, NotFollowed> {
        let now = self.log().clock().now();
        let mut fresh = Board::default();
        let found = projections::work::alive(self.log().pool(), |alive| {
            let (Some(brief), Some(tally)) = (alive.outline.terms(), alive.outline.tally()) else {
                return;
            };
            let waiting = Waiting::new(alive.enqueued_position, alive.enqueued_at, brief, tally);
            match &alive.outline {
                // A lease gets one more term from a process that starts: it cannot know what was
                // heard before.
                Unit::Leased { lease, .. } => {
                    fresh.hold(alive.unit, Held::new(lease, now, waiting));
                }
                Unit::Queued { .. } => fresh.queue.insert(alive.unit, waiting),
                Unit::Unqueued | Unit::Over { .. } => {}
            }
        });
        let (position, records) = found.await?;
        fresh.records.recall(&records);
        let mut board = self.board();
        // Whoever waits goes on waiting, and is asked again at once.
        std::mem::swap(&mut fresh.pullers, &mut board.pullers);
        *board = fresh;
        board.match_again(now);
        Ok(position)
    }

    async fn read(&self, after: i64, until: i64) -> Result<Vec<Happened>, NotFollowed> {
        let mut page = Vec::new();
        self.log()
            .follow::<NotFollowed>(after, until, Columns::Fold, |event| {
                page.extend(happened(&event)?);
                Ok(ControlFlow::Continue(()))
            })
            .await?;
        Ok(page)
    }

    pub(crate) fn board(&self) -> std::sync::MutexGuard<'_, Board> {
        self.inner()
            .board
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing, where it happened to something else.
fn happened(event: &EventRef<'_>) -> Result<Option<Happened>, Unreadable> {
    if event.aggregate_type != Unit::TYPE {
        return Ok(None);
    }
    // A stream that is named otherwise was not enqueued by anybody.
    let Ok(unit) = event.aggregate_id.parse() else {
        return Ok(None);
    };
    Ok(Some(Happened {
        position: event.position,
        unit,
        event: decode(event, &[])?,
    }))
}

impl Board {
    /// What happened here is known already; what is older than what is known changes nothing. A
    /// unit that comes back is handed out, with where: it has to be looked at.
    fn happened(&mut self, happened: Happened, now: DateTime<Utc>) -> Option<(UnitId, i64)> {
        let Happened {
            position,
            unit,
            event,
        } = happened;
        match event {
            UnitEvent::Enqueued { terms, at } => {
                let mut outline = Outline::default();
                outline.happened(UnitEvent::Enqueued { terms, at });
                if let (Some(brief), Some(tally)) = (outline.terms(), outline.tally()) {
                    self.enqueue(unit, Waiting::new(position, at, brief, tally), now);
                }
            }
            UnitEvent::Leased {
                holding,
                seconds_max,
                deadline,
                ..
            } => self.leased(unit, &holding, (seconds_max, deadline), now),
            UnitEvent::Progressed {
                holding,
                checkpoint,
                spent,
                ..
            } => self.progressed(unit, &holding, checkpoint, spent),
            UnitEvent::Asked { want, deadline, .. } => {
                if let Some(held) = self.held.get_mut(&unit) {
                    held.asked = Some((want, deadline));
                }
            }
            UnitEvent::Returned {
                holding,
                because,
                exclude,
                needs,
                ..
            } => {
                if because.is_loss() {
                    self.records.lost(holding.machine);
                }
                let known = self.held.get(&unit);
                if known.is_some_and(|it| it.fence <= holding.fence)
                    && let Some(mut held) = self.release(unit)
                {
                    held.waiting.excluded.extend(exclude);
                    if let Some(needs) = needs {
                        held.waiting.needs = needs.into();
                    }
                    self.enqueue(unit, held.waiting, now);
                }
            }
            UnitEvent::Completed {
                holding,
                trained_seconds,
                ..
            } => {
                // Only a unit that one machine did alone shows how fast the machine is.
                if let (Some(expected), 1) = (self.ended(unit), holding.fence) {
                    let machine = holding.machine;
                    self.records.completed(machine, expected, trained_seconds);
                }
            }
            UnitEvent::Failed { .. } | UnitEvent::Stopped { .. } => {
                self.ended(unit);
            }
            UnitEvent::BudgetRaised { budget, lease, .. } => {
                self.budget_raised(unit, budget, lease, now);
            }
            UnitEvent::Resumed { .. } => return Some((unit, position)),
        }
        None
    }

    fn budget_raised(
        &mut self,
        unit: UnitId,
        budget: Money,
        lease: Option<Allowed>,
        now: DateTime<Utc>,
    ) {
        if let Some(held) = self.held.get_mut(&unit) {
            held.waiting.budget = budget;
            if let Some(allowed) = lease {
                held.seconds_max = allowed.seconds_max;
                held.deadline = allowed.deadline;
            }
        } else if let Some(waiting) = self.queue.remove(unit) {
            // There may be machines now that were too dear before.
            self.enqueue(unit, Waiting { budget, ..waiting }, now);
        }
    }

    fn leased(
        &mut self,
        unit: UnitId,
        holding: &Holding,
        (seconds_max, deadline): (u64, DateTime<Utc>),
        now: DateTime<Utc>,
    ) {
        self.records.leased(holding.machine);
        let is_old = |waiting: &Waiting| waiting.fence >= holding.fence;
        if self.waiting(unit).is_none_or(is_old) {
            return;
        }
        let Some(waiting) = self.take_waiting(unit) else {
            return;
        };
        let held = Held {
            fence: holding.fence,
            machine: holding.machine,
            slot: slot_number(holding.slot.as_str()),
            seconds_max,
            deadline,
            asked: None,
            heard_at: now,
            waiting: Waiting {
                fence: holding.fence,
                ..waiting
            },
        };
        self.hold(unit, held);
    }

    fn progressed(&mut self, unit: UnitId, holding: &Holding, to: Checkpoint, spent: Money) {
        if let Some(held) = self.held.get_mut(&unit)
            && held.fence == holding.fence
            && held.waiting.spent.minor() <= spent.minor()
        {
            held.waiting.reached(Some(to), spent);
            self.records.fetched(holding.machine, &[to.object]);
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
