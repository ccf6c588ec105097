//! One unit of work on this machine, from its lease to its end.

mod folder;
mod following;
mod handing;
mod kept;
mod perform;
mod preparing;

pub use folder::Folder;
pub use kept::{Come, Kept};
pub use perform::{Machine, Orders, Wish, perform};
