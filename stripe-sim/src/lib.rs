//! A stand-in for Stripe that keeps to its public contract and misbehaves when it is told to.
//!
//! It holds what the marketplace asks Stripe for: checkouts, payment intents, charges, refunds,
//! disputes, balance transactions, payouts, transfers and events; and it tells of them by signed
//! webhooks. Whatever Stripe may do to a client can be switched on: the same event twice, events
//! out of order, late or not at all, refusals, and effects whose answer is lost.
//!
//! Beside the API there are pages for people (`/c/pay/…`) and switches for tests (`/_sim/…`).

mod control;
mod form;
mod page;
mod refusal;
mod server;
mod settings;
mod webhooks;
mod world;

pub use server::{Running, Simulator};
pub use settings::{Clock, Settings};
pub use webhooks::signature;
pub use world::{Delivery, Endpoint, RefundsDo, Switches};
