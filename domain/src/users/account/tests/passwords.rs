//! Another password, and another hash of the same one.

use super::*;

fn change(from: u128, password: u128) -> UserCommand {
    UserCommand::ChangePassword {
        from: id(from),
        password: id(password),
        at: minute(3),
    }
}

fn rehash(from: u128, password: u128) -> UserCommand {
    UserCommand::Rehash {
        from: id(from),
        password: id(password),
        at: minute(3),
    }
}

fn changed() -> UserEvent {
    UserEvent::PasswordSet {
        password: id(2),
        why: SetBecause::Change,
        at: minute(3),
    }
}

fn rehashed() -> UserEvent {
    UserEvent::PasswordRehashed {
        password: id(2),
        at: minute(3),
    }
}

#[test]
fn a_password_is_changed_by_whoever_knew_the_one_before() {
    given(&[registered()])
        .when(change(1, 2))
        .then_expect_events(vec![changed()]);
    given(&[registered(), changed()])
        .when(change(1, 2))
        .then_expect_events(vec![]);
    given(&[registered(), changed()])
        .when(change(1, 3))
        .then_expect_error(UserError::PasswordChanged);
    let known = user(&[registered(), changed()]);
    assert_eq!(known.person().unwrap().password, id(2));
}

#[test]
fn a_better_hash_takes_the_place_of_the_one_it_was_made_from_only() {
    given(&[registered()])
        .when(rehash(1, 2))
        .then_expect_events(vec![rehashed()]);
    given(&[registered(), rehashed()])
        .when(rehash(1, 2))
        .then_expect_events(vec![]);
    given(&[registered(), changed()])
        .when(rehash(1, 3))
        .then_expect_error(UserError::PasswordChanged);
    let known = user(&[registered(), rehashed()]);
    assert_eq!(known.person().unwrap().password, id(2));
}

#[test]
fn a_changed_password_leaves_the_address_to_be_confirmed() {
    given(&[registered(), changed()])
        .when(redeem(100, Proof::Link, Redemption::Confirm, minute(4)))
        .then_expect_events(vec![UserEvent::Confirmed { at: minute(4) }]);
}
