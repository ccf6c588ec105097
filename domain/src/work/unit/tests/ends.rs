//! Every way in which a lease can end before its work is done.

use super::*;

#[test]
fn a_silent_machine_loses_the_unit_and_does_not_get_it_back_at_once() {
    let until = |seconds: i64| {
        Some(Excluded {
            machine: machine(1),
            until: Some(second(seconds)),
        })
    };
    let lost = UnitEvent::Returned {
        order: terms().order,
        holding: ours(1, 1),
        because: ReturnedBecause::Lost,
        exclude: until(80),
        needs: None,
        at: second(20),
    };
    given(vec![enqueued(), leased(1, 1)])
        .when(expire(1, WhyExpired::Silent, 20))
        .then_expect_events(vec![lost.clone()]);
    let history = vec![enqueued(), leased(1, 1), lost];
    given(history.clone())
        .when(expire(1, WhyExpired::Silent, 21))
        .then_expect_events(vec![]);
    given(history.clone())
        .when(lease_on(1, second(79)))
        .then_expect_error(UnitError::Excluded);
    let mut again = Unit::default();
    for event in history {
        again.apply(event);
    }
    assert!(again.decide(lease_on(1, second(80))).is_ok());
}

#[test]
fn machines_may_be_lost_many_times_before_it_counts_as_a_failure() {
    let mut history = vec![enqueued()];
    for fence in 1..=u64::from(LOSSES_MAX) {
        history.push(leased(fence, 1));
        history.push(returned(fence, 1, ReturnedBecause::Lost));
    }
    let fence = u64::from(LOSSES_MAX) + 1;
    history.push(leased(fence, 1));
    let last = match failed(fence, 1, FailedCause::Machines, 0) {
        UnitEvent::Failed {
            order,
            holding,
            cause,
            spent,
            cost,
            ..
        } => UnitEvent::Failed {
            order,
            holding,
            cause,
            detail: Detail::default(),
            trained_seconds: 0,
            cost,
            spent,
            at: second(20),
        },
        other => panic!("{other:?}"),
    };
    given(history)
        .when(expire(fence, WhyExpired::Silent, 20))
        .then_expect_events(vec![last]);
}

#[test]
fn a_trainer_that_fails_is_tried_again_twice() {
    let mut history = vec![enqueued()];
    for fence in 1..=u64::from(FAILURES_MAX) {
        history.push(leased(fence, 1));
        history.push(returned(fence, 1, ReturnedBecause::Trainer));
    }
    history.push(leased(3, 1));
    given(history)
        .when(report(3, 1, fail(ReportedCause::Trainer, 5), 10))
        .then_expect_events(vec![UnitEvent::Failed {
            order: terms().order,
            holding: ours(3, 1),
            cause: FailedCause::Trainer,
            detail: Detail::new("why"),
            trained_seconds: 0,
            cost: usd(0),
            spent: usd(0),
            at: second(10),
        }]);
}

#[test]
fn bad_data_fails_at_once_and_costs_a_minute_at_most() {
    let history = vec![enqueued(), leased(1, 1)];
    for (said, paid) in [(0, 0), (7, 700), (90, 6_000)] {
        given(history.clone())
            .when(report(1, 1, fail(ReportedCause::BadData, said), 100))
            .then_expect_events(vec![UnitEvent::Failed {
                order: terms().order,
                holding: ours(1, 1),
                cause: FailedCause::BadData,
                detail: Detail::new("why"),
                trained_seconds: said.min(60),
                cost: usd(paid),
                spent: usd(paid),
                at: second(100),
            }]);
    }
    let mut after_more = Unit::default();
    for event in [
        enqueued(),
        leased(1, 1),
        progressed(1, 10, 70, 7_000, 7_000, 80),
    ] {
        after_more.apply(event);
    }
    let command = report(1, 1, fail(ReportedCause::BadData, 90), 100);
    let events = after_more.decide(command).unwrap();
    assert!(
        matches!(&events[..], [UnitEvent::Failed { cost, spent, .. }]
            if cost.is_zero() && *spent == usd(7_000)),
        "{events:?}"
    );
}

#[test]
fn out_of_memory_asks_for_twice_as_much_elsewhere_three_times() {
    let mut unit = Unit::default();
    unit.apply(enqueued());
    for times in 1..=4_u64 {
        unit.apply(leased(times, u128::from(times)));
        let command = report(
            times,
            u128::from(times),
            fail(ReportedCause::OutOfMemory, 1),
            10,
        );
        let events = unit.decide(command).unwrap();
        let [event] = &events[..] else {
            panic!("{events:?}")
        };
        match event {
            UnitEvent::Returned { exclude, needs, .. } => {
                assert!(times <= 3);
                assert_eq!(exclude.unwrap().until, None);
                assert_eq!(needs.as_ref().unwrap().gpu_memory_bytes, (8 << 30) << times);
            }
            UnitEvent::Failed { cause, .. } => {
                assert_eq!((times, *cause), (4, FailedCause::OutOfMemory));
            }
            other => panic!("{other:?}"),
        }
        unit.apply(event.clone());
    }
}

#[test]
fn what_waits_stops_at_once_and_what_runs_is_asked() {
    given(vec![enqueued()])
        .when(ask(Want::Cancel, 0))
        .then_expect_events(vec![stopped(None, StoppedBecause::Cancelled)]);
    let asked = |want, deadline, at| UnitEvent::Asked {
        order: terms().order,
        want,
        deadline: second(deadline),
        at: second(at),
    };
    let mut history = vec![enqueued(), leased(1, 1)];
    given(history.clone())
        .when(ask(Want::Pause, 5))
        .then_expect_events(vec![asked(Want::Pause, 65, 5)]);
    history.push(asked(Want::Pause, 65, 5));
    given(history.clone())
        .when(ask(Want::Pause, 6))
        .then_expect_events(vec![]);
    given(history.clone())
        .when(ask(Want::Cancel, 6))
        .then_expect_events(vec![asked(Want::Cancel, 65, 6)]);
    given(history.clone())
        .when(expire(1, WhyExpired::Deaf, 64))
        .then_expect_error(UnitError::NotDue);
    let paused = |at| match stopped(Some((1, 1)), StoppedBecause::Paused) {
        UnitEvent::Stopped {
            order,
            holding,
            because,
            checkpoint,
            spent,
            ..
        } => UnitEvent::Stopped {
            order,
            holding,
            because,
            checkpoint,
            spent,
            at: second(at),
        },
        other => panic!("{other:?}"),
    };
    for end in [
        expire(1, WhyExpired::Deaf, 65),
        expire(1, WhyExpired::Silent, 65),
        report(1, 1, release(WhyReleased::Paused, 5), 65),
        report(1, 1, fail(ReportedCause::Trainer, 5), 65),
    ] {
        given(history.clone())
            .when(end)
            .then_expect_events(vec![paused(65)]);
    }
    history.push(paused(65));
    given(history)
        .when(ask(Want::Cancel, 70))
        .then_expect_events(vec![]);
}

#[test]
fn a_machine_cannot_stop_what_nobody_asked_it_to_stop() {
    let history = vec![enqueued(), leased(1, 1)];
    given(history.clone())
        .when(report(1, 1, release(WhyReleased::Cancelled, 5), 10))
        .then_expect_error(UnitError::NotAsked);
    given(history.clone())
        .when(expire(1, WhyExpired::Overdue, 10))
        .then_expect_error(UnitError::NotDue);
    let long = Terms {
        budget: usd(1_000_000),
        ..terms()
    };
    let history = vec![enqueued_on(long), leased_at(1, 1, 10_000, 0)];
    let mut unit = Unit::default();
    for event in history {
        unit.apply(event);
    }
    let early = report(1, 1, release(WhyReleased::Allowance, 5), 10);
    let events = unit.decide(early).unwrap();
    assert!(matches!(
        &events[..],
        [UnitEvent::Returned {
            because: ReturnedBecause::Machine,
            ..
        }]
    ));
}

#[test]
fn a_used_up_allowance_stops_the_unit_at_its_checkpoint() {
    let history = vec![
        enqueued(),
        leased(1, 1),
        progressed(1, 10, 95, 9_500, 9_500, 100),
    ];
    let expected = |spent| UnitEvent::Stopped {
        order: terms().order,
        holding: Some(ours(1, 1)),
        because: StoppedBecause::Allowance,
        checkpoint: Some(Checkpoint {
            object: object(10),
            step: 10,
        }),
        spent: usd(spent),
        at: second(101),
    };
    given(history)
        .when(report(1, 1, release(WhyReleased::Allowance, 95), 101))
        .then_expect_events(vec![expected(9_500)]);
    let history = vec![
        enqueued(),
        leased(1, 1),
        progressed(1, 10, 100, 10_000, 10_000, 100),
    ];
    given(history)
        .when(expire(1, WhyExpired::Silent, 101))
        .then_expect_events(vec![expected(10_000)]);
}
