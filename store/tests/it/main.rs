//! The log against a real PostgreSQL.

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
