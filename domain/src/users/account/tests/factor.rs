//! The second factor: begun, proven, used, switched off.

use super::*;

fn at() -> DateTime<Utc> {
    minute(2)
}

fn begin(factor: u128) -> UserCommand {
    UserCommand::BeginSecondFactor {
        factor: id(factor),
        at: at(),
    }
}

fn begun(factor: u128) -> UserEvent {
    UserEvent::SecondFactorBegun {
        factor: id(factor),
        at: at(),
    }
}

fn enable(factor: u128) -> UserCommand {
    UserCommand::EnableSecondFactor {
        factor: id(factor),
        recovery_codes: 8,
        step: 50,
        at: at(),
    }
}

fn enabled(factor: u128) -> UserEvent {
    UserEvent::SecondFactorEnabled {
        factor: id(factor),
        recovery_codes: 8,
        at: at(),
    }
}

fn accept(step: i64) -> UserCommand {
    UserCommand::AcceptCode { step, at: at() }
}

fn accepted(step: i64) -> UserEvent {
    UserEvent::CodeAccepted { step, at: at() }
}

fn spend(index: u8) -> UserCommand {
    UserCommand::SpendRecoveryCode { index, at: at() }
}

fn spent(index: u8) -> UserEvent {
    UserEvent::RecoveryCodeSpent { index, at: at() }
}

fn disable(why: DisabledBecause) -> UserCommand {
    UserCommand::DisableSecondFactor { why, at: at() }
}

fn disabled(why: DisabledBecause) -> UserEvent {
    UserEvent::SecondFactorDisabled { why, at: at() }
}

/// Somebody with a second factor, proven by the code of step 50.
fn with_factor() -> Vec<UserEvent> {
    vec![
        registered(),
        confirmed(),
        begun(9),
        enabled(9),
        accepted(50),
    ]
}

#[test]
fn a_factor_is_begun_by_who_has_confirmed_and_the_newest_counts() {
    given(&[registered()])
        .when(begin(9))
        .then_expect_error(UserError::Unconfirmed);
    given(&[registered(), confirmed()])
        .when(begin(9))
        .then_expect_events(vec![begun(9)]);
    let twice = [registered(), confirmed(), begun(9), begun(10)];
    given(&twice).when(begin(10)).then_expect_events(vec![]);
    given(&twice)
        .when(enable(9))
        .then_expect_error(UserError::NoSecondFactor);
    let known = user(&twice);
    let factor = &known.person().unwrap().second_factor;
    assert_eq!(factor.factor(), Some(id(10)));
    assert!(!factor.is_on());
}

#[test]
fn a_factor_is_on_once_a_code_has_proven_it_and_that_code_is_used() {
    given(&with_factor()[..3])
        .when(enable(9))
        .then_expect_events(vec![enabled(9), accepted(50)]);
    given(&with_factor())
        .when(enable(9))
        .then_expect_events(vec![]);
    given(&with_factor())
        .when(accept(50))
        .then_expect_error(UserError::CodeUsed);
    assert!(user(&with_factor()).person().unwrap().second_factor.is_on());
}

#[test]
fn a_code_is_accepted_once_and_none_older_than_it() {
    given(&with_factor())
        .when(accept(51))
        .then_expect_events(vec![accepted(51)]);
    let history = [with_factor(), vec![accepted(53)]].concat();
    for step in [53, 52, 50, i64::MIN] {
        given(&history)
            .when(accept(step))
            .then_expect_error(UserError::CodeUsed);
    }
    given(&history)
        .when(accept(54))
        .then_expect_events(vec![accepted(54)]);
}

#[test]
fn a_recovery_code_is_spent_once() {
    given(&with_factor())
        .when(spend(7))
        .then_expect_events(vec![spent(7)]);
    let history = [with_factor(), vec![spent(7)]].concat();
    given(&history)
        .when(spend(7))
        .then_expect_error(UserError::RecoveryCodeSpent);
    given(&history)
        .when(spend(8))
        .then_expect_error(UserError::NoRecoveryCode);
    let known = user(&history);
    let factor = &known.person().unwrap().second_factor;
    assert_eq!(factor.recovery_codes_left(), 7);
}

#[test]
fn nobody_replaces_a_factor_that_is_on() {
    given(&with_factor())
        .when(begin(10))
        .then_expect_error(UserError::SecondFactorOn);
}

#[test]
fn switching_off_is_done_once_by_the_user_or_by_staff() {
    let staff = DisabledBecause::Staff {
        by: bob(),
        reason: reason(),
    };
    for why in [DisabledBecause::Asked, staff] {
        given(&with_factor())
            .when(disable(why.clone()))
            .then_expect_events(vec![disabled(why.clone())]);
        let history = [with_factor(), vec![disabled(why.clone())]].concat();
        given(&history)
            .when(disable(why))
            .then_expect_events(vec![]);
        for command in [accept(51), spend(0), enable(9)] {
            given(&history)
                .when(command)
                .then_expect_error(UserError::NoSecondFactor);
        }
    }
    given(&with_factor()[..3])
        .when(disable(DisabledBecause::Asked))
        .then_expect_events(vec![]);
}

fn replace(codes: u128) -> UserCommand {
    UserCommand::ReplaceRecoveryCodes {
        codes: id(codes),
        recovery_codes: 10,
        at: at(),
    }
}

fn replaced(codes: u128) -> UserEvent {
    UserEvent::RecoveryCodesReplaced {
        codes: id(codes),
        recovery_codes: 10,
        at: at(),
    }
}

#[test]
fn new_recovery_codes_take_the_place_of_the_old_ones_spent_or_not() {
    let on = [registered(), confirmed(), begun(5), enabled(5), spent(1)];
    given(&on)
        .when(replace(6))
        .then_expect_events(vec![replaced(6)]);
    let after = [on.to_vec(), vec![replaced(6)]].concat();
    given(&after).when(replace(6)).then_expect_events(vec![]);
    given(&after)
        .when(spend(1))
        .then_expect_events(vec![spent(1)]);
    given(&after)
        .when(spend(9))
        .then_expect_events(vec![spent(9)]);
    given(&[registered(), confirmed(), begun(5)])
        .when(replace(6))
        .then_expect_error(UserError::NoSecondFactor);
    let mut user = User::default();
    for event in after {
        user.apply(event);
    }
    let factor = &user.person().unwrap().second_factor;
    assert_eq!(
        (factor.factor(), factor.codes()),
        (Some(id(5)), Some(id(6)))
    );
    assert_eq!(factor.recovery_codes_left(), 10);
}
