//! Answering challenges: in time, once, and not by guessing.

use chrono::TimeDelta;

use super::*;
use crate::users::examples::after;
use crate::users::{CHANGE_ADDRESS_LASTS, CONFIRM_LASTS, RECOVER_LASTS};

const WRONG: Proof = Proof::Code { right: false };
const RIGHT: Proof = Proof::Code { right: true };
const RECOVER: Redemption = Redemption::Recover {
    password: crate::users::Id::new(uuid::Uuid::from_u128(2)),
};

fn confirm_at(at: DateTime<Utc>) -> UserCommand {
    redeem(100, Proof::Link, Redemption::Confirm, at)
}

fn recovered(at: DateTime<Utc>) -> UserEvent {
    UserEvent::PasswordSet {
        password: id(2),
        why: SetBecause::Recovery,
        at,
    }
}

fn moved(at: DateTime<Utc>) -> UserEvent {
    UserEvent::AddressChanged {
        from: address(1),
        to: address(2),
        challenge: id(101),
        at,
    }
}

fn to_the_second() -> Purpose {
    Purpose::ChangeAddress { to: address(2) }
}

fn failed(challenge: u128, attempts: u8, at: DateTime<Utc>) -> UserEvent {
    UserEvent::ChallengeFailed {
        challenge: id(challenge),
        attempts,
        at,
    }
}

#[test]
fn an_address_is_confirmed_after_23_59_and_not_after_24_01() {
    let in_time = after(TimeDelta::minutes(24 * 60 - 1));
    let too_late = after(TimeDelta::minutes(24 * 60 + 1));
    given(&[registered()])
        .when(confirm_at(in_time))
        .then_expect_events(vec![UserEvent::Confirmed { at: in_time }]);
    given(&[registered()])
        .when(confirm_at(too_late))
        .then_expect_error(UserError::ChallengeExpired);
}

#[test]
fn every_challenge_is_good_until_the_moment_it_expires() {
    let cases = [
        (Purpose::Recover, RECOVER, RECOVER_LASTS),
        (
            to_the_second(),
            Redemption::ChangeAddress,
            CHANGE_ADDRESS_LASTS,
        ),
    ];
    for (purpose, redemption, lasts) in cases {
        let history = [registered(), confirmed(), issued(101, purpose, minute(2))];
        let end = minute(2) + lasts;
        let last = end - TimeDelta::nanoseconds(1);
        let event = match purpose {
            Purpose::Recover => recovered(last),
            Purpose::Confirm | Purpose::ChangeAddress { .. } => moved(last),
        };
        given(&history)
            .when(redeem(101, Proof::Link, redemption, last))
            .then_expect_events(vec![event]);
        given(&history)
            .when(redeem(101, RIGHT, redemption, end))
            .then_expect_error(UserError::ChallengeExpired);
    }
    assert_eq!(CONFIRM_LASTS, TimeDelta::hours(24));
}

#[test]
fn a_challenge_is_used_once() {
    let at = minute(3);
    given(&[registered(), confirmed()])
        .when(confirm_at(at))
        .then_expect_error(UserError::ChallengeSpent);
    let issued = |purpose| issued(101, purpose, minute(2));
    given(&[
        registered(),
        confirmed(),
        issued(Purpose::Recover),
        recovered(at),
    ])
    .when(redeem(101, Proof::Link, RECOVER, at))
    .then_expect_error(UserError::ChallengeSpent);
    given(&[
        registered(),
        confirmed(),
        issued(to_the_second()),
        moved(at),
    ])
    .when(redeem(101, Proof::Link, Redemption::ChangeAddress, at))
    .then_expect_error(UserError::ChallengeSpent);
}

#[test]
fn an_answer_to_something_else_is_none() {
    for redemption in [RECOVER, Redemption::ChangeAddress] {
        given(&[registered()])
            .when(redeem(100, WRONG, redemption, minute(1)))
            .then_expect_error(UserError::ChallengeSpent);
    }
    given(&[registered()])
        .when(redeem(101, Proof::Link, Redemption::Confirm, minute(1)))
        .then_expect_error(UserError::ChallengeSpent);
}

#[test]
fn five_wrong_codes_make_a_challenge_void() {
    let mut history = vec![registered()];
    for attempts in 1..=5 {
        given(&history)
            .when(redeem(100, WRONG, Redemption::Confirm, minute(1)))
            .then_expect_events(vec![failed(100, attempts, minute(1))]);
        if attempts == 5 {
            given(&history)
                .when(redeem(100, RIGHT, Redemption::Confirm, minute(1)))
                .then_expect_events(vec![confirmed()]);
        }
        history.push(failed(100, attempts, minute(1)));
    }
    for proof in [RIGHT, WRONG, Proof::Link] {
        given(&history)
            .when(redeem(100, proof, Redemption::Confirm, minute(1)))
            .then_expect_error(UserError::ChallengeSpent);
    }
}

#[test]
fn new_challenges_do_not_buy_more_than_fifteen_guesses_a_day() {
    let mut history = vec![registered(), confirmed()];
    for round in 0..3 {
        history.push(issued(101 + round, Purpose::Recover, minute(2)));
        history.extend((1..=5).map(|attempts| failed(101 + round, attempts, minute(2))));
    }
    let next_day = minute(2) + TimeDelta::hours(24);
    history.push(issued(
        104,
        Purpose::Recover,
        next_day - TimeDelta::minutes(1),
    ));
    for (proof, at) in [
        (RIGHT, next_day - TimeDelta::seconds(1)),
        (WRONG, next_day - TimeDelta::seconds(1)),
    ] {
        given(&history)
            .when(redeem(104, proof, RECOVER, at))
            .then_expect_error(UserError::TooManyCodes);
    }
    given(&history)
        .when(redeem(104, Proof::Link, RECOVER, minute(3)))
        .then_expect_events(vec![recovered(minute(3))]);
    given(&history)
        .when(redeem(104, RIGHT, RECOVER, next_day))
        .then_expect_events(vec![recovered(next_day)]);
    given(&history)
        .when(redeem(104, WRONG, RECOVER, next_day))
        .then_expect_events(vec![failed(104, 1, next_day)]);
    history.push(failed(104, 1, next_day));
    given(&history)
        .when(redeem(104, RIGHT, RECOVER, next_day))
        .then_expect_events(vec![recovered(next_day)]);
}

#[test]
fn the_newest_challenge_of_a_purpose_wins_and_leaves_the_other_purposes_alone() {
    let history = [
        registered(),
        issued(101, Purpose::Recover, minute(1)),
        issued(102, Purpose::Confirm, minute(1)),
        issued(103, Purpose::Recover, minute(1)),
    ];
    for (old, redemption) in [(100, Redemption::Confirm), (101, RECOVER)] {
        given(&history)
            .when(redeem(old, Proof::Link, redemption, minute(2)))
            .then_expect_error(UserError::ChallengeSpent);
    }
    let known = user(&history);
    let open: Vec<Purpose> = known
        .person()
        .unwrap()
        .challenges
        .iter()
        .map(|c| c.purpose)
        .collect();
    assert_eq!(open, [Purpose::Confirm, Purpose::Recover]);
    given(&history)
        .when(redeem(102, Proof::Link, Redemption::Confirm, minute(1)))
        .then_expect_events(vec![confirmed()]);
}

#[test]
fn whoever_answers_any_mail_has_confirmed_the_address() {
    for (purpose, redemption, event) in [
        (Purpose::Recover, RECOVER, recovered(minute(3))),
        (to_the_second(), Redemption::ChangeAddress, moved(minute(3))),
    ] {
        let history = [registered(), issued(101, purpose, minute(2))];
        let confirmed = UserEvent::Confirmed { at: minute(3) };
        given(&history)
            .when(redeem(101, RIGHT, redemption, minute(3)))
            .then_expect_events(vec![event, confirmed]);
    }
}

#[test]
fn a_new_address_or_password_makes_void_what_was_sent_to_or_by_whoever_came_before() {
    let history = [
        registered(),
        confirmed(),
        issued(101, Purpose::Recover, minute(2)),
        issued(102, to_the_second(), minute(2)),
    ];
    for (event, challenge, redemption) in [
        (moved(minute(3)), 101, RECOVER),
        (recovered(minute(3)), 102, Redemption::ChangeAddress),
    ] {
        let history = [history.to_vec(), vec![event]].concat();
        given(&history)
            .when(redeem(challenge, Proof::Link, redemption, minute(4)))
            .then_expect_error(UserError::ChallengeSpent);
    }
}

#[test]
fn a_challenge_is_issued_where_there_is_something_to_prove() {
    let issue = |challenge, purpose| UserCommand::Issue {
        challenge: id(challenge),
        purpose,
        at: minute(2),
    };
    given(&[registered()])
        .when(issue(101, Purpose::Confirm))
        .then_expect_events(vec![issued(101, Purpose::Confirm, minute(2))]);
    given(&[registered()])
        .when(issue(100, Purpose::Confirm))
        .then_expect_events(vec![]);
    given(&[registered(), confirmed()])
        .when(issue(101, Purpose::Confirm))
        .then_expect_events(vec![]);
    given(&[registered(), confirmed()])
        .when(issue(101, Purpose::ChangeAddress { to: address(1) }))
        .then_expect_error(UserError::SameAddress);
    given(&[registered(), confirmed()])
        .when(issue(101, to_the_second()))
        .then_expect_events(vec![issued(101, to_the_second(), minute(2))]);
}
