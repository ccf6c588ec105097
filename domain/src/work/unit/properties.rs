//! Whatever is asked in whatever order: the budget holds, the sums agree, one lease at a time.

use cqrs_es::Aggregate as _;
use ledger::{Claim, Effects as _, Rounding};
use proptest::prelude::*;

use super::super::examples::{decision, machine, object, provider, rate_of, slot_of, terms, usd};
use super::super::*;
use super::*;
use crate::users::examples::second;

/// One thing that somebody asks; numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Lease { machine: u128, price: u32 },
    Progress { step: u64, seconds: u64 },
    Complete { seconds: u64 },
    Fail { cause: u8, seconds: u64 },
    Release { because: u8, seconds: u64 },
    Expire { why: u8 },
    Want { cancel: bool },
    Raise { by: i64 },
    Resume { by: i64 },
}

fn asks() -> impl Strategy<Value = Vec<(Ask, i64, bool)>> {
    let seconds = 0..500_u64;
    let ask = prop_oneof![
        4 => (1..5_u128, 1..200_u32).prop_map(|(machine, price)| Ask::Lease { machine, price }),
        6 => (0..50_u64, seconds.clone())
            .prop_map(|(step, seconds)| Ask::Progress { step, seconds }),
        1 => seconds.clone().prop_map(|seconds| Ask::Complete { seconds }),
        2 => (0..6_u8, seconds.clone()).prop_map(|(cause, seconds)| Ask::Fail { cause, seconds }),
        2 => (0..4_u8, seconds).prop_map(|(because, seconds)| Ask::Release { because, seconds }),
        2 => (0..3_u8).prop_map(|why| Ask::Expire { why }),
        1 => any::<bool>().prop_map(|cancel| Ask::Want { cancel }),
        1 => (-10..2_000_i64).prop_map(|by| Ask::Raise { by }),
        1 => (0..2_000_i64).prop_map(|by| Ask::Resume { by }),
    ];
    // What is asked, how many seconds later, and whether under an old number.
    proptest::collection::vec((ask, 0..200_i64, prop::bool::weighted(0.2)), 1..60)
}

fn command(ask: Ask, unit: &Unit, old: bool, at: DateTime<Utc>) -> UnitCommand {
    let fence = unit.tally().map_or(0, |tally| tally.fence);
    let fence = if old { fence.saturating_sub(1) } else { fence };
    let holder = unit.lease().map_or(machine(1), |it| it.holding.machine);
    let report = |report| UnitCommand::Report {
        fence,
        machine: holder,
        report,
        at,
    };
    match ask {
        Ask::Lease { machine: it, price } => UnitCommand::Lease {
            machine: machine(it),
            provider: provider(it),
            slot: slot_of(it),
            rate: rate_of(&format!("0.{price:03}")),
            decision: decision(),
            at,
        },
        Ask::Progress { step, seconds } => report(Report::Progress {
            checkpoint: Checkpoint {
                object: object(u128::from(step)),
                step,
            },
            trained_seconds: seconds,
        }),
        Ask::Complete { seconds } => report(Report::Complete {
            artifact: object(99),
            step: 100,
            trained_seconds: seconds,
            metrics: Metrics::default(),
        }),
        Ask::Fail { cause, seconds } => report(Report::Fail {
            cause: [
                ReportedCause::OutOfMemory,
                ReportedCause::BadData,
                ReportedCause::Trainer,
                ReportedCause::Machine,
                ReportedCause::Network,
                ReportedCause::Time,
            ][usize::from(cause)],
            detail: Detail::default(),
            trained_seconds: seconds,
        }),
        Ask::Release { because, seconds } => report(Report::Release {
            because: [
                WhyReleased::Paused,
                WhyReleased::Cancelled,
                WhyReleased::Draining,
                WhyReleased::Allowance,
            ][usize::from(because)],
            trained_seconds: seconds,
        }),
        Ask::Expire { why } => UnitCommand::Expire {
            fence,
            why: [WhyExpired::Silent, WhyExpired::Deaf, WhyExpired::Overdue][usize::from(why)],
            at,
        },
        Ask::Want { cancel } => UnitCommand::Ask {
            want: if cancel { Want::Cancel } else { Want::Pause },
            at,
        },
        Ask::Raise { by } => UnitCommand::RaiseBudget {
            to: raised(unit, by),
            at,
        },
        Ask::Resume { by } => UnitCommand::Resume {
            budget: raised(unit, by),
            at,
        },
    }
}

fn raised(unit: &Unit, by: i64) -> ledger::Money {
    usd(unit.tally().map_or(0, |tally| tally.budget.minor()) + by)
}

/// What the world outside sees of a unit.
#[derive(Default)]
struct Books {
    cost: i64,
    durable_max: i64,
    slots: i64,
    budget: i64,
    fence: u64,
    lease: Option<(ledger::Rate, DateTime<Utc>)>,
}

impl Books {
    fn see(&mut self, event: &UnitEvent) {
        for claim in event.claims() {
            self.slots += match claim {
                Claim::Take(_) => 1,
                Claim::Release(_) => -1,
            };
            assert!((0..=1).contains(&self.slots), "one lease at a time");
        }
        match event {
            UnitEvent::Leased {
                holding, rate, at, ..
            } => {
                assert!(holding.fence > self.fence, "fences rise");
                self.fence = holding.fence;
                self.lease = Some((*rate, *at));
            }
            UnitEvent::Progressed {
                cost, spent, at, ..
            }
            | UnitEvent::Completed {
                cost, spent, at, ..
            }
            | UnitEvent::Failed {
                cost, spent, at, ..
            } => {
                assert!(!cost.is_negative());
                self.cost += cost.minor();
                assert_eq!(self.cost, spent.minor(), "the pieces sum to what was spent");
                let (rate, since) = self.lease.unwrap();
                let lasted = u64::try_from((*at - since).num_seconds()).unwrap();
                let most = rate.times_seconds_per_hour(lasted, Rounding::Down).unwrap();
                assert!(
                    self.cost <= self.durable_max + most.minor(),
                    "the clock holds"
                );
            }
            UnitEvent::Returned { .. } | UnitEvent::Stopped { .. } => self.durable_max = self.cost,
            UnitEvent::BudgetRaised { budget, .. } | UnitEvent::Resumed { budget, .. } => {
                self.budget = budget.minor();
            }
            UnitEvent::Enqueued { .. } | UnitEvent::Asked { .. } => {}
        }
        assert!(self.cost <= self.budget, "the budget holds");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_budget_the_sums_and_the_single_lease_hold_whatever_is_asked(asks in asks()) {
        let mut unit = Unit::default();
        let begin = UnitCommand::Enqueue { terms: terms().into(), at: second(0) };
        for event in unit.decide(begin).unwrap() {
            unit.apply(event);
        }
        let mut outline = unit.outline();
        let mut books = Books { budget: terms().budget.minor(), ..Books::default() };
        let mut at = second(0);
        for (ask, later, old) in asks {
            at += TimeDelta::seconds(later);
            let command = command(ask, &unit, old, at);
            let reported = matches!(command, UnitCommand::Report { .. });
            let before = unit.clone();
            let decided = unit.decide(command);
            if reported && old {
                // Nothing that is said under an old number changes anything.
                prop_assert!(decided.as_ref().is_ok_and(Vec::is_empty) || decided.is_err());
            }
            for event in decided.unwrap_or_default() {
                books.see(&event);
                outline.happened(event.clone());
                unit.apply(event);
            }
            if let (Unit::Over { .. }, Unit::Over { .. }) = (&before, &unit) {
                prop_assert_eq!(&before, &unit);
            }
            prop_assert_eq!(&unit.outline(), &outline);
            prop_assert_eq!(unit.lease().is_some(), books.slots == 1);
            prop_assert_eq!(unit.tally().unwrap().spent, usd(books.cost));
        }
    }
}
