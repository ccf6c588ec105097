//! A mail's life, as given, when and then.

use super::super::events::WithdrawnBecause;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use uuid::Uuid;

use super::*;
use crate::mails::Template;
use crate::users::examples::{ann, bob, id, minute};

fn intended() -> Intended {
    Intended {
        to: ann(),
        template: Template::Confirm,
        challenge: Some(id(100)),
        cause: Uuid::from_u128(7),
        at: minute(0),
    }
}

fn start() -> MailEvent {
    MailEvent::Intended(intended())
}

fn sent(attempt: u32) -> MailEvent {
    MailEvent::Sent {
        attempt,
        at: minute(9),
    }
}

fn record_sent(attempt: u32) -> MailCommand {
    MailCommand::RecordSent {
        attempt,
        at: minute(9),
    }
}

fn record_failure(attempt: u32, reason: FailedBecause) -> MailCommand {
    MailCommand::RecordFailure {
        attempt,
        reason,
        at: minute(9),
    }
}

fn failed(attempt: u32, pause_minutes: Option<i64>) -> MailEvent {
    MailEvent::AttemptFailed {
        attempt,
        reason: FailedBecause::Unreachable,
        retry_at: pause_minutes.map(|pause| minute(9 + pause)),
        at: minute(9),
    }
}

fn given_up() -> MailEvent {
    MailEvent::GivenUp { at: minute(9) }
}

fn retry() -> MailCommand {
    MailCommand::Retry {
        by: bob(),
        at: minute(10),
    }
}

fn retried() -> MailEvent {
    MailEvent::Retried {
        to: Some(ann()),
        by: bob(),
        at: minute(10),
    }
}

fn given(events: &[MailEvent]) -> AggregateTestExecutor<Mail> {
    TestFramework::<Mail>::with(()).given(events.to_vec())
}

fn mail(events: &[MailEvent]) -> Mail {
    let mut mail = Mail::default();
    for event in events {
        mail.apply(event.clone());
    }
    mail
}

/// Intended, and failed so often; the last failure gives it up.
fn after_failures(count: u32) -> Vec<MailEvent> {
    let failures = (1..=count).map(|attempt| failed(attempt, Some(1)));
    std::iter::once(start()).chain(failures).collect()
}

#[test]
fn a_mail_is_intended_once() {
    given(&[])
        .when(MailCommand::Intend(intended()))
        .then_expect_events(vec![start()]);
    for history in [vec![start()], vec![start(), sent(1)]] {
        given(&history)
            .when(MailCommand::Intend(intended()))
            .then_expect_events(vec![]);
        given(&history)
            .when(MailCommand::Intend(Intended {
                to: bob(),
                ..intended()
            }))
            .then_expect_error(MailError::IntendedOtherwise);
    }
    assert_eq!(mail(&[start()]).next_attempt(), Some((1, minute(0))));
}

#[test]
fn a_mail_is_sent_once_however_often_that_is_found_out() {
    given(&[start()])
        .when(record_sent(1))
        .then_expect_events(vec![sent(1)]);
    for attempt in [1, 2] {
        given(&[start(), sent(1)])
            .when(record_sent(attempt))
            .then_expect_events(vec![]);
    }
    given(&[start(), sent(1)])
        .when(record_failure(1, FailedBecause::TimedOut))
        .then_expect_events(vec![]);
    assert_eq!(mail(&[start(), sent(1)]).next_attempt(), None);
}

#[test]
fn a_failure_puts_the_next_attempt_off() {
    given(&[start()])
        .when(record_failure(1, FailedBecause::Unreachable))
        .then_expect_events(vec![failed(1, Some(1))]);
    let history = [start(), failed(1, Some(1))];
    assert_eq!(mail(&history).next_attempt(), Some((2, minute(10))));
    given(&history)
        .when(record_failure(2, FailedBecause::Unreachable))
        .then_expect_events(vec![failed(2, Some(2))]);
    given(&history)
        .when(record_sent(2))
        .then_expect_events(vec![sent(2)]);
}

#[test]
fn one_failure_that_two_report_counts_once() {
    given(&after_failures(2))
        .when(record_failure(2, FailedBecause::Unreachable))
        .then_expect_events(vec![]);
    for attempt in [0, 4] {
        given(&after_failures(2))
            .when(record_failure(attempt, FailedBecause::Unreachable))
            .then_expect_error(MailError::WrongAttempt);
    }
}

#[test]
fn the_pauses_double_up_to_six_hours() {
    let minutes: Vec<i64> = (1..=12).map(|n| backoff(n).num_minutes()).collect();
    assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
    for failures in [13, 31, 32, 33, 64, u32::MAX] {
        assert_eq!(backoff(failures), BACKOFF_MAX);
    }
}

#[test]
fn the_twelfth_failure_gives_up() {
    given(&after_failures(10))
        .when(record_failure(11, FailedBecause::Unreachable))
        .then_expect_events(vec![failed(11, Some(360))]);
    given(&after_failures(11))
        .when(record_failure(12, FailedBecause::Unreachable))
        .then_expect_events(vec![failed(12, None), given_up()]);
    let over = [after_failures(11), vec![failed(12, None), given_up()]].concat();
    assert_eq!(mail(&over).next_attempt(), None);
    given(&over)
        .when(record_failure(12, FailedBecause::Unreachable))
        .then_expect_events(vec![]);
    given(&over)
        .when(record_failure(13, FailedBecause::Unreachable))
        .then_expect_error(MailError::GivenUp);
}

#[test]
fn without_an_address_there_is_no_second_attempt() {
    let failed = MailEvent::AttemptFailed {
        attempt: 1,
        reason: FailedBecause::NoAddress,
        retry_at: None,
        at: minute(9),
    };
    given(&[start()])
        .when(record_failure(1, FailedBecause::NoAddress))
        .then_expect_events(vec![failed, given_up()]);
}

#[test]
fn what_was_given_up_is_retried_with_as_many_attempts_as_before() {
    let over = [after_failures(12), vec![given_up()]].concat();
    given(&over)
        .when(retry())
        .then_expect_events(vec![retried()]);
    let again = [over, vec![retried()]].concat();
    given(&again).when(retry()).then_expect_events(vec![]);
    assert_eq!(mail(&again).next_attempt(), Some((13, minute(10))));
    given(&again)
        .when(record_failure(13, FailedBecause::Unreachable))
        .then_expect_events(vec![failed(13, Some(1))]);
    let failures = (13..=23).map(|attempt| failed(attempt, Some(1)));
    let again: Vec<MailEvent> = again.into_iter().chain(failures).collect();
    given(&again)
        .when(record_failure(24, FailedBecause::Unreachable))
        .then_expect_events(vec![failed(24, None), given_up()]);
}

#[test]
fn an_attempt_given_up_for_lost_may_have_arrived() {
    let over = [after_failures(12), vec![given_up()]].concat();
    given(&over)
        .when(record_sent(12))
        .then_expect_events(vec![sent(12)]);
    for attempt in [0, 13] {
        given(&over)
            .when(record_sent(attempt))
            .then_expect_error(MailError::WrongAttempt);
    }
}

#[test]
fn what_was_not_intended_is_neither_sent_nor_retried() {
    for command in [
        record_sent(1),
        record_failure(1, FailedBecause::Refused),
        retry(),
    ] {
        given(&[])
            .when(command)
            .then_expect_error(MailError::NotIntended);
    }
    given(&[start(), sent(1)])
        .when(retry())
        .then_expect_error(MailError::Sent);
}

#[test]
fn only_what_was_given_up_is_retried() {
    let over = [after_failures(12), vec![given_up(), retried()]].concat();
    let tried_since = [over, vec![failed(13, Some(1))]].concat();
    for waiting in [after_failures(0), after_failures(2), tried_since] {
        given(&waiting)
            .when(retry())
            .then_expect_error(MailError::NotGivenUp);
    }
}

fn withdraw() -> MailCommand {
    MailCommand::Withdraw {
        why: WithdrawnBecause::Expired,
        at: minute(5),
    }
}

fn withdrawn() -> MailEvent {
    MailEvent::Withdrawn {
        why: WithdrawnBecause::Expired,
        at: minute(5),
    }
}

#[test]
fn a_mail_that_is_of_no_use_any_more_is_withdrawn_and_stays_so() {
    given(&[start()])
        .when(withdraw())
        .then_expect_events(vec![withdrawn()]);
    for command in [
        withdraw(),
        record_sent(1),
        record_failure(1, FailedBecause::TimedOut),
        MailCommand::Intend(intended()),
    ] {
        given(&[start(), withdrawn()])
            .when(command)
            .then_expect_events(vec![]);
    }
    given(&[start(), withdrawn()])
        .when(retry())
        .then_expect_error(MailError::Withdrawn);
    assert_eq!(mail(&[start(), withdrawn()]).next_attempt(), None);
    given(&[start(), sent(1)])
        .when(withdraw())
        .then_expect_events(vec![]);
    given(&[])
        .when(withdraw())
        .then_expect_error(MailError::NotIntended);
}
