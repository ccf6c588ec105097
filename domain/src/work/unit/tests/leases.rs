//! Leasing, progress and completion.

use ledger::{Claim, Effects as _, Money};

use super::*;

#[test]
fn a_unit_is_enqueued_once() {
    let command = |terms: Terms| UnitCommand::Enqueue {
        terms: terms.into(),
        at: second(0),
    };
    given(vec![])
        .when(command(terms()))
        .then_expect_events(vec![enqueued()]);
    given(vec![enqueued()])
        .when(command(terms()))
        .then_expect_events(vec![]);
    let other = Terms {
        weight: 2,
        ..terms()
    };
    given(vec![enqueued()])
        .when(command(other))
        .then_expect_error(UnitError::EnqueuedOtherwise);
    let free = Terms {
        budget: usd(0),
        ..terms()
    };
    given(vec![])
        .when(command(free))
        .then_expect_error(UnitError::Terms(TermsError::BudgetNotPositive));
}

#[test]
fn a_lease_takes_the_slot_and_every_end_gives_it_back() {
    let taken = leased(1, 1).claims();
    assert_eq!(taken, [Claim::Take(slot_of(1))]);
    let ends = [
        returned(1, 1, ReturnedBecause::Lost),
        completed(1, 1),
        failed(1, 1, FailedCause::Trainer, 0),
        stopped(Some((1, 1)), StoppedBecause::Paused),
    ];
    for end in ends {
        assert_eq!(end.claims(), [Claim::Release(slot_of(1))], "{end:?}");
    }
    assert_eq!(stopped(None, StoppedBecause::Paused).claims(), []);
}

#[test]
fn a_unit_has_one_lease_at_a_time_and_each_has_a_higher_number() {
    given(vec![enqueued()])
        .when(lease_on(1, second(0)))
        .then_expect_events(vec![leased(1, 1)]);
    given(vec![enqueued(), leased(1, 1)])
        .when(lease_on(2, second(1)))
        .then_expect_error(UnitError::NotQueued);
    given(vec![
        enqueued(),
        leased(1, 1),
        returned(1, 1, ReturnedBecause::Draining),
    ])
    .when(lease_on(2, second(0)))
    .then_expect_events(vec![leased(2, 2)]);
}

#[test]
fn nobody_works_on_a_unit_of_their_own_or_for_more_than_was_agreed() {
    let own = UnitCommand::Lease {
        machine: machine(1),
        provider: ann(),
        slot: slot_of(1),
        rate: examples::rate(),
        decision: examples::decision(),
        at: second(0),
    };
    given(vec![enqueued()])
        .when(own)
        .then_expect_error(UnitError::OwnMachine);
    let capped = Terms {
        needs: Needs {
            rate_max: Some(examples::rate_of("0.35")),
            ..terms().needs
        },
        ..terms()
    };
    given(vec![enqueued_on(capped)])
        .when(lease_on(1, second(0)))
        .then_expect_error(UnitError::RateUnfit);
    let tiny = Terms {
        budget: usd(99),
        ..terms()
    };
    given(vec![enqueued_on(tiny)])
        .when(lease_on(1, second(0)))
        .then_expect_error(UnitError::NothingLeft);
}

#[test]
fn only_durable_progress_costs_and_never_more_than_the_clock_allows() {
    let history = vec![enqueued(), leased(1, 1)];
    given(history.clone())
        .when(report(1, 1, progress(10, 7), 10))
        .then_expect_events(vec![progressed(1, 10, 7, 700, 700, 10)]);
    given(history)
        .when(report(1, 1, progress(10, 50), 10))
        .then_expect_events(vec![progressed(1, 10, 10, 1_000, 1_000, 10)]);
    let history = vec![enqueued(), leased(1, 1), progressed(1, 10, 7, 700, 700, 10)];
    for again in [progress(10, 9), progress(9, 20)] {
        given(history.clone())
            .when(report(1, 1, again, 20))
            .then_expect_events(vec![]);
    }
    given(history)
        .when(report(1, 1, progress(20, 15), 20))
        .then_expect_events(vec![progressed(1, 20, 15, 800, 1_500, 20)]);
}

#[test]
fn a_second_lease_goes_on_counting_where_the_first_one_durably_ended() {
    let history = vec![
        enqueued(),
        leased(1, 1),
        progressed(1, 10, 7, 700, 700, 10),
        returned(1, 1, ReturnedBecause::Lost),
        leased_at(2, 2, 93, 30),
    ];
    given(history.clone())
        .when(report(2, 2, complete(5), 40))
        .then_expect_events(vec![UnitEvent::Completed {
            order: terms().order,
            holding: ours(2, 2),
            artifact: object(99),
            step: 100,
            trained_seconds: 5,
            cost: usd(500),
            spent: usd(1_200),
            metrics: Metrics::default(),
            at: second(40),
        }]);
    given(history)
        .when(report(2, 2, complete(1_000), 40 + 1_000))
        .then_expect_events(vec![UnitEvent::Completed {
            order: terms().order,
            holding: ours(2, 2),
            artifact: object(99),
            step: 100,
            trained_seconds: 93,
            cost: usd(9_300),
            spent: usd(10_000),
            metrics: Metrics::default(),
            at: second(1_040),
        }]);
}

#[test]
fn whoever_lost_the_lease_changes_nothing() {
    let history = vec![
        enqueued(),
        leased(1, 1),
        returned(1, 1, ReturnedBecause::Lost),
        leased(2, 2),
    ];
    let reports = [
        progress(10, 7),
        complete(7),
        fail(ReportedCause::Trainer, 7),
        release(WhyReleased::Draining, 7),
    ];
    for late in reports {
        given(history.clone())
            .when(report(1, 1, late.clone(), 40))
            .then_expect_error(UnitError::LeaseLost);
        // The number of somebody else's lease is no key to it.
        given(history.clone())
            .when(report(2, 1, late, 40))
            .then_expect_error(UnitError::LeaseLost);
    }
}

#[test]
fn what_ended_a_lease_may_be_said_twice() {
    let history = vec![enqueued(), leased(1, 1), completed(1, 1)];
    given(history.clone())
        .when(report(1, 1, complete(5), 50))
        .then_expect_events(vec![]);
    given(history)
        .when(report(1, 1, progress(10, 5), 50))
        .then_expect_error(UnitError::LeaseLost);
    let history = vec![
        enqueued(),
        leased(1, 1),
        returned(1, 1, ReturnedBecause::Trainer),
    ];
    given(history)
        .when(report(1, 1, fail(ReportedCause::Trainer, 5), 50))
        .then_expect_events(vec![]);
}

#[test]
fn machines_that_had_a_unit_are_told_from_strangers() {
    let mut unit = Unit::default();
    for event in [
        enqueued(),
        leased(1, 1),
        returned(1, 1, ReturnedBecause::Lost),
    ] {
        unit.apply(event);
    }
    assert!(unit.was_held_by(machine(1)));
    assert!(!unit.was_held_by(machine(2)));
    assert_eq!(
        Money::zero(ledger::Currency::Usd),
        unit.tally().unwrap().spent
    );
}
