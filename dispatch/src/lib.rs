//! Brings units of work and machines together: who waits, who has what, and whose turn it is.
//!
//! Each process that answers machines keeps the whole queue in memory, folded from the read tables
//! once and from the log ever after. What it believes may be old; nothing rests on it. A lease is a
//! command on the stream of its unit, and it claims the slot: of any number of processes that offer
//! one unit, or one slot, one is granted and the others look for the next.

mod board;
mod dispatcher;
#[cfg(test)]
mod examples;
mod expiry;
mod feed;
mod fleet;
mod grant;
mod held;
mod pullers;
mod queue;
mod records;
mod waiting;
mod why;

pub use board::Counts;
pub use dispatcher::{Desired, Directions, Dispatcher, NotHeld};
pub use fleet::{Fleet, Machine};
pub use grant::{Granted, NotGranted};
pub use why::{Place, Seen, Verdict, Why};
