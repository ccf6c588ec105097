//! Machines that providers bring: how they join, what they are, and on what terms they work.
//!
//! What a machine is called may say whose it is, so the vault keeps that beside the provider. How
//! busy a machine is at a moment is no event either; only what changes who may work for what is.
//!
//! - join token: absent → made → used up, expired or revoked
//! - machine: absent → enrolled → retired; drained and undrained, verified and not, in between

mod hardware;
mod join;
mod machine;
mod price;
mod words;

pub use hardware::{Gpu, Hardware, HardwareError};
pub use join::{
    JoinToken, JoinTokenCommand, JoinTokenError, JoinTokenEvent, MACHINES_A_TOKEN_MAX, Made,
};
pub use machine::{
    DrainedBecause, Enrolled, Machine, MachineCommand, MachineError, MachineEvent, Member,
    UnverifiedBecause,
};
pub use price::{HourlyPrice, PriceError};
pub use words::{
    AgentVersion, Isolation, Isolations, Region, Runtime, Runtimes, Spelling, Word, WordError,
};

use crate::users::{Id, Kind};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MachineKind {}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JoinTokenKind {}

impl Kind for MachineKind {
    const PREFIX: &'static str = "machine_";
}

impl Kind for JoinTokenKind {
    const PREFIX: &'static str = "join_";
}

pub type MachineId = Id<MachineKind>;
pub type JoinTokenId = Id<JoinTokenKind>;

#[cfg(test)]
mod examples;
