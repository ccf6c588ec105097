//! A machine: what may be asked of it, what has happened to it, and as what it stands.

mod commands;
mod events;
mod state;

pub use commands::{MachineCommand, MachineError};
pub use events::{DrainedBecause, Enrolled, MachineEvent, UnverifiedBecause};
pub use state::{Machine, Member};
