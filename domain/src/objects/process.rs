//! What happens to objects because of something else: they go with their owner.

use super::events::RemovedBecause;
use crate::users::UserEvent;

/// Why every object of a user is to go after this event of theirs, if they are to.
pub const fn after_user(event: &UserEvent) -> Option<RemovedBecause> {
    match event {
        UserEvent::Erased { .. } | UserEvent::Lapsed { .. } => Some(RemovedBecause::Erased),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn objects_go_with_their_owner_and_not_before() {
        let at = DateTime::UNIX_EPOCH;
        let erased = UserEvent::Erased { address: None, at };
        assert_eq!(after_user(&erased), Some(RemovedBecause::Erased));
        assert_eq!(after_user(&UserEvent::Confirmed { at }), None);
    }
}
