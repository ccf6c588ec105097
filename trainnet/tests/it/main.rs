//! Runs the real program, and the real kernel under the demonstration.

#![expect(clippy::unwrap_used, reason = "the whole binary is a test")]

mod answers;
mod environment;
mod lost;
mod up;
