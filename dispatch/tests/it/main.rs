//! The dispatcher on a real PostgreSQL: leases, lost machines, several servers, a restart.

#![expect(clippy::unwrap_used, reason = "the whole binary is a test")]

mod expiring;
mod granting;
mod several;
mod world;
