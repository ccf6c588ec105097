//! The operator's tools over the log: is it untouched, what was when, and why is each cent there.

mod arguments;
mod as_of;
mod explain;
mod export;
mod failure;
mod import;
mod last_link;
mod lines;
mod paper;
mod progress;
mod rebuild;
mod run;
mod seal;
mod status;
mod subject;
mod told;
mod verify;
mod walk;
mod when;

pub use arguments::{Arguments, Axis, Command, Format};
pub use export::{from_beancount, from_hledger, to_beancount, to_hledger};
pub use failure::{Failure, Verdict, exit_status, with_sources};
pub use lines::EXPORT_FORMAT;
pub use run::{Tools, run};
pub use seal::KeyError;
pub use subject::Subject;
pub use when::When;
