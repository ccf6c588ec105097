//! Identities of units, and the names of the places where a machine works on them.

use ledger::{ClaimError, Name};

pub use crate::objects::ObjectId;
pub use crate::servers::MachineId;
use crate::users::{Id, Kind};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {}

impl Kind for UnitKind {
    const PREFIX: &'static str = "unit_";
}

pub type UnitId = Id<UnitKind>;

/// The name that a lease claims: one GPU of a machine, or all of a machine that has none.
pub fn slot(machine: MachineId, number: u32) -> Result<Name, ClaimError> {
    Name::parse(&format!("slot/{machine}/{number}"))
}
