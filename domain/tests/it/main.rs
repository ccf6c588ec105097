//! What holds for the events of every slice.

#![expect(clippy::unwrap_used, reason = "the whole binary is a test")]

mod cards;
mod samples;
