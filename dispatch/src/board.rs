//! All that one process believes about units and machines; every change is made at once and whole.

mod choosing;

use chrono::{DateTime, TimeDelta, Utc};
use domain::work::{Excluded, MachineId, Outline, Unit, UnitId};
use foldhash::HashMap;

use crate::held::Held;
use crate::pullers::{Assigned, Pullers};
use crate::queue::Queue;
use crate::records::Records;
use crate::waiting::Waiting;

pub use choosing::Pulled;

/// A slot that somebody else holds, or a unit that was refused to a machine, is tried again then.
const TRIED_AGAIN: TimeDelta = TimeDelta::seconds(2);

#[derive(Debug, Default)]
pub struct Board {
    pub queue: Queue,
    pub held: HashMap<UnitId, Held>,
    pub records: Records,
    pub pullers: Pullers,
    /// Units that are being leased at this moment, as they would wait again.
    granting: HashMap<UnitId, Waiting>,
    /// Which unit is in a slot, or is about to be.
    taken: HashMap<(MachineId, u32), UnitId>,
    /// Slots that turned out to be held by others, until when they are believed to be.
    blocked: HashMap<(MachineId, u32), DateTime<Utc>>,
    /// Units whose end is known here before the log has told it, and what they were expected to
    /// take.
    ending: HashMap<UnitId, u64>,
}

/// What there is, for an operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub queued: usize,
    pub leased: usize,
    pub pullers: usize,
}

impl Board {
    pub fn counts(&self) -> Counts {
        Counts {
            queued: self.queue.len(),
            leased: self.held.len(),
            pullers: self.pullers.len(),
        }
    }

    /// The lease was not made; the unit waits as before.
    pub fn give_back(&mut self, assigned: &Assigned) {
        if let Some(waiting) = self.granting.remove(&assigned.unit) {
            self.vacate(assigned);
            self.queue.insert(assigned.unit, waiting);
        }
    }

    fn vacate(&mut self, assigned: &Assigned) {
        let place = (assigned.machine.machine, assigned.slot);
        if self.taken.get(&place) == Some(&assigned.unit) {
            self.taken.remove(&place);
        }
    }

    /// Somebody else turned out to hold the slot.
    pub fn block(&mut self, assigned: &Assigned, now: DateTime<Utc>) {
        let place = (assigned.machine.machine, assigned.slot);
        self.blocked.insert(place, now + TRIED_AGAIN);
        self.give_back(assigned);
    }

    /// The unit may not go to this machine, though nothing here said so.
    pub fn refuse(&mut self, assigned: &Assigned, now: DateTime<Utc>) {
        if let Some(waiting) = self.granting.get_mut(&assigned.unit) {
            waiting.excluded.push(Excluded {
                machine: assigned.machine.machine,
                until: Some(now + TRIED_AGAIN),
            });
        }
        self.give_back(assigned);
    }

    /// The unit turned out not to be waiting any more. It stays aside until the log has told why.
    pub fn set_aside(&mut self, assigned: &Assigned) {
        if self.granting.contains_key(&assigned.unit) {
            self.vacate(assigned);
        }
    }

    /// A unit that is about to be leased, or that waits; from here on it does neither.
    pub fn take_waiting(&mut self, unit: UnitId) -> Option<Waiting> {
        let granting = self.granting.remove(&unit);
        granting.or_else(|| self.queue.remove(unit))
    }

    pub fn waiting(&self, unit: UnitId) -> Option<&Waiting> {
        let granting = self.granting.get(&unit);
        granting.or_else(|| self.queue.get(unit))
    }

    /// Brings a unit that is known here up to what was found out about it.
    pub fn update(&mut self, unit: UnitId, outline: &Outline, now: DateTime<Utc>) {
        match outline {
            Unit::Unqueued => {}
            Unit::Queued { tally, .. } => {
                let stale = |held: &Held| held.fence > tally.fence;
                if self.held.get(&unit).is_none_or(stale) {
                    return;
                }
                if let Some(held) = self.release(unit) {
                    self.enqueue(unit, held.waiting.brought_up_to(outline), now);
                }
            }
            Unit::Leased { lease, .. } => {
                let fence = lease.holding.fence;
                if let Some(held) = self.held.get_mut(&unit) {
                    if held.fence == fence {
                        held.asked = lease.asked;
                        held.seconds_max = lease.seconds_max;
                        held.deadline = lease.deadline;
                        held.waiting = held.waiting.brought_up_to(outline);
                        return;
                    }
                    if held.fence > fence {
                        return;
                    }
                }
                let known = self.take_waiting(unit);
                let known = known.or_else(|| self.release(unit).map(|held| held.waiting));
                if let Some(waiting) = known {
                    let waiting = waiting.brought_up_to(outline);
                    self.hold(unit, Held::new(lease, now, waiting));
                }
            }
            Unit::Over { .. } => {
                if let Some(held) = self.held.get(&unit) {
                    self.ending.insert(unit, held.waiting.seconds_expected);
                }
                self.forget(unit);
            }
        }
    }

    /// The log has told of an end: what the unit was expected to take, if anybody knew.
    pub fn ended(&mut self, unit: UnitId) -> Option<u64> {
        let known_before = self.ending.remove(&unit);
        let held = self
            .held
            .get(&unit)
            .map(|held| held.waiting.seconds_expected);
        self.forget(unit);
        known_before.or(held)
    }

    pub fn hold(&mut self, unit: UnitId, held: Held) {
        self.taken.insert((held.machine, held.slot), unit);
        self.records.fetched(held.machine, &held.waiting.objects);
        self.held.insert(unit, held);
    }

    /// A lease has ended; whoever waits on that machine may have its slot.
    pub fn release(&mut self, unit: UnitId) -> Option<Held> {
        let held = self.held.remove(&unit)?;
        let place = (held.machine, held.slot);
        if self.taken.get(&place) == Some(&unit) {
            self.taken.remove(&place);
        }
        Some(held)
    }

    pub fn forget(&mut self, unit: UnitId) {
        self.release(unit);
        self.queue.remove(unit);
        if self.granting.remove(&unit).is_some() {
            self.taken.retain(|_, it| *it != unit);
        }
    }

    /// A unit of which nothing is known here, as it was looked up. It counts as having waited since
    /// this position.
    pub fn learn(&mut self, unit: UnitId, outline: &Outline, position: i64, now: DateTime<Utc>) {
        match outline {
            Unit::Queued { terms, tally } if !self.held.contains_key(&unit) => {
                self.enqueue(unit, Waiting::new(position, now, terms, tally), now);
            }
            Unit::Leased {
                terms,
                tally,
                lease,
            } if !self.held.contains_key(&unit) => {
                let waiting = self.take_waiting(unit).map_or_else(
                    || Waiting::new(position, lease.since, terms, tally),
                    |waiting| waiting.brought_up_to(outline),
                );
                self.hold(unit, Held::new(lease, now, waiting));
            }
            Unit::Unqueued | Unit::Queued { .. } | Unit::Leased { .. } | Unit::Over { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests;
