//! A unit finds a machine, and only one; a machine finds work as soon as there is some.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use dispatch::{Desired, NotHeld, Verdict, Why};
use domain::work::{Because, Unfit, Unit, UnitCommand, UnitError, Want};
use futures::future::join_all;
use store::{Commands, Context, Refused};

use crate::world::{SOON, World, id, terms, usd};

#[tokio::test]
async fn a_unit_is_pulled_worked_on_and_completed_and_costs_what_was_trained() {
    let world = World::new().await;
    let node = world.node().await;
    let machine = node.machine(1, 1).await;
    let unit = node.enqueue(0xa, "job_1").await;
    let granted = node.pull(machine).await;
    assert_eq!(granted.unit, unit);
    assert_eq!(granted.lease.holding.fence, 1);
    assert_eq!(granted.lease.seconds_max, 100);
    world.hands.advance(10);
    let holding = &granted.lease.holding;
    let heard = node
        .dispatcher
        .hear(unit, 1, holding.machine)
        .await
        .unwrap();
    assert_eq!((heard.desired, heard.seconds_max), (Desired::Run, 100));
    let after = node.progress(&granted, 5, 7).await;
    assert_eq!(after.tally().unwrap().spent, usd(700));
    node.complete(&granted, 9).await.unwrap();
    assert_eq!(node.unit(unit).await.tally().unwrap().spent, usd(900));
    // Said again, it is so already; under another number it is nobody's.
    node.complete(&granted, 9).await.unwrap();
    let late = node.dispatcher.hear(unit, 1, machine).await;
    assert!(matches!(late, Err(NotHeld::Lost)));
    let stranger = node.dispatcher.hear(unit, 1, id(77)).await;
    assert!(matches!(stranger, Err(NotHeld::Stranger)));
    assert_eq!(node.dispatcher.counts().leased, 0);
}

#[tokio::test]
async fn a_machine_that_waits_hears_of_new_work_within_milliseconds() {
    let world = World::new().await;
    let node = world.node().await;
    let machine = node.machine(1, 0).await;
    let mut times = Vec::new();
    for number in 0..20 {
        let dispatcher = node.dispatcher.clone();
        let waiting = tokio::spawn(async move { dispatcher.pull(machine, SOON).await });
        while node.dispatcher.counts().pullers == 0 {
            tokio::task::yield_now().await;
        }
        let begun = Instant::now();
        node.enqueue(0xa, &format!("job_{number}")).await;
        let granted = waiting.await.unwrap().unwrap().unwrap();
        times.push(begun.elapsed());
        assert_eq!(granted.lease.decision.because, Because::OnlyOne);
        node.complete(&granted, 0).await.unwrap();
    }
    times.sort_unstable();
    // On a busy machine one in a while may take longer; waiting for a poll would take 250 ms.
    assert!(times[10] < Duration::from_millis(100), "{times:?}");
}

#[tokio::test]
async fn of_fifty_who_ask_at_once_for_one_unit_one_gets_it() {
    let world = World::new().await;
    let node = world.node().await;
    let mut machines = Vec::new();
    for number in 1..=50 {
        machines.push(node.machine(number, 0).await);
    }
    let waiting: Vec<_> = machines
        .iter()
        .map(|machine| {
            let (dispatcher, machine) = (node.dispatcher.clone(), *machine);
            tokio::spawn(async move { dispatcher.pull(machine, Duration::from_secs(3)).await })
        })
        .collect();
    while node.dispatcher.counts().pullers < 50 {
        tokio::task::yield_now().await;
    }
    let unit = node.enqueue(0xa, "job_1").await;
    let outcomes = join_all(waiting).await;
    let granted: Vec<_> = outcomes
        .into_iter()
        .filter_map(|outcome| outcome.unwrap().unwrap())
        .collect();
    assert_eq!(granted.len(), 1);
    assert_eq!(granted[0].unit, unit);
    assert_eq!(granted[0].lease.decision.candidates, 50);
}

#[tokio::test]
async fn each_gpu_has_one_unit_and_no_more() {
    let world = World::new().await;
    let node = world.node().await;
    let machine = node.machine(1, 2).await;
    for number in 0..3 {
        node.enqueue(0xa, &format!("job_{number}")).await;
    }
    let (first, second) = (node.pull(machine).await, node.pull(machine).await);
    let slots: HashSet<_> = [&first, &second]
        .map(|it| it.lease.holding.slot.clone())
        .into();
    assert_eq!(slots.len(), 2);
    assert!(node.pull_nothing(machine).await);
    node.complete(&first, 0).await.unwrap();
    let third = node.pull(machine).await;
    assert_eq!(third.lease.holding.slot, first.lease.holding.slot);
}

#[tokio::test]
async fn who_goes_away_while_the_lease_is_made_does_not_keep_it() {
    let world = World::new().await;
    let node = world.node().await;
    let machine = node.machine(1, 0).await;
    let dispatcher = node.dispatcher.clone();
    let waiting = tokio::spawn(async move { dispatcher.pull(machine, SOON).await });
    while node.dispatcher.counts().pullers == 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    let unit = node.enqueue(0xa, "job_1").await;
    let granted = node.pull(machine).await;
    assert_eq!(granted.unit, unit);
}

#[tokio::test]
async fn a_pause_that_is_asked_for_reaches_the_machine() {
    let world = World::new().await;
    let node = world.node().await;
    let machine = node.machine(1, 0).await;
    let unit = node.enqueue(0xa, "job_1").await;
    let granted = node.pull(machine).await;
    let units = Commands::<Unit>::new(node.log.clone());
    let ask = UnitCommand::Ask {
        want: Want::Pause,
        at: world.hands.now(),
    };
    let asked = units
        .execute(&unit.to_string(), ask, &Context::by("customer"))
        .await
        .unwrap();
    assert!(node.dispatcher.wait_for(asked.position, SOON).await);
    let heard = node.dispatcher.hear(unit, 1, machine).await.unwrap();
    assert_eq!(heard.desired, Desired::Pause);
    node.progress(&granted, 5, 0).await;
    let report = domain::work::Report::Release {
        because: domain::work::WhyReleased::Paused,
        trained_seconds: 0,
    };
    let after = node.report(&granted, report).await.unwrap();
    assert!(matches!(after, Unit::Over { .. }));
    // It goes on where it was, with what is left.
    let resume = UnitCommand::Resume {
        budget: usd(10_000),
        at: world.hands.now(),
    };
    let context = Context::by("customer");
    units
        .execute(&unit.to_string(), resume, &context)
        .await
        .unwrap();
    let again = node.pull(machine).await;
    assert_eq!((again.unit, again.lease.holding.fence), (unit, 2));
    assert_eq!(again.checkpoint.unwrap().step, 5);
}

#[tokio::test]
async fn why_says_what_stands_against_each_machine() {
    let world = World::new().await;
    let node = world.node().await;
    let own = node.machine(1, 0).await;
    let fits = node.machine(2, 0).await;
    let mut terms = terms(0x1001, "job_1");
    terms.needs.gpu_memory_bytes = 8 << 30;
    let needs_gpu = node.enqueue_on(terms.clone()).await;
    terms.needs.gpu_memory_bytes = 0;
    let needs_none = node.enqueue_on(terms).await;
    // The machines that are there are looked up once a second, or when one asks.
    assert!(node.pull_nothing(own).await);
    let verdicts = |why: Why| match why {
        Why::Waits {
            machines, place, ..
        } => {
            assert_eq!(place.unwrap().ahead, 0);
            machines
                .into_iter()
                .map(|it| (it.machine, it.verdict))
                .collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen = verdicts(node.dispatcher.why(needs_none).await.unwrap());
        tokio::task::yield_now().await;
    }
    assert_eq!(
        seen,
        [
            (own, Verdict::Unfit(Unfit::OwnMachine)),
            (fits, Verdict::NotAsking)
        ]
    );
    let seen = verdicts(node.dispatcher.why(needs_gpu).await.unwrap());
    assert_eq!(seen[1], (fits, Verdict::Unfit(Unfit::GpuMemory)));
    let granted = node.pull(fits).await;
    assert_eq!(granted.unit, needs_none);
    match node.dispatcher.why(needs_none).await.unwrap() {
        Why::Leased {
            machine, decision, ..
        } => {
            assert_eq!((machine, decision.because), (fits, Because::Turn));
        }
        other => panic!("{other:?}"),
    }
    let late = node.complete(&granted, 0).await;
    assert!(late.is_ok());
    let again = domain::work::Report::Fail {
        cause: domain::work::ReportedCause::Trainer,
        detail: domain::work::Detail::new("too late"),
        trained_seconds: 0,
    };
    let refused = node.report(&granted, again).await;
    assert!(matches!(
        refused,
        Err(Refused::Domain(UnitError::LeaseLost))
    ));
}
