//! The models on offer: what each is for, what may be set, and what a run of it should cost.
//!
//! A card is a constant of the program, with a version that every order pins. A card that changes
//! what may be set or what a run costs gets a new version; what was ordered stays as it was.

mod card;
mod estimate;
mod hyperparams;
mod offered;
mod work;

pub use card::{Accepts, Allowed, Card, Model, Parameter, UnknownModel, Weights};
pub use estimate::{Estimate, History, Prices, estimate};
pub use hyperparams::{Hyperparams, Misset, Setting};
pub use offered::offered;
pub use work::{Load, Work, work};
