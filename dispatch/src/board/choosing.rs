//! Which unit a machine is given, and which machine a unit goes to.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::work::{Because, Decision, MachineId, ObjectId, Offer, RULE, UnitId};
use tokio::sync::oneshot;

use super::Board;
use crate::fleet::Machine;
use crate::pullers::Assigned;
use crate::queue::Pick;
use crate::waiting::Waiting;

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
        let free: Vec<(u32, &Offer)> = self.free(machine, now).collect();
        let records = &self.records;
        let has = |file: &ObjectId| records.has(machine.machine, file);
        let Pick {
            unit,
            slot,
            because,
        } = self.queue.choose(&free, now, has)?;
        let (_, offer) = free.into_iter().find(|(number, _)| *number == slot)?;
        let offer = self.known(offer);
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

    /// The slots of a machine that nobody is known to be in.
    fn free<'a>(
        &self,
        machine: &'a Machine,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (u32, &'a Offer)> {
        let slots = (0..).zip(&machine.slots);
        slots.filter(move |(slot, _)| self.is_free(machine.machine, *slot, now))
    }

    /// An offer with what is known of the machine.
    fn known(&self, offer: &Offer) -> Offer {
        let (speed_percent, losses_basis_points) = self.records.of(offer.machine);
        Offer {
            speed_percent,
            losses_basis_points,
            ..offer.clone()
        }
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
            let mut free = self.free(machine, now);
            let Some((slot, offer)) = free.find(|(_, offer)| fits(offer)) else {
                continue;
            };
            let place = (slot, self.known(offer));
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
}
