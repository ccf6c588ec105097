//! What each machine did with the units it had, as far as it says something about the next.

use domain::work::{MachineId, ObjectId};
use foldhash::HashMap;
use projections::work::Record as Stored;
use std::collections::VecDeque;

/// So many of the files that a machine fetched are remembered.
const FILES_MAX: usize = 64;
/// As if every machine had this many leases without a loss before its first.
const LEASES_PRIOR: u64 = 5;
/// As if every machine had trained this long at an ordinary pace before.
const SECONDS_PRIOR: u64 = 600;
const SPEED_PERCENT_MIN: u64 = 10;
const SPEED_PERCENT_MAX: u64 = 1_000;
const WHOLE: u64 = 10_000;

#[derive(Debug, Default)]
pub struct Records(HashMap<MachineId, Record>);

#[derive(Debug, Default)]
struct Record {
    leases: u64,
    losses: u64,
    seconds_expected: u64,
    seconds_trained: u64,
    files: VecDeque<ObjectId>,
}

impl Records {
    pub fn recall(&mut self, stored: &[Stored]) {
        let whole = |number: i64| u64::try_from(number).unwrap_or(0);
        for record in stored {
            let known = self.0.entry(record.machine).or_default();
            known.leases = whole(record.leases);
            known.losses = whole(record.losses);
            known.seconds_expected = whole(record.seconds_expected);
            known.seconds_trained = whole(record.seconds_trained);
        }
    }

    pub fn leased(&mut self, machine: MachineId) {
        self.0.entry(machine).or_default().leases += 1;
    }

    pub fn lost(&mut self, machine: MachineId) {
        self.0.entry(machine).or_default().losses += 1;
    }

    pub fn completed(&mut self, machine: MachineId, expected: u64, trained: u64) {
        let record = self.0.entry(machine).or_default();
        record.seconds_expected = record.seconds_expected.saturating_add(expected);
        record.seconds_trained = record.seconds_trained.saturating_add(trained);
    }

    /// The machine has been told to fetch these, and probably keeps them for a while.
    pub fn fetched(&mut self, machine: MachineId, files: &[ObjectId]) {
        let record = self.0.entry(machine).or_default();
        for file in files {
            record.files.retain(|it| it != file);
            record.files.push_back(*file);
            if record.files.len() > FILES_MAX {
                record.files.pop_front();
            }
        }
    }

    pub fn has(&self, machine: MachineId, file: &ObjectId) -> bool {
        let record = self.0.get(&machine);
        record.is_some_and(|record| record.files.contains(file))
    }

    /// Its pace, 100 for an ordinary machine, and how many of 10,000 leases it loses.
    pub fn of(&self, machine: MachineId) -> (u32, u32) {
        let Some(record) = self.0.get(&machine) else {
            return (100, 0);
        };
        let expected = record.seconds_expected.saturating_add(SECONDS_PRIOR);
        let trained = record.seconds_trained.saturating_add(SECONDS_PRIOR);
        let speed = expected.saturating_mul(100) / trained.max(1);
        let speed = speed.clamp(SPEED_PERCENT_MIN, SPEED_PERCENT_MAX);
        let leases = record.leases.saturating_add(LEASES_PRIOR);
        let losses = record.losses.saturating_mul(WHOLE) / leases;
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        (narrow(speed), narrow(losses.min(WHOLE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<K>(number: u128) -> domain::users::Id<K> {
        domain::users::Id::new(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_machine_of_which_nothing_is_known_is_an_ordinary_one() {
        assert_eq!(Records::default().of(id(1)), (100, 0));
    }

    #[test]
    fn one_good_or_bad_day_does_not_make_a_record() {
        let mut records = Records::default();
        records.completed(id(1), 1_000, 1);
        assert_eq!(records.of(id(1)).0, 266);
        records.leased(id(1));
        records.lost(id(1));
        assert_eq!(records.of(id(1)).1, 1_666);
        for _ in 0..100 {
            records.completed(id(1), 1_000, 2_000);
        }
        assert_eq!(records.of(id(1)).0, 50);
    }

    #[test]
    fn the_files_that_were_fetched_last_are_remembered() {
        let mut records = Records::default();
        for number in 0..=64 {
            records.fetched(id(1), &[id(number)]);
        }
        assert!(!records.has(id(1), &id(0)) && records.has(id(1), &id(64)));
        assert!(!records.has(id(2), &id(64)));
    }
}
