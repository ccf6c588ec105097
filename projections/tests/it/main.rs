//! Projections against a real PostgreSQL: exactly once, rebuilt beside their readers, found out.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod catching_up;
mod crowd;
mod fleet;
mod jobs;
mod mails;
mod objects;
mod payments;
mod people;
mod queries;
mod rebuilding;
mod servers;
mod stopping;
mod tampering;
mod tenants;
mod waiting;
mod work;
mod world;
