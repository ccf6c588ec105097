//! Projections against a real PostgreSQL: exactly once, rebuilt beside their readers, found out.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod catching_up;
mod queries;
mod rebuilding;
mod stopping;
mod tampering;
mod waiting;
mod world;
