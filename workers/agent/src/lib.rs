//! Speaks for a machine: joins it to a server, asks for work, and has it done in isolation.
//!
//! It knows the server by HTTP alone, and the trainer by the lines that it prints. What it promises
//! to survive: its own restart, since trainers outlive it and are found again; outages of the
//! server, since nothing but a lost lease ends a trainer; and trainers that misbehave, since they
//! see little of the machine and write into one folder of it.

mod agent;
mod archive;
mod clock;
mod fetching;
mod hardware;
mod identity;
mod isolation;
mod lease;
mod lines;
mod process;
mod python;
mod server;
mod settings;
mod task;
mod trouble;
mod uploading;
mod wire;

pub use agent::{Status, join, run, status};
pub use identity::Identity;
pub use settings::{Settings, VARIABLES};
pub use task::{Come, Wish};
pub use trouble::Trouble;
pub use wire::Isolation;
