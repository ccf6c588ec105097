//! Objects: bytes that somebody brought or that came of their work, from the first part to the end.
//!
//! What an object is called is not here: people call files by names of people. The vault keeps it,
//! as it keeps what a key is called, and what was found in a dataset lies beside its bytes.
//!
//! - object: absent → open → stored → removed; a dataset is inspected once it is stored; what
//!   nobody finishes expires

mod commands;
mod events;
mod object;
mod process;

pub use commands::{ObjectCommand, ObjectError};
pub use events::{
    FINDINGS_MAX, Found, Inspected, ObjectEvent, ObjectId, ObjectKind, Opened, RemovedBecause,
    Under, UnderError, Usable,
};
pub use object::{Object, Over};
pub use process::after_user;
