//! Becoming a user, and what an address means for others.

use ledger::{Claim, Effects};

use super::*;

#[test]
fn a_person_registers_once() {
    given(&[])
        .when(UserCommand::Register(registration()))
        .then_expect_events(vec![registered()]);
    given(&[registered()])
        .when(UserCommand::Register(registration()))
        .then_expect_events(vec![]);
    given(&[registered()])
        .when(UserCommand::Register(Registration {
            address: address(2),
            ..registration()
        }))
        .then_expect_error(UserError::RegisteredOtherwise);
}

#[test]
fn a_service_account_registers_once_and_never_becomes_a_person() {
    let roles = Roles::one(Role::Provider);
    let register = UserCommand::RegisterService {
        user: ann(),
        roles: roles.clone(),
        by: bob(),
        at: minute(0),
    };
    given(&[])
        .when(register.clone())
        .then_expect_events(vec![service(roles.clone())]);
    given(&[service(roles.clone())])
        .when(register.clone())
        .then_expect_events(vec![]);
    given(&[service(roles)])
        .when(UserCommand::Register(registration()))
        .then_expect_error(UserError::RegisteredOtherwise);
    given(&[registered()])
        .when(register)
        .then_expect_error(UserError::RegisteredOtherwise);
}

#[test]
fn a_service_account_does_not_sign_in() {
    let history = [service(Roles::one(Role::Provider))];
    let at = minute(1);
    let commands = [
        UserCommand::Issue {
            challenge: id(1),
            purpose: Purpose::Recover,
            at,
        },
        redeem(1, Proof::Link, Redemption::Confirm, at),
        UserCommand::ChangePassword {
            from: id(1),
            password: id(2),
            at,
        },
        UserCommand::BeginSecondFactor { factor: id(3), at },
        UserCommand::AcceptCode { step: 1, at },
        UserCommand::Lapse { at },
    ];
    for command in commands {
        given(&history)
            .when(command)
            .then_expect_error(UserError::NoSignIn);
    }
    assert_eq!(user(&history).person(), None);
    assert_eq!(user(&history).standing().unwrap().user, ann());
}

#[test]
fn nothing_is_asked_of_who_is_not_registered() {
    let at = minute(1);
    for command in [
        UserCommand::Erase { at },
        UserCommand::Lapse { at },
        redeem(100, Proof::Link, Redemption::Confirm, at),
        UserCommand::Block {
            by: bob(),
            reason: reason(),
            at,
        },
    ] {
        given(&[])
            .when(command)
            .then_expect_error(UserError::NotRegistered);
    }
}

#[test]
fn an_address_is_taken_and_given_up_in_the_event_that_says_so() {
    let (first, second) = (address(1).name(), address(2).name());
    let at = minute(1);
    let changed = UserEvent::AddressChanged {
        from: address(1),
        to: address(2),
        challenge: id(102),
        at,
    };
    let erased = |address| UserEvent::Erased { address, at };
    let lapsed = UserEvent::Lapsed {
        address: address(1),
        at,
    };
    assert_eq!(registered().claims(), [Claim::Take(first.clone())]);
    assert_eq!(
        changed.claims(),
        [Claim::Release(first.clone()), Claim::Take(second.clone())]
    );
    assert_eq!(lapsed.claims(), [Claim::Release(first)]);
    assert_eq!(erased(Some(address(2))).claims(), [Claim::Release(second)]);
    assert_eq!(erased(None).claims(), []);
    assert_eq!(confirmed().claims(), []);
}

#[test]
fn whoever_is_appointed_is_asked_for_no_proof() {
    let appoint = UserCommand::Appoint {
        registration: registration(),
        role: Role::Admin,
        reason: reason(),
    };
    let granted = UserEvent::RoleGranted {
        role: Role::Admin,
        by: ann(),
        reason: reason(),
        at: minute(0),
    };
    let confirmed = UserEvent::Confirmed { at: minute(0) };
    given(&[])
        .when(appoint.clone())
        .then_expect_events(vec![registered(), confirmed, granted]);
    given(&[registered()])
        .when(appoint)
        .then_expect_error(UserError::RegisteredOtherwise);
}

#[test]
fn another_language_is_another_only_once() {
    let change = |locale| UserCommand::ChangeLocale {
        locale,
        at: minute(1),
    };
    let changed = UserEvent::LocaleChanged {
        locale: Locale::English,
        at: minute(1),
    };
    given(&[registered()])
        .when(change(Locale::Russian))
        .then_expect_events(vec![]);
    given(&[registered()])
        .when(change(Locale::English))
        .then_expect_events(vec![changed.clone()]);
    given(&[registered(), changed])
        .when(change(Locale::English))
        .then_expect_events(vec![]);
    given(&[service(Roles::one(Role::Provider))])
        .when(change(Locale::English))
        .then_expect_error(UserError::NoSignIn);
}
