//! A user: registered, proven to read a mailbox, and forgotten on request.

mod challenges;
mod commands;
mod events;
mod factor;
mod person;
mod standing;
#[cfg(test)]
mod tests;
mod user;

pub use challenges::{CODES_A_DAY_MAX, CODES_MAX, Challenges};
pub use commands::{Proof, Redemption, Registration, UserCommand, UserError};
pub use events::{DisabledBecause, Registered, SetBecause, UserEvent};
pub use factor::SecondFactor;
pub use person::{LAPSES_AFTER, Person};
pub use standing::Standing;
pub use user::User;
