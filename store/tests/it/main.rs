//! The log against a real PostgreSQL.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops where it is"
)]

mod answers;
mod append_only;
mod audits;
mod batches;
mod company;
mod compatibility;
mod desk;
mod feed;
mod losses;
mod model;
mod pressure;
mod vault;
