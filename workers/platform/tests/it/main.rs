//! The platform's worker against a real PostgreSQL and a real mail server, both willing to fail.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod following;
mod giving_up;
mod logging;
mod objects;
mod outbox;
mod payments;
mod secrecy;
mod sending;
mod sink;
mod surviving;
mod world;
