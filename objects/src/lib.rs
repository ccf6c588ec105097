//! Keeps bytes: on this machine's disk or in any S3, in parts, behind links that expire, inspected.
//!
//! Nothing here knows of events or of the marketplace. Whoever keeps something names it by a
//! [`Key`], which begins with whose it is, and remembers that; here are only the bytes.

mod disk;
pub mod inspect;
mod key;
mod link;
mod part;
mod settings;
mod shelf;

pub use inspect::{Report, Verdict, inspect};
pub use key::{Key, NotAKey};
pub use link::{Grant, Links, NotALink};
pub use part::{Part, Upload, part_bytes_for};
pub use settings::{Nonsense, Place, Settings, VARIABLES};
pub use shelf::{ByteStream, Finished, Shelf, ShelfError};
