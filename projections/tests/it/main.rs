//! Projections against a real PostgreSQL: exactly once, rebuilt beside their readers, found out.

mod catching_up;
mod queries;
mod rebuilding;
mod stopping;
mod tampering;
mod waiting;
mod world;
