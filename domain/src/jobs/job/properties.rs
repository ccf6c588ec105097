//! Whatever is asked of a job in whatever order: the hold, the charges and the shares agree.

use cqrs_es::Aggregate as _;
use ledger::{Currency, Effects as _, Money};
use proptest::prelude::*;
use uuid::Uuid;

use super::Job;
use super::tests::{at, order, rate, reading};
use crate::jobs::commands::{JobCommand, Outcome, Reading};
use crate::jobs::events::{CancelledBecause, FailedBecause, PausedBecause};
use crate::jobs::terms::Way;
use crate::servers::MachineId;

fn anything() -> impl Strategy<Value = JobCommand> {
    let spent = (0_i64..14_000_000).prop_map(|minor| Money::from_minor(minor, Currency::Usd));
    let read = (0_u64..4, spent).prop_map(|(fence, spent)| Reading {
        spent,
        ..reading(fence, "0")
    });
    let outcome = prop_oneof![
        Just(Outcome::Cancelled),
        Just(Outcome::Paused(PausedBecause::Asked)),
        Just(Outcome::Paused(PausedBecause::Budget)),
        Just(Outcome::Failed {
            because: FailedBecause::Machines,
            detail: String::new(),
        }),
    ];
    prop_oneof![
        Just(JobCommand::Fund { at: at(3) }),
        Just(JobCommand::Pause { at: at(3) }),
        Just(JobCommand::Resume { at: at(3) }),
        Just(JobCommand::Cancel {
            because: CancelledBecause::Asked,
            at: at(3)
        }),
        (10_i64..15).prop_map(|dollars| JobCommand::RaiseBudget {
            to: Money::from_minor(dollars * 1_000_000, Currency::Usd),
            at: at(3)
        }),
        (1_u64..4).prop_map(|fence| JobCommand::Start {
            fence,
            machine: MachineId::new(Uuid::from_u128(5)),
            rate: rate(),
            at: at(3)
        }),
        read.clone().prop_map(JobCommand::Charge),
        (read, outcome).prop_map(|(reading, outcome)| JobCommand::Settle { reading, outcome }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is asked in whatever order: never more charged than held, and at the end nothing
    /// is held any more.
    #[test]
    fn the_hold_is_what_was_funded_less_what_was_charged_and_ends_empty(
        commands in proptest::collection::vec(anything(), 0..40)
    ) {
        let mut job = Job::default();
        let (mut held, mut earned, mut taken) = (0, 0, 0);
        let first = order("10", Way::Card);
        for command in std::iter::once(first).chain(commands) {
            for event in job.decide(command).unwrap_or_default() {
                for leg in event.postings().unwrap().iter().flat_map(|it| it.legs().to_vec()) {
                    let account = leg.account().as_str().to_owned();
                    let minor = leg.amount().minor();
                    match account {
                        it if it.ends_with("/held") => held += minor,
                        it if it.ends_with("/pending") => earned += minor,
                        it if it.starts_with("platform/") => taken += minor,
                        _ => {}
                    }
                }
                prop_assert!(held >= 0);
                job.apply(event);
            }
        }
        let (charged, left) = match &job {
            Job::Active { account, .. } => {
                (account.charged.minor(), account.budget.minor() - account.charged.minor())
            }
            Job::Over { charged, .. } => (charged.minor(), 0),
            Job::Unordered | Job::Pending { .. } => (0, 0),
        };
        prop_assert_eq!(held, left);
        prop_assert_eq!(earned + taken, charged);
    }
}
