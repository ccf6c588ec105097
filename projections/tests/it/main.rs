//! Projections against a real PostgreSQL: exactly once, rebuilt beside their readers, found out.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod catching_up;
mod crowd;
mod mails;
mod payments;
mod people;
mod queries;
mod rebuilding;
mod stopping;
mod tampering;
mod tenants;
mod waiting;
mod world;
