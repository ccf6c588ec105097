//! The agent with the real trainer in the real sandbox, against a server that may misbehave.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and a panic says where"
)]

mod leaving;
mod machine;
mod misbehaving;
mod stand;
mod stopping;
mod training;
