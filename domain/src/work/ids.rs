//! Identities of units, and the names of the places where a machine works on them.

use ledger::{ClaimError, Name};

use crate::users::{Id, Kind};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MachineKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {}

impl Kind for UnitKind {
    const PREFIX: &'static str = "unit_";
}

impl Kind for MachineKind {
    const PREFIX: &'static str = "machine_";
}

impl Kind for ObjectKind {
    const PREFIX: &'static str = "object_";
}

pub type UnitId = Id<UnitKind>;
pub type MachineId = Id<MachineKind>;
pub type ObjectId = Id<ObjectKind>;

/// The name that a lease claims: one GPU of a machine, or all of a machine that has none.
pub fn slot(machine: MachineId, number: u32) -> Result<Name, ClaimError> {
    Name::parse(&format!("slot/{machine}/{number}"))
}
