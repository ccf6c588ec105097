//! What a job may be asked in every state, and what each answer moves.

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use ledger::{BasisPoints, Effects, Split};
use rust_decimal::Decimal;
use serde_json::Map;
use uuid::Uuid;

use super::*;
use crate::cards::{Accepts, Estimate, Hyperparams, Model, Weights};
use crate::jobs::commands::{Outcome, Reading};
use crate::jobs::events::{Charge, FailedBecause, InterruptedBecause};
use crate::objects::ObjectId;
use crate::servers::MachineId;
use crate::users::UserId;
use crate::work::{Isolation, Needs};

pub(super) fn usd(text: &str) -> Money {
    Money::parse(text, Currency::Usd).unwrap()
}

pub(super) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

fn terms() -> Box<Terms> {
    let settings = Hyperparams::read(Model::Tabular.card(), Weights::Scratch, &Map::new());
    Box::new(Terms {
        customer: UserId::new(Uuid::from_u128(1)),
        model: Model::Tabular,
        card_version: 1,
        hyperparams: settings.unwrap(),
        weights: Weights::Scratch,
        seed: 7,
        dataset: ObjectId::new(Uuid::from_u128(2)),
        format: Accepts::Csv,
        label_column: None,
        text_column: None,
        needs: Needs {
            runtime: "tabular".to_owned(),
            isolation: Isolation::Any,
            gpu_memory_bytes: 0,
            gpu_models: vec![],
            memory_bytes: 1 << 30,
            regions: vec![],
            verified: false,
            rate_max: None,
        },
        seconds_expected: 60,
        estimate: Estimate {
            seconds_min: 30,
            seconds_max: 120,
            price_min: usd("0.01"),
            price_max: usd("0.04"),
        },
        commission_basis_points: BasisPoints::try_new(1_000).unwrap(),
        commission_policy: 1,
    })
}

fn provider() -> UserId {
    UserId::new(Uuid::from_u128(9))
}

pub(super) fn rate() -> Rate {
    Rate::new(Decimal::new(36, 2), Currency::Usd)
}

fn payment(number: u128) -> PaymentId {
    PaymentId::new(Uuid::from_u128(number))
}

pub(super) fn order(budget: &str, way: Way) -> JobCommand {
    JobCommand::Order {
        terms: terms(),
        budget: usd(budget),
        way,
        at: at(0),
    }
}

fn ordered(way: Way) -> JobEvent {
    JobEvent::Ordered {
        terms: terms(),
        budget: usd("10"),
        way,
        at: at(0),
    }
}

fn funded_at(second: i64) -> JobEvent {
    JobEvent::Funded {
        terms: terms(),
        held: usd("10"),
        at: at(second),
    }
}

fn started(fence: u64) -> JobEvent {
    JobEvent::Started {
        fence,
        machine: MachineId::new(Uuid::from_u128(5)),
        rate: rate(),
        at: at(1),
    }
}

pub(super) fn reading(fence: u64, spent: &str) -> Reading {
    Reading {
        provider: Some(provider()),
        fence,
        spent: usd(spent),
        step: 10,
        trained_seconds: 30,
        checkpoint: None,
        at: at(30),
    }
}

fn charged(fence: u64, amount: &str, split: (&str, &str), total: &str) -> JobEvent {
    JobEvent::Charged(Box::new(Charge {
        customer: terms().customer,
        provider: provider(),
        amount: usd(amount),
        split: Split {
            provider: usd(split.0),
            commission: usd(split.1),
        },
        commission_basis_points: terms().commission_basis_points,
        charged: usd(total),
        fence,
        rate: rate(),
        trained_seconds: 30,
        step: 10,
        checkpoint: None,
        at: at(30),
    }))
}

fn cancelled(because: CancelledBecause, released: &str, second: i64) -> JobEvent {
    JobEvent::Cancelled {
        customer: terms().customer,
        because,
        released: usd(released),
        at: at(second),
    }
}

fn given(events: Vec<JobEvent>) -> AggregateTestExecutor<Job> {
    TestFramework::<Job>::with(()).given(events)
}

fn running() -> Vec<JobEvent> {
    vec![ordered(Way::Wallet), funded_at(0), started(1)]
}

fn with(mut history: Vec<JobEvent>, event: JobEvent) -> Vec<JobEvent> {
    history.push(event);
    history
}

fn settle(spent: &str, outcome: Outcome) -> JobCommand {
    JobCommand::Settle {
        reading: reading(1, spent),
        outcome,
    }
}

#[test]
fn an_order_on_the_wallet_is_paid_for_in_the_same_breath() {
    given(vec![])
        .when(order("10", Way::Wallet))
        .then_expect_events(vec![ordered(Way::Wallet), funded_at(0)]);
    assert_eq!(funded_at(0).postings().unwrap().len(), 1);
}

#[test]
fn a_budget_is_what_a_card_can_pay() {
    for budget in ["0.49", "0", "1.001"] {
        given(vec![])
            .when(order(budget, Way::Card))
            .then_expect_error(JobError::BudgetTooSmall);
    }
}

#[test]
fn an_order_by_card_waits_for_its_payment_and_lapses_with_it() {
    let pending = vec![
        ordered(Way::Card),
        JobEvent::PaymentOpened {
            payment: payment(3),
            at: at(1),
        },
    ];
    given(pending.clone())
        .when(JobCommand::Fund { at: at(5) })
        .then_expect_events(vec![funded_at(5)]);
    let lapse = |number| JobCommand::Lapse {
        payment: payment(number),
        because: LapsedBecause::PaymentExpired,
        at: at(9),
    };
    let expired = cancelled(CancelledBecause::PaymentExpired, "0", 9);
    given(pending.clone())
        .when(lapse(3))
        .then_expect_events(vec![expired.clone()]);
    given(pending.clone())
        .when(lapse(4))
        .then_expect_events(vec![]);
    given(with(pending.clone(), expired))
        .when(JobCommand::Fund { at: at(10) })
        .then_expect_events(vec![]);
    given(pending)
        .when(JobCommand::Charge(reading(1, "1")))
        .then_expect_error(JobError::NotPaid);
}

#[test]
fn only_what_was_not_charged_yet_is_charged() {
    given(running())
        .when(JobCommand::Charge(reading(1, "3")))
        .then_expect_events(vec![charged(1, "3", ("2.7", "0.3"), "3")]);
    let once = with(running(), charged(1, "3", ("2.7", "0.3"), "3"));
    for spent in ["3", "2.5"] {
        given(once.clone())
            .when(JobCommand::Charge(reading(1, spent)))
            .then_expect_events(vec![]);
    }
    given(once)
        .when(JobCommand::Charge(reading(1, "10.000001")))
        .then_expect_error(JobError::BeyondBudget);
}

#[test]
fn a_lost_machine_costs_nothing_and_the_next_one_goes_on() {
    let interrupt = JobCommand::Interrupt {
        fence: 1,
        because: InterruptedBecause::MachineLost,
        at: at(40),
    };
    let interrupted = JobEvent::Interrupted {
        fence: 1,
        because: InterruptedBecause::MachineLost,
        at: at(40),
    };
    assert_eq!(interrupted.postings().unwrap(), vec![]);
    given(running())
        .when(interrupt.clone())
        .then_expect_events(vec![interrupted.clone()]);
    let queued = with(running(), interrupted);
    let again = given(queued.clone()).when(interrupt);
    again.then_expect_events(vec![]);
    given(with(queued, started(2)))
        .when(JobCommand::Charge(reading(2, "4")))
        .then_expect_events(vec![charged(2, "4", ("3.6", "0.4"), "4")]);
}

#[test]
fn the_end_charges_the_last_piece_and_gives_back_the_rest() {
    let artifact = ObjectId::new(Uuid::from_u128(6));
    let done = Outcome::Done {
        artifact,
        metrics: [("accuracy".to_owned(), "0.97".to_owned())].into(),
    };
    given(running())
        .when(settle("4", done))
        .then_expect_events(vec![
            charged(1, "4", ("3.6", "0.4"), "4"),
            JobEvent::Done {
                customer: terms().customer,
                artifact,
                metrics: [("accuracy".to_owned(), "0.97".to_owned())].into(),
                released: usd("6"),
                at: at(30),
            },
        ]);
    let failed = Outcome::Failed {
        because: FailedBecause::Trainer,
        detail: "it ended with status 1".to_owned(),
    };
    given(running())
        .when(settle("0", failed))
        .then_expect_events(vec![JobEvent::Failed {
            customer: terms().customer,
            because: FailedBecause::Trainer,
            detail: "it ended with status 1".to_owned(),
            released: usd("10"),
            at: at(30),
        }]);
}

#[test]
fn a_job_pauses_resumes_and_is_cancelled_while_paused() {
    given(running())
        .when(JobCommand::Pause { at: at(31) })
        .then_expect_events(vec![JobEvent::PauseAsked { at: at(31) }]);
    let pausing = with(running(), JobEvent::PauseAsked { at: at(31) });
    given(pausing.clone())
        .when(JobCommand::Resume { at: at(32) })
        .then_expect_error(JobError::NotPaused);
    let paused = JobEvent::Paused {
        because: PausedBecause::Asked,
        at: at(30),
    };
    given(pausing.clone())
        .when(settle("1", Outcome::Paused(PausedBecause::Asked)))
        .then_expect_events(vec![charged(1, "1", ("0.9", "0.1"), "1"), paused.clone()]);
    let paused = with(with(pausing, charged(1, "1", ("0.9", "0.1"), "1")), paused);
    given(paused.clone())
        .when(JobCommand::Resume { at: at(50) })
        .then_expect_events(vec![JobEvent::Resumed {
            budget: usd("10"),
            at: at(50),
        }]);
    given(paused)
        .when(JobCommand::Cancel {
            because: CancelledBecause::Asked,
            at: at(51),
        })
        .then_expect_events(vec![cancelled(CancelledBecause::Asked, "9", 51)]);
}

#[test]
fn a_job_that_used_up_its_budget_goes_on_when_it_is_raised() {
    let paused = with(
        running(),
        JobEvent::Paused {
            because: PausedBecause::Budget,
            at: at(30),
        },
    );
    given(paused.clone())
        .when(JobCommand::Resume { at: at(31) })
        .then_expect_error(JobError::BudgetUsedUp);
    let raise = |to: &str| JobCommand::RaiseBudget {
        to: usd(to),
        at: at(32),
    };
    given(paused.clone())
        .when(raise("15.5"))
        .then_expect_events(vec![
            JobEvent::BudgetRaised {
                customer: terms().customer,
                by: usd("5.5"),
                budget: usd("15.5"),
                at: at(32),
            },
            JobEvent::Resumed {
                budget: usd("15.5"),
                at: at(32),
            },
        ]);
    given(paused.clone())
        .when(raise("10"))
        .then_expect_events(vec![]);
    given(paused)
        .when(raise("9"))
        .then_expect_error(JobError::BudgetNotRaised);
}

#[test]
fn whoever_cancels_gets_a_cancelled_job_however_the_machine_stopped() {
    let cancelling = with(
        running(),
        JobEvent::CancelAsked {
            because: CancelledBecause::Asked,
            at: at(20),
        },
    );
    for outcome in [Outcome::Cancelled, Outcome::Paused(PausedBecause::Budget)] {
        given(cancelling.clone())
            .when(settle("0", outcome))
            .then_expect_events(vec![cancelled(CancelledBecause::Asked, "10", 30)]);
    }
    given(cancelling)
        .when(JobCommand::Pause { at: at(21) })
        .then_expect_error(JobError::Cancelling);
}

#[test]
fn what_is_over_stays_over() {
    let over = with(running(), cancelled(CancelledBecause::Asked, "10", 30));
    for command in [
        JobCommand::Cancel {
            because: CancelledBecause::Asked,
            at: at(40),
        },
        settle("0", Outcome::Cancelled),
        JobCommand::Fund { at: at(40) },
    ] {
        given(over.clone()).when(command).then_expect_events(vec![]);
    }
    let pause = JobCommand::Pause { at: at(40) };
    for command in [pause, JobCommand::Charge(reading(1, "1"))] {
        given(over.clone())
            .when(command)
            .then_expect_error(JobError::Over);
    }
}
