//! Whose turn it is: between customers by what they had, within a customer by who waited longer.
//!
//! Units that need the same stand in one class, so that a machine is held against a class once and
//! not against a million units. In a class each customer has a line. The customer who has had the
//! least, by weight, is next; one who comes anew starts where the others are, and so neither pays
//! for the past nor profits by having been away. Every so often the unit that waited longest goes
//! first whoever it belongs to, so that no arithmetic can starve it.

mod class;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::users::UserId;
use domain::work::{Because, Needs, ObjectId, Offer, UnitId};
use foldhash::HashMap;

use crate::waiting::Waiting;
use class::Class;

/// What a second is worth in the count of what a customer had, at a weight of one.
const SECOND: u64 = 1_000;

#[derive(Debug, Default)]
pub struct Queue {
    classes: BTreeMap<u64, Class>,
    by_needs: HashMap<Arc<Needs>, u64>,
    customers: HashMap<UserId, Customer>,
    places: HashMap<UnitId, Spot>,
    /// The number of the next class.
    next: u64,
    /// What those who are next have had.
    clock: u64,
}

#[derive(Debug, Default)]
struct Customer {
    had: u64,
    /// How many of their units wait in each class.
    waiting: BTreeMap<u64, usize>,
}

/// Where a unit stands.
#[derive(Clone, Copy, Debug)]
struct Spot {
    class: u64,
    customer: UserId,
    number: i64,
}

/// What a machine that asks is to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    pub unit: UnitId,
    /// Which of the slots that were offered.
    pub slot: u32,
    pub because: Because,
}

/// How far from being next a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Units with the same needs that have waited for longer, counted up to a bound.
    pub ahead: usize,
    /// Units with the same needs.
    pub length: usize,
    /// Customers whose turn comes before.
    pub customers_before: usize,
}

impl Queue {
    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub fn get(&self, unit: UnitId) -> Option<&Waiting> {
        let spot = self.places.get(&unit)?;
        let class = self.classes.get(&spot.class)?;
        class.get(spot.customer, spot.number)
    }

    pub fn insert(&mut self, unit: UnitId, waiting: Waiting) {
        self.remove(unit);
        let spot = Spot {
            class: self.class_of(&waiting.needs),
            customer: waiting.customer,
            number: waiting.number,
        };
        let clock = self.clock;
        let customer = self.customers.entry(spot.customer).or_default();
        if customer.waiting.is_empty() {
            customer.had = customer.had.max(clock);
        }
        *customer.waiting.entry(spot.class).or_default() += 1;
        let had = customer.had;
        if let Some(class) = self.classes.get_mut(&spot.class) {
            class.insert(had, unit, waiting);
        }
        self.places.insert(unit, spot);
    }

    pub fn remove(&mut self, unit: UnitId) -> Option<Waiting> {
        let spot = self.places.remove(&unit)?;
        let customer = self.customers.get_mut(&spot.customer)?;
        let had = customer.had;
        if let Some(count) = customer.waiting.get_mut(&spot.class) {
            *count -= 1;
            if *count == 0 {
                customer.waiting.remove(&spot.class);
            }
        }
        let class = self.classes.get_mut(&spot.class)?;
        let waiting = class.remove(had, spot.customer, spot.number);
        if class.is_empty() {
            self.by_needs.remove(class.needs());
            self.classes.remove(&spot.class);
        }
        waiting
    }

    /// What a machine with these free slots is to be given; it stays in the queue until it is
    /// taken out.
    pub fn choose(
        &self,
        slots: &[(u32, &Offer)],
        now: DateTime<Utc>,
        has: impl Fn(&ObjectId) -> bool,
    ) -> Option<Pick> {
        let fitting = self.classes.values().filter_map(|class| {
            let fits = |(_, offer): &&(u32, &Offer)| class.needs().fit(offer).is_ok();
            let (slot, offer) = slots.iter().find(fits)?;
            let next = class.next(offer, now, &has)?;
            Some((next, *slot))
        });
        let (next, slot) = fitting.min_by_key(|(next, _)| (next.had, next.number))?;
        Some(Pick {
            unit: next.unit,
            slot,
            because: next.because,
        })
    }

    /// Takes a unit out, and notes that its customer has been given it.
    pub fn take(&mut self, unit: UnitId, because: Because) -> Option<Waiting> {
        let spot = *self.places.get(&unit)?;
        if let Some(class) = self.classes.get_mut(&spot.class) {
            class.took(because);
        }
        let waiting = self.remove(unit)?;
        let seconds = waiting.seconds_expected.max(1);
        let share = seconds.saturating_mul(SECOND) / u64::from(waiting.weight.max(1));
        self.charge(spot.customer, share.max(1));
        Some(waiting)
    }

    fn charge(&mut self, customer: UserId, share: u64) {
        let Some(found) = self.customers.get_mut(&customer) else {
            return;
        };
        let had = found.had;
        self.clock = self.clock.max(had);
        found.had = had.saturating_add(share);
        for class in found.waiting.keys() {
            if let Some(class) = self.classes.get_mut(class) {
                class.turn_moved(customer, had, found.had);
            }
        }
        // Whoever is behind the clock would start there anyway.
        if self.customers.len() > 2 * self.places.len() + 1_024 {
            let clock = self.clock;
            let counts = |it: &mut Customer| !it.waiting.is_empty() || it.had > clock;
            self.customers.retain(|_, it| counts(it));
        }
    }

    pub fn line(&self, unit: UnitId) -> Option<Line> {
        let spot = self.places.get(&unit)?;
        let class = self.classes.get(&spot.class)?;
        let had = self.customers.get(&spot.customer)?.had;
        Some(class.line(had, spot.customer, spot.number))
    }

    fn class_of(&mut self, needs: &Arc<Needs>) -> u64 {
        if let Some(found) = self.by_needs.get(needs) {
            return *found;
        }
        let number = self.next;
        self.next += 1;
        self.classes.insert(number, Class::new(Arc::clone(needs)));
        self.by_needs.insert(Arc::clone(needs), number);
        number
    }
}

#[cfg(test)]
mod tests;
