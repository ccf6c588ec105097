//! The agent with the real trainer in the real sandbox, against a server that may misbehave.

mod leaving;
mod machine;
mod misbehaving;
mod stand;
mod stopping;
mod training;
