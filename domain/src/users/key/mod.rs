//! An API key: what a program shows instead of signing in.

mod api_key;
mod commands;
mod events;

pub use api_key::ApiKey;
pub use commands::{ApiKeyCommand, ApiKeyError};
pub use events::{ApiKeyEvent, Created, Scope, Scopes};
