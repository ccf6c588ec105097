//! All that one process believes about units and machines; every change is made at once and whole.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::work::{
    Because, Decision, Excluded, MachineId, ObjectId, Offer, Outline, RULE, Unit, UnitId,
};
use foldhash::HashMap;
use tokio::sync::oneshot;

use crate::fleet::Machine;
use crate::held::Held;
use crate::pullers::{Assigned, Pullers};
use crate::queue::{Pick, Queue};
use crate::records::Records;
use crate::waiting::Waiting;

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

/// What came of asking for work.
pub enum Pulled {
    Assigned(Box<Assigned>),
    /// Under this number, until something is there.
    Waits(u64, oneshot::Receiver<Box<Assigned>>),
}

/// The machine, of those that wait, where a unit is expected to cost the least.
struct Cheapest {
    number: u64,
    machine: Arc<Machine>,
    place: (u32, Offer),
    decision: Decision,
}

impl Board {
    pub fn counts(&self) -> Counts {
        Counts {
            queued: self.queue.len(),
            leased: self.held.len(),
            pullers: self.pullers.len(),
        }
    }

    /// Work for this machine, or a place among those who wait.
    pub fn pull(&mut self, machine: &Arc<Machine>, now: DateTime<Utc>) -> Pulled {
        if let Some(assigned) = self.choose(machine, now) {
            return Pulled::Assigned(Box::new(assigned));
        }
        let (number, receiver) = self.pullers.add(Arc::clone(machine));
        Pulled::Waits(number, receiver)
    }

    /// Takes the best unit for a machine out of the queue.
    fn choose(&mut self, machine: &Arc<Machine>, now: DateTime<Utc>) -> Option<Assigned> {
        if self.queue.is_empty() || machine.draining {
            return None;
        }
        let offers = self.free(machine, now);
        let borrowed: Vec<(u32, &Offer)> = offers.iter().map(|(slot, it)| (*slot, it)).collect();
        let records = &self.records;
        let has = |file: &ObjectId| records.has(machine.machine, file);
        let Pick {
            unit,
            slot,
            because,
        } = self.queue.choose(&borrowed, now, has)?;
        let (_, offer) = offers.into_iter().find(|(number, _)| *number == slot)?;
        let waiting = self.queue.get(unit)?;
        let score = waiting.candidate().score(&offer, has);
        let decision = Decision {
            rule: RULE,
            candidates: 1,
            score,
            because,
        };
        self.assign(unit, machine, (slot, offer), decision)
    }

    fn assign(
        &mut self,
        unit: UnitId,
        machine: &Arc<Machine>,
        (slot, offer): (u32, Offer),
        decision: Decision,
    ) -> Option<Assigned> {
        let waiting = self.queue.take(unit, decision.because)?;
        self.granting.insert(unit, waiting);
        self.taken.insert((machine.machine, slot), unit);
        Some(Assigned {
            unit,
            machine: Arc::clone(machine),
            slot,
            offer,
            decision,
        })
    }

    /// The slots of a machine that nobody is known to be in, with what is known of the machine.
    fn free(&self, machine: &Machine, now: DateTime<Utc>) -> Vec<(u32, Offer)> {
        let (speed_percent, losses_basis_points) = self.records.of(machine.machine);
        let slots = (0..).zip(&machine.slots);
        let free = slots.filter(|(slot, _)| self.is_free(machine.machine, *slot, now));
        let offers = free.map(|(slot, offer)| {
            let offer = Offer {
                speed_percent,
                losses_basis_points,
                ..offer.clone()
            };
            (slot, offer)
        });
        offers.collect()
    }

    pub fn is_free(&self, machine: MachineId, slot: u32, now: DateTime<Utc>) -> bool {
        let place = (machine, slot);
        let blocked = self.blocked.get(&place).is_some_and(|until| now < *until);
        !blocked && !self.taken.contains_key(&place)
    }

    /// A unit that is to wait: it goes to the machine among those waiting where it is expected to
    /// cost the least, or else into the queue.
    pub fn enqueue(&mut self, unit: UnitId, waiting: Waiting, now: DateTime<Utc>) {
        if self.granting.contains_key(&unit) || self.held.contains_key(&unit) {
            return;
        }
        self.queue.insert(unit, waiting);
        self.offer(unit, now);
    }

    fn offer(&mut self, unit: UnitId, now: DateTime<Utc>) {
        while let Some(cheapest) = self.cheapest(unit, now) {
            let Cheapest {
                number,
                machine,
                place,
                decision,
            } = cheapest;
            let Some(assigned) = self.assign(unit, &machine, place, decision) else {
                return;
            };
            if self.hand_over(number, assigned) {
                return;
            }
        }
    }

    /// False where whoever asked has gone away meanwhile; the unit then waits as before.
    fn hand_over(&mut self, number: u64, assigned: Assigned) -> bool {
        let Some(puller) = self.pullers.remove(number) else {
            self.give_back(&assigned);
            return false;
        };
        match puller.sender.send(Box::new(assigned)) {
            Ok(()) => true,
            Err(assigned) => {
                self.give_back(&assigned);
                false
            }
        }
    }

    /// Where a unit is expected to cost the least, of the machines that wait.
    fn cheapest(&self, unit: UnitId, now: DateTime<Utc>) -> Option<Cheapest> {
        let waiting = self.queue.get(unit)?;
        let candidate = waiting.candidate();
        let mut candidates = 0_u32;
        let mut best: Option<Cheapest> = None;
        for (number, machine) in self.pullers.iter() {
            if machine.draining {
                continue;
            }
            let fits = |offer: &Offer| {
                waiting.needs.fit(offer).is_ok() && candidate.fit(offer, now).is_ok()
            };
            let mut free = self.free(machine, now).into_iter();
            let Some(place) = free.find(|(_, offer)| fits(offer)) else {
                continue;
            };
            candidates += 1;
            let has = |file: &ObjectId| self.records.has(machine.machine, file);
            let score = candidate.score(&place.1, has);
            let beaten = |best: &Cheapest| score.minor() < best.decision.score.minor();
            if best.as_ref().is_none_or(beaten) {
                best = Some(Cheapest {
                    number,
                    machine: Arc::clone(machine),
                    place,
                    decision: Decision {
                        rule: RULE,
                        candidates,
                        score,
                        because: Because::OnlyOne,
                    },
                });
            }
        }
        let mut best = best?;
        best.decision.candidates = candidates;
        if candidates > 1 {
            best.decision.because = Because::Cheapest;
        }
        Some(best)
    }

    /// Asks again for everybody who waits: an exclusion may have run out, a slot be free.
    pub fn match_again(&mut self, now: DateTime<Utc>) {
        self.blocked.retain(|_, until| now < *until);
        if self.queue.is_empty() {
            return;
        }
        let waiting: Vec<_> = self
            .pullers
            .iter()
            .map(|(number, machine)| (number, Arc::clone(machine)))
            .collect();
        for (number, machine) in waiting {
            let Some(assigned) = self.choose(&machine, now) else {
                continue;
            };
            self.hand_over(number, assigned);
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
