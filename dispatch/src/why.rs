//! Why a unit is where it is: which machines could have had it, and what it is waiting for.

use chrono::{DateTime, Utc};
use domain::work::{Decision, MachineId, Unfit, Unit, UnitId};
use serde::Serialize;
use store::StoreError;

use crate::dispatcher::Dispatcher;
use crate::fleet::Machine;
use crate::waiting::Waiting;

/// So many machines are named.
const SEEN_MAX: usize = 100;

/// What there is to know about where a unit stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was never enqueued.
    Nothing,
    Waits {
        since: DateTime<Utc>,
        /// Nothing, where this process has not heard of the unit yet.
        place: Option<Place>,
        /// The machines that are there, each with what stands against it.
        machines: Vec<Seen>,
        machines_there: usize,
    },
    Leased {
        machine: MachineId,
        fence: u64,
        since: DateTime<Utc>,
        decision: Decision,
    },
    Over,
}

/// Where in the queue a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub ahead: usize,
    pub length: usize,
    pub customers_before: usize,
}

/// A machine as a waiting unit sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub machine: MachineId,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It could have the unit, and asks for work.
    Fits,
    /// It could have the unit if it asked.
    NotAsking,
    /// It could have the unit if it were done with what it has.
    Busy,
    Draining,
    Unfit(Unfit),
}

impl Dispatcher {
    pub async fn why(&self, id: UnitId) -> Result<Why, StoreError> {
        let unit = self.units().look(&id.to_string()).await?;
        Ok(match &unit {
            Unit::Unqueued => Why::Nothing,
            Unit::Over { .. } => Why::Over,
            Unit::Leased { lease, .. } => Why::Leased {
                machine: lease.holding.machine,
                fence: lease.holding.fence,
                since: lease.since,
                decision: lease.decision,
            },
            Unit::Queued { .. } => self.why_it_waits(id, &unit),
        })
    }

    fn why_it_waits(&self, id: UnitId, unit: &Unit) -> Why {
        let now = self.log().clock().now();
        let outline = unit.outline();
        let (Some(brief), Some(tally)) = (outline.terms(), outline.tally()) else {
            return Why::Nothing;
        };
        let machines = self.fleet().all();
        let board = self.board();
        let known = board.waiting(id).cloned();
        let since = known.as_ref().map_or(now, |waiting| waiting.since);
        let waiting = Waiting::new(0, since, brief, tally);
        let seen = machines.iter().take(SEEN_MAX).map(|machine| {
            let asks = board.pullers.is_waiting(machine.machine);
            let free = |slot| board.is_free(machine.machine, slot, now);
            Seen {
                machine: machine.machine,
                verdict: verdict(machine, &waiting, asks, free, now),
            }
        });
        let place = board.queue.line(id).map(|line| Place {
            ahead: line.ahead,
            length: line.length,
            customers_before: line.customers_before,
        });
        Why::Waits {
            since,
            place,
            machines: seen.collect(),
            machines_there: machines.len(),
        }
    }
}

fn verdict(
    machine: &Machine,
    waiting: &Waiting,
    asks: bool,
    free: impl Fn(u32) -> bool,
    now: DateTime<Utc>,
) -> Verdict {
    if machine.draining {
        return Verdict::Draining;
    }
    let candidate = waiting.candidate();
    let fits = |offer| {
        let has = waiting.needs.fit(offer);
        has.and_then(|()| candidate.fit(offer, now))
    };
    let slots = || (0..).zip(machine.slots.iter().map(fits));
    if slots().any(|(slot, fit)| fit.is_ok() && free(slot)) {
        return if asks {
            Verdict::Fits
        } else {
            Verdict::NotAsking
        };
    }
    if slots().any(|(_, fit)| fit.is_ok()) {
        return Verdict::Busy;
    }
    let unfit = slots().find_map(|(_, fit)| fit.err());
    unfit.map_or(Verdict::Busy, Verdict::Unfit)
}
