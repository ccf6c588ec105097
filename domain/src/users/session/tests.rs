//! A session's life, as given, when and then.

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::*;
use crate::users::examples::{ann, device, digest, minute, second};

fn started(remember: bool) -> Started {
    Started {
        user: ann(),
        device: device(1),
        new_device: true,
        remember,
        token: digest(0),
        second_factor: false,
        limits: Limits::usual(remember),
        at: minute(0),
    }
}

fn start() -> SessionEvent {
    SessionEvent::Started(started(false))
}

/// The token of each generation has the digest of its number.
fn refresh(generation: u8, at: DateTime<Utc>) -> SessionCommand {
    SessionCommand::Refresh {
        generation: u32::from(generation),
        token: digest(generation),
        next: digest(generation + 1),
        device: device(1),
        binding_holds: true,
        at,
    }
}

fn refreshed(generation: u8, at: DateTime<Utc>) -> SessionEvent {
    SessionEvent::Refreshed {
        generation: u32::from(generation),
        token: digest(generation),
        at,
    }
}

fn ended(why: EndedBecause, at: DateTime<Utc>) -> SessionEvent {
    SessionEvent::Ended { why, at }
}

fn stolen(generation: u32, at: DateTime<Utc>) -> Vec<SessionEvent> {
    vec![
        SessionEvent::TokenReused { generation, at },
        ended(EndedBecause::TokenReused, at),
    ]
}

fn given(events: &[SessionEvent]) -> AggregateTestExecutor<Session> {
    TestFramework::<Session>::with(()).given(events.to_vec())
}

fn session(events: &[SessionEvent]) -> Session {
    let mut session = Session::default();
    for event in events {
        session.apply(event.clone());
    }
    session
}

#[test]
fn a_session_starts_once() {
    given(&[])
        .when(SessionCommand::Start(started(false)))
        .then_expect_events(vec![start()]);
    given(&[start()])
        .when(SessionCommand::Start(started(false)))
        .then_expect_events(vec![]);
    given(&[start()])
        .when(SessionCommand::Start(started(true)))
        .then_expect_error(SessionError::StartedOtherwise);
    given(&[])
        .when(refresh(0, minute(1)))
        .then_expect_error(SessionError::NotStarted);
}

#[test]
fn every_refresh_changes_the_token() {
    given(&[start()])
        .when(refresh(0, minute(1)))
        .then_expect_events(vec![refreshed(1, minute(1))]);
    let history = [start(), refreshed(1, minute(1))];
    given(&history)
        .when(refresh(1, minute(2)))
        .then_expect_events(vec![refreshed(2, minute(2))]);
    assert_eq!(session(&history).generation(), Some(1));
    assert_eq!(session(&history).user(), Some(ann()));
}

#[test]
fn the_token_before_is_good_for_ten_seconds_for_the_device_that_may_not_have_heard() {
    let history = [start(), refreshed(1, second(60))];
    given(&history)
        .when(refresh(0, second(70)))
        .then_expect_events(vec![]);
    given(&history)
        .when(refresh(0, second(71)))
        .then_expect_events(stolen(0, second(71)));
    let SessionCommand::Refresh {
        generation,
        token,
        next,
        binding_holds,
        at,
        ..
    } = refresh(0, second(61))
    else {
        unreachable!()
    };
    given(&history)
        .when(SessionCommand::Refresh {
            generation,
            token,
            next,
            device: device(2),
            binding_holds,
            at,
        })
        .then_expect_events(stolen(0, second(61)));
}

#[test]
fn an_older_token_is_theft_at_any_time() {
    let history = [start(), refreshed(1, second(1)), refreshed(2, second(2))];
    given(&history)
        .when(refresh(0, second(3)))
        .then_expect_events(stolen(0, second(3)));
    let history = [history.to_vec(), stolen(0, second(3))].concat();
    assert_eq!(session(&history).ended(), Some(EndedBecause::TokenReused));
    for generation in 0..3 {
        given(&history)
            .when(refresh(generation, second(4)))
            .then_expect_error(SessionError::Ended(EndedBecause::TokenReused));
    }
}

#[test]
fn a_token_that_never_was_ends_nothing() {
    let history = [start(), refreshed(1, second(1))];
    for generation in [0, 1, 2, u32::MAX] {
        given(&history)
            .when(SessionCommand::Refresh {
                generation,
                token: digest(99),
                next: digest(3),
                device: device(1),
                binding_holds: true,
                at: second(2),
            })
            .then_expect_error(SessionError::WrongToken);
    }
}

#[test]
fn a_client_that_is_elsewhere_signs_in_again_and_loses_nothing() {
    let elsewhere = |generation: u8| SessionCommand::Refresh {
        generation: u32::from(generation),
        token: digest(generation),
        next: digest(3),
        device: device(1),
        binding_holds: false,
        at: second(2),
    };
    let history = [start(), refreshed(1, second(1))];
    for generation in [0, 1] {
        given(&history)
            .when(elsewhere(generation))
            .then_expect_error(SessionError::ReauthRequired);
    }
    let history = [history.to_vec(), vec![refreshed(2, second(2))]].concat();
    given(&history)
        .when(elsewhere(0))
        .then_expect_events(stolen(0, second(2)));
}

#[test]
fn a_session_ends_after_24_idle_hours() {
    let day = 24 * 60;
    let in_time = minute(day - 1);
    let too_late = minute(day + 1);
    given(&[start()])
        .when(refresh(0, in_time))
        .then_expect_events(vec![refreshed(1, in_time)]);
    given(&[start()])
        .when(refresh(0, too_late))
        .then_expect_events(vec![ended(EndedBecause::Idle, too_late)]);
    let history = [start(), refreshed(1, in_time)];
    let next_day = in_time + TimeDelta::minutes(day - 1);
    given(&history)
        .when(refresh(1, next_day))
        .then_expect_events(vec![refreshed(2, next_day)]);
}

#[test]
fn a_remembered_session_lasts_thirty_days_and_no_refresh_makes_it_longer() {
    let days = |days: i64| minute(0) + TimeDelta::days(days);
    let start = SessionEvent::Started(started(true));
    given(std::slice::from_ref(&start))
        .when(refresh(0, days(29)))
        .then_expect_events(vec![refreshed(1, days(29))]);
    let history = [start, refreshed(1, days(29))];
    given(&history)
        .when(refresh(1, days(30)))
        .then_expect_events(vec![ended(EndedBecause::Expired, days(30))]);
}

#[test]
fn limits_are_those_that_the_session_was_started_with() {
    let limits = Limits {
        idle_seconds: 60,
        absolute_seconds: 100,
    };
    let start = SessionEvent::Started(Started {
        limits,
        ..started(true)
    });
    let open = session(std::slice::from_ref(&start));
    assert!(open.is_open(second(59)));
    assert!(!open.is_open(second(60)));
    let history = [start, refreshed(1, second(59))];
    given(&history)
        .when(refresh(1, second(100)))
        .then_expect_events(vec![ended(EndedBecause::Expired, second(100))]);
}

#[test]
fn ending_twice_is_ending_once() {
    let end = |why| SessionCommand::End { why, at: minute(1) };
    given(&[start()])
        .when(end(EndedBecause::SignedOut))
        .then_expect_events(vec![ended(EndedBecause::SignedOut, minute(1))]);
    let history = [start(), ended(EndedBecause::SignedOut, minute(1))];
    given(&history)
        .when(end(EndedBecause::Blocked))
        .then_expect_events(vec![]);
    given(&history)
        .when(refresh(0, minute(2)))
        .then_expect_error(SessionError::Ended(EndedBecause::SignedOut));
    assert_eq!(session(&history).user(), Some(ann()));
    assert!(!session(&history).is_open(minute(2)));
    given(&[])
        .when(end(EndedBecause::SignedOut))
        .then_expect_error(SessionError::NotStarted);
}

#[test]
fn a_session_whose_time_is_over_can_be_shown_as_ended() {
    let expire = |at| SessionCommand::Expire { at };
    given(&[start()])
        .when(expire(minute(1)))
        .then_expect_error(SessionError::NotYet);
    let over = minute(24 * 60);
    given(&[start()])
        .when(expire(over))
        .then_expect_events(vec![ended(EndedBecause::Idle, over)]);
    given(&[start(), ended(EndedBecause::Idle, over)])
        .when(expire(over))
        .then_expect_events(vec![]);
}
