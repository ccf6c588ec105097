//! Mails: intended because something happened, then sent, or tried again, or given up.
//!
//! What a mail says and where it goes is not here: the words belong to whoever sends it, and the
//! address is asked of the vault at that moment, so that nobody writes to who was forgotten.
//!
//! - mail: unintended → due → sent, or given up after some attempts and retried by staff; or
//!   withdrawn when what it asks for is no more to be answered

mod commands;
mod events;
mod mail;
mod process;

pub use commands::{MailCommand, MailError};
pub use events::{FailedBecause, Intended, MailEvent, MailId, Template, WithdrawnBecause};
pub use mail::{ATTEMPTS_MAX, BACKOFF_FIRST, BACKOFF_MAX, Mail, backoff};
pub use process::{after_api_key, after_session, after_user};
