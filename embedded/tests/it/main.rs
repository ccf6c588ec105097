//! Runs real clusters: created, shared, killed, recovered and stopped.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod crash;
mod creation;
mod failure;
mod harness;
mod sharing;
