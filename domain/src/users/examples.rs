//! Users, times and digests for the tests of everything that has to do with people.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::digest::{Address, Device, Digest};
use super::ids::{Id, UserId};
use super::reason::Reason;

pub fn id<K>(number: u128) -> Id<K> {
    Id::new(Uuid::from_u128(number))
}

/// The user whom a test is about.
pub fn ann() -> UserId {
    id(0xa)
}

/// Somebody else, of the staff where it matters.
pub fn bob() -> UserId {
    id(0xb)
}

pub fn address(number: u8) -> Address {
    Address::new([number; 32])
}

pub fn device(number: u8) -> Device {
    Device::new([number; 32])
}

pub fn digest(number: u8) -> Digest {
    Digest::new([number; 32])
}

pub fn reason() -> Reason {
    Reason::try_new("Asked by the auditors.").unwrap()
}

/// A time so long after the test's beginning.
pub fn after(delta: TimeDelta) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + delta
}

pub fn minute(minutes: i64) -> DateTime<Utc> {
    after(TimeDelta::minutes(minutes))
}

pub fn second(seconds: i64) -> DateTime<Utc> {
    after(TimeDelta::seconds(seconds))
}
