//! Units that need the same, in a line for each customer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::users::UserId;
use domain::work::{Because, Needs, ObjectId, Offer, UnitId};
use foldhash::HashMap;

use super::Line;
use crate::waiting::Waiting;

/// Every so many turns the unit goes first that has waited longest.
const LONGEST_EVERY: u32 = 8;
/// So many units of one line are looked at before the line is passed over.
const LOOKED_AT: usize = 32;
/// Among so many of one line, one whose files are on the machine already goes first.
const NEAR: usize = 8;
/// So many customers are asked before a class is passed over.
const CUSTOMERS_ASKED: usize = 256;
/// A line is counted so far.
const COUNTED: usize = 10_000;

#[derive(Debug)]
pub struct Class {
    needs: Arc<Needs>,
    /// Who is next: by what they have had.
    turns: BTreeSet<(u64, UserId)>,
    lines: HashMap<UserId, BTreeMap<i64, (UnitId, Waiting)>>,
    /// Who has waited for how long.
    ages: BTreeMap<i64, UserId>,
    turns_since_longest: u32,
}

/// The unit whose turn it is for a machine.
#[derive(Clone, Copy, Debug)]
pub struct Next {
    pub had: u64,
    pub number: i64,
    pub unit: UnitId,
    pub because: Because,
}

impl Class {
    pub fn new(needs: Arc<Needs>) -> Self {
        Self {
            needs,
            turns: BTreeSet::new(),
            lines: HashMap::default(),
            ages: BTreeMap::new(),
            turns_since_longest: 0,
        }
    }

    pub const fn needs(&self) -> &Arc<Needs> {
        &self.needs
    }

    pub fn is_empty(&self) -> bool {
        self.ages.is_empty()
    }

    pub fn get(&self, customer: UserId, number: i64) -> Option<&Waiting> {
        let (_, waiting) = self.lines.get(&customer)?.get(&number)?;
        Some(waiting)
    }

    pub fn insert(&mut self, had: u64, unit: UnitId, waiting: Waiting) {
        let (customer, number) = (waiting.customer, waiting.number);
        self.ages.insert(number, customer);
        self.turns.insert((had, customer));
        let line = self.lines.entry(customer).or_default();
        line.insert(number, (unit, waiting));
    }

    pub fn remove(&mut self, had: u64, customer: UserId, number: i64) -> Option<Waiting> {
        let line = self.lines.get_mut(&customer)?;
        let (_, waiting) = line.remove(&number)?;
        if line.is_empty() {
            self.lines.remove(&customer);
            self.turns.remove(&(had, customer));
        }
        self.ages.remove(&number);
        Some(waiting)
    }

    /// A customer has been given something, here or in another class.
    pub fn turn_moved(&mut self, customer: UserId, from: u64, to: u64) {
        if self.turns.remove(&(from, customer)) {
            self.turns.insert((to, customer));
        }
    }

    pub const fn took(&mut self, because: Because) {
        self.turns_since_longest = match because {
            Because::LongestWaiting => 0,
            Because::OnlyOne | Because::Cheapest | Because::Turn => {
                self.turns_since_longest.saturating_add(1)
            }
        };
    }

    /// For a machine that has what is needed.
    pub fn next(
        &self,
        offer: &Offer,
        now: DateTime<Utc>,
        has: &impl Fn(&ObjectId) -> bool,
    ) -> Option<Next> {
        if self.turns_since_longest >= LONGEST_EVERY
            && let Some(longest) = self.longest(offer, now)
        {
            return Some(longest);
        }
        let asked = self.turns.iter().take(CUSTOMERS_ASKED);
        asked
            .filter(|(_, customer)| *customer != offer.provider)
            .find_map(|(had, customer)| self.next_of(*had, *customer, offer, now, has))
    }

    fn longest(&self, offer: &Offer, now: DateTime<Utc>) -> Option<Next> {
        let waiting = self.ages.iter().take(LOOKED_AT);
        let mut waiting = waiting.filter_map(|(number, customer)| {
            let (unit, waiting) = self.lines.get(customer)?.get(number)?;
            Some((*number, *unit, waiting))
        });
        let fits = |waiting: &Waiting| waiting.candidate().fit(offer, now).is_ok();
        let (number, unit, _) = waiting.find(|(_, _, waiting)| fits(waiting))?;
        Some(Next {
            had: 0,
            number,
            unit,
            because: Because::LongestWaiting,
        })
    }

    /// The first of the line, or one near it whose files are on the machine.
    fn next_of(
        &self,
        had: u64,
        customer: UserId,
        offer: &Offer,
        now: DateTime<Utc>,
        has: &impl Fn(&ObjectId) -> bool,
    ) -> Option<Next> {
        let line = self.lines.get(&customer)?;
        let there = |waiting: &Waiting| waiting.objects.iter().filter(|it| has(it)).count();
        let fitting = line
            .iter()
            .take(LOOKED_AT)
            .filter(|(_, (_, waiting))| waiting.candidate().fit(offer, now).is_ok())
            .take(NEAR);
        let best = fitting
            .max_by_key(|(number, (_, waiting))| (there(waiting), std::cmp::Reverse(**number)));
        let (number, (unit, _)) = best?;
        Some(Next {
            had,
            number: *number,
            unit: *unit,
            because: Because::Turn,
        })
    }

    pub fn line(&self, had: u64, customer: UserId, number: i64) -> Line {
        Line {
            ahead: self.ages.range(..number).take(COUNTED).count(),
            length: self.ages.len(),
            customers_before: self.turns.range(..(had, customer)).take(COUNTED).count(),
        }
    }
}
