//! The stand-in for Stripe against what anybody may read about Stripe, and against its own library.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod client;
mod contract;
mod judge;
mod money;
mod telling;
