//! Keeps bytes: on this machine's disk or in any S3, in parts, behind links that expire, inspected.
//!
//! Nothing here knows of events or of the marketplace. Whoever keeps something names it by a
//! [`Key`], which begins with whose it is, and remembers that; here are only the bytes.

mod disk;
mod held_back;
pub mod inspect;
pub mod jsonl;
mod key;
mod link;
mod part;
mod s3;
mod settings;
mod shelf;
mod transport;

pub use inspect::{Report, Verdict, inspect};
pub use key::{Key, NotAKey};
pub use link::{Grant, Links, NotALink};
pub use part::{Part, Upload, part_bytes_for};
pub use settings::{Nonsense, Place, Settings, VARIABLES};
pub use shelf::{ByteStream, Finished, Shelf, ShelfError};
pub use transport::{Reach, Transport, TransportError};
