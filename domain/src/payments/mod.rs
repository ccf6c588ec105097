//! Payments by card: asked for, paid at the processor, credited once, given back, disputed.
//!
//! A payment is one visit to the processor's checkout. Its refunds and disputes stand in the same
//! stream, since only together do they say how much of it may still be given back.
//!
//! - payment: unasked → requested → open → processing → paid, or failed or expired before that
//! - refund of a paid one: requested → sent → succeeded, or failed from any of them
//! - dispute of a paid one: open → withdrawn → reinstated, lost, or closed without a loss

mod commands;
mod events;
mod names;
mod payment;

pub use commands::{
    CheckoutState, DisputeSeen, PaymentCommand, PaymentError, RefundStatus, Settled, Withdrawal,
};
pub use events::{
    CheckoutOpened, DisputeLost, DisputeOutcome, DisputeReason, DisputeReinstated,
    DisputeWithdrawn, FailedBecause, Paid, PaymentEvent, RefundAfter, RefundFailed,
    RefundFailedBecause, RefundRequested, RefundSucceeded, Requested,
};
pub use names::{NotAReference, PaymentId, Reference, RefundId};
pub use payment::{Dispute, Payment, Refund, RefundStage, Stage, Terms};
