//! The operator's tools against a real PostgreSQL, hledger, beancount and Python.
#![expect(clippy::unwrap_used, reason = "the whole binary is a test")]

mod answers;
mod cut;
mod fact;
mod format;
mod harness;
mod history;
mod journals;
mod python;
mod round_trip;
mod sealing;
mod status;
mod tampering;
