//! Read tables folded from the log, and the questions they answer.

pub mod attempts;
pub mod books;
mod checkpoint;
mod checksum;
mod engine;
mod error;
mod exchange;
mod follow;
pub mod jobs;
mod kept;
pub mod key_uses;
pub mod mails;
pub mod objects;
mod page;
pub mod payments;
pub mod people;
mod projection;
pub mod reactions;
mod rebuild;
mod recompute;
mod replay;
mod rows;
pub mod servers;
mod stored;
pub mod streams;
mod table;
pub mod tenants;
pub mod wide;
pub mod work;
#[cfg(feature = "wrong")]
mod wrong;

pub use checkpoint::Stop;
pub use checksum::Checksum;
pub use engine::{Engine, Status};
pub use error::ProjectionError;
pub use follow::Settings;
pub use kept::Projections;
pub use projection::{Page, Projection, Unfoldable, Unsettled};
pub use rebuild::{Comparison, Phase, Progress, Rebuilt, Watch};
pub use recompute::Recomputed;
pub use replay::ReplayError;
pub use rows::{NewRow, Rows};
pub use table::{Cell, Column, Keeping, Owner, Table};
