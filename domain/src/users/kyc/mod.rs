//! An examination: documents of a person, looked at by another one.

mod commands;
mod events;
mod state;

pub use commands::{KycCommand, KycError};
pub use events::{DOCUMENTS_MAX, Documents, DocumentsError, KycEvent, ObjectKey};
pub use state::{ForPayouts, Kyc};
