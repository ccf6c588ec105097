//! What an order cost and why, in a file that anybody can check without asking us.
//!
//! A receipt carries the events behind every line, each with the hash that it has in the log, and
//! the signed head of the log that contains them. Whoever has the file and our public key can
//! compute every line anew; whoever has an export of the log can find every event in it.

mod evidence;
mod lines;
mod receipt;

pub use evidence::{Altered, Evidence};
pub use lines::{Line, Statement, Unaccountable, statement};
pub use receipt::{FORMAT, NotIssued, Receipt, Refuted, Verified};
