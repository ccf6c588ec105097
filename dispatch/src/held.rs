//! A unit that a machine has, and when the machine was last heard.

use chrono::{DateTime, Utc};
use domain::work::{LEASE, Lease, MachineId, Want, WhyExpired};

use crate::waiting::Waiting;

#[derive(Clone, Debug)]
pub struct Held {
    pub fence: u64,
    pub machine: MachineId,
    pub slot: u32,
    pub seconds_max: u64,
    pub deadline: DateTime<Utc>,
    pub asked: Option<(Want, DateTime<Utc>)>,
    pub heard_at: DateTime<Utc>,
    /// As it would wait again.
    pub waiting: Waiting,
}

impl Held {
    /// `heard_at` is when the lease began, or when this process did.
    pub fn new(lease: &Lease, heard_at: DateTime<Utc>, waiting: Waiting) -> Self {
        Self {
            fence: lease.holding.fence,
            machine: lease.holding.machine,
            slot: slot_number(lease.holding.slot.as_str()),
            seconds_max: lease.seconds_max,
            deadline: lease.deadline,
            asked: lease.asked,
            heard_at,
            waiting,
        }
    }

    /// Why the lease has run out, if it has.
    pub fn expired(&self, now: DateTime<Utc>) -> Option<WhyExpired> {
        if self.heard_at + LEASE <= now {
            return Some(WhyExpired::Silent);
        }
        if self.asked.is_some_and(|(_, deadline)| deadline <= now) {
            return Some(WhyExpired::Deaf);
        }
        (self.deadline <= now).then_some(WhyExpired::Overdue)
    }
}

/// The last part of the slot's name.
pub fn slot_number(slot: &str) -> u32 {
    let number = slot.rsplit('/').next();
    number.and_then(|it| it.parse().ok()).unwrap_or(0)
}
