//! Finds Postgres server programs on this machine, the same way for everyone who asks.
//!
//! Two callers share it: `embedded`, which runs the server, and `xtask setup`, which fetches a
//! private copy where nothing is found. It therefore depends on next to nothing.

mod account;
mod environment;
mod search;

pub use account::{Account, is_root, may_enter};
pub use environment::{Environment, PRIVATE_FOLDER, SHARED_FOLDER, shared_private_copy};
pub use search::{Binaries, MAJORS, NotFound};
