//! Runs the real program, and the real kernel under the demonstration.

#![expect(clippy::unwrap_used, reason = "the whole binary is a test")]

mod answers;
mod answers_lost;
mod environment;
mod lost;
mod mail;
mod openai;
mod payments;
mod people;
mod program;
mod secrecy;
mod serve;
mod story;
mod traces;
mod up;
