//! What the marketplace decides: commands in, events out, no clock, no database, no network.

pub mod cards;
pub mod demonstration;
pub mod jobs;
pub mod mails;
pub mod objects;
pub mod payments;
pub mod servers;
pub mod users;
pub mod work;
