//! Seals the head of the log, and checks a seal: files of keys, and what the operator is told.

mod commands;
mod key;

pub(crate) use commands::{check, seal};
pub use key::KeyError;
pub(crate) use key::public_key;
