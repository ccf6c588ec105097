//! The log on PostgreSQL: what happened, in one order, with its books and its claims.

mod append;
mod appender;
mod arrays;
mod audit;
mod begin;
mod cache;
mod catalogue;
mod chain;
mod commands;
mod context;
pub mod copy;
mod event_store;
mod feed;
mod find;
pub mod hex;
pub mod ids;
mod import;
mod log;
mod seal;
mod tail;
mod vault;

pub use append::{
    Append, Committed, EVENTS_MAX, Malformed, NewEvent, NotAppended, PAYLOAD_BYTES_MAX,
};
pub use appender::Counters;
pub use audit::{Check, Finding, Progress, Report, audit};
pub use begin::begin;
pub use catalogue::{Catalogue, Moved, Unreadable, Upcasters, decode};
pub use chain::{DOMAIN_TAG, GENESIS, Hash, Link};
pub use commands::{Commands, Refused, StoreError};
pub use context::{Context, Idempotency, Metadata};
pub use event_store::LogEventStore;
pub use feed::{Columns, EventRef, ReadError, RecordedEvent, Subscription};
pub use find::{Entry, StoredAnswer};
pub use ids::Clock;
pub use import::{Flaw, Import, ImportError};
pub use log::{Head, Log, Options};
pub use seal::{SEAL_FORMAT, Seal, SealError, key_id};
pub use vault::{MasterKey, Vault, VaultError};
