//! A session: who signed in, where, and which token is good now.

mod commands;
mod events;
mod state;
#[cfg(test)]
mod tests;

pub use commands::{SessionCommand, SessionError};
pub use events::{
    ABSOLUTE_SECONDS, EndedBecause, IDLE_SECONDS, Limits, REMEMBERED_IDLE_SECONDS, SessionEvent,
    Started,
};
pub use state::{GRACE, Session};
