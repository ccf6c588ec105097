//! A bounded memory of machines that were recognised a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::servers::{MachineId, Member};

/// So long a machine is believed without another look; after that, whatever was decided about it
/// anywhere counts.
const BELIEVED: TimeDelta = TimeDelta::seconds(1);
const REMEMBERED_MAX: usize = 65_536;

#[derive(Clone)]
struct Seen {
    member: Arc<Member>,
    at: DateTime<Utc>,
}

impl Seen {
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        // A clock that was set back makes nobody believed for longer.
        self.at <= now && now - self.at < BELIEVED
    }
}

/// Machines ask thousands of times a second; the log is asked about each of them once a second.
#[derive(Default)]
pub struct Recent(Mutex<HashMap<MachineId, Seen>>);

impl Recent {
    fn seen(&self) -> MutexGuard<'_, HashMap<MachineId, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, machine: MachineId, now: DateTime<Utc>) -> Option<Arc<Member>> {
        let seen = self.seen();
        let found = seen.get(&machine).filter(|seen| seen.is_fresh(now));
        found.map(|seen| Arc::clone(&seen.member))
    }

    /// `at` is before it was looked at, so that what was decided since is not missed for longer.
    pub fn put(&self, member: Arc<Member>, at: DateTime<Utc>) {
        let mut seen = self.seen();
        if seen.len() >= REMEMBERED_MAX {
            seen.retain(|_, seen| seen.is_fresh(at));
        }
        if seen.len() < REMEMBERED_MAX {
            seen.insert(member.machine, Seen { member, at });
        }
    }

    pub fn forget(&self, machine: MachineId) {
        self.seen().remove(&machine);
    }
}
