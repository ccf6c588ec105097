//! People over real HTTP: what they may do, and what strangers may not.

mod auditing;
mod browsers;
mod counting;
mod doors;
mod erasing;
mod keys;
pub mod kyc;
mod leaking;
mod mails;
pub mod people;
mod recovering;
mod registering;
mod second_factor;
mod sessions;
mod staff;
mod strange;
