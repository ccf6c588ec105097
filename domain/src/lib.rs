//! What the marketplace decides: commands in, events out, no clock, no database, no network.

pub mod demonstration;
pub mod mails;
pub mod objects;
pub mod users;
