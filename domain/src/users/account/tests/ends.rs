//! How a user ends: an address nobody confirmed lapses, and whoever asks is erased.

use chrono::TimeDelta;

use super::*;

fn lapse(at: DateTime<Utc>) -> UserCommand {
    UserCommand::Lapse { at }
}

fn lapsed(at: DateTime<Utc>) -> UserEvent {
    UserEvent::Lapsed {
        address: address(1),
        at,
    }
}

fn erase() -> UserCommand {
    UserCommand::Erase { at: minute(9) }
}

fn erased(number: u8) -> UserEvent {
    UserEvent::Erased {
        address: Some(address(number)),
        at: minute(9),
    }
}

#[test]
fn an_unconfirmed_registration_lapses_after_seven_days() {
    let week = minute(0) + TimeDelta::days(7);
    let early = week - TimeDelta::seconds(1);
    given(&[registered()])
        .when(lapse(early))
        .then_expect_error(UserError::NotYet);
    given(&[registered()])
        .when(lapse(week))
        .then_expect_events(vec![lapsed(week)]);
    given(&[registered(), lapsed(week)])
        .when(lapse(week))
        .then_expect_events(vec![]);
    given(&[registered(), confirmed()])
        .when(lapse(week))
        .then_expect_error(UserError::Confirmed);
}

#[test]
fn whoever_lapsed_has_nothing_left_to_erase() {
    given(&[registered(), lapsed(minute(1))])
        .when(erase())
        .then_expect_events(vec![]);
    given(&[registered(), lapsed(minute(1))])
        .when(UserCommand::Register(registration()))
        .then_expect_error(UserError::Lapsed);
}

#[test]
fn erasing_gives_up_the_address_of_that_time_and_is_final() {
    let moved = UserEvent::AddressChanged {
        from: address(1),
        to: address(2),
        challenge: id(102),
        at: minute(2),
    };
    given(&[registered(), blocked()])
        .when(erase())
        .then_expect_events(vec![erased(1)]);
    let history = [registered(), confirmed(), moved];
    given(&history)
        .when(erase())
        .then_expect_events(vec![erased(2)]);
    let history = [history.to_vec(), vec![erased(2)]].concat();
    given(&history).when(erase()).then_expect_events(vec![]);
    for command in [
        UserCommand::Register(registration()),
        lapse(minute(10)),
        redeem(100, Proof::Link, Redemption::Confirm, minute(10)),
    ] {
        given(&history)
            .when(command)
            .then_expect_error(UserError::Erased);
    }
    assert_eq!(user(&history), User::Erased);
    assert_eq!(user(&history).standing(), None);
}

#[test]
fn a_service_account_is_erased_without_an_address() {
    given(&[service(Roles::one(Role::Provider))])
        .when(erase())
        .then_expect_events(vec![UserEvent::Erased {
            address: None,
            at: minute(9),
        }]);
}
