//! Mails as operators see them: those that nobody took, and how to have them tried again.

mod dead;
mod problems;
mod retry;

use crate::api::Routes;

/// They stand within the users, who know who is an admin.
pub fn routes() -> Routes {
    Routes::new().merge(dead::routes()).merge(retry::routes())
}
