//! Card payments against a stand-in for Stripe that is a real server, and a real PostgreSQL.

mod disputes;
mod faults;
mod orders;
mod paying;
mod refunds;
mod world;
