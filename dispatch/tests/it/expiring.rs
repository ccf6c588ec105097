//! Machines that fall silent lose what they have; those that speak, or whose server went, do not.

use std::collections::BTreeSet;

use dispatch::NotHeld;
use domain::work::{ReturnedBecause, Unit, UnitError, UnitEvent, WhyExpired};
use store::Refused;

use crate::world::{SOON, World, usd};

#[tokio::test]
async fn a_silent_machine_loses_its_unit_to_another_which_goes_on_from_the_checkpoint() {
    let world = World::new().await;
    let node = world.node().await;
    let (dies, lives) = (node.machine(1, 0).await, node.machine(2, 0).await);
    let unit = node.enqueue(0xa, "job_1").await;
    let lost = node.pull(dies).await;
    world.hands.advance(10);
    node.progress(&lost, 5, 7).await;
    world.hands.advance(9);
    node.dispatcher.expire().await;
    node.dispatcher.hear(unit, 1, dies).await.unwrap();
    world.hands.advance(19);
    node.dispatcher.expire().await;
    assert!(
        node.unit(unit).await.lease().is_some(),
        "one second is left"
    );
    let dispatcher = node.dispatcher.clone();
    let waiting = tokio::spawn(async move { dispatcher.pull(lives, SOON).await });
    world.hands.advance(1);
    node.dispatcher.expire().await;
    let granted = waiting.await.unwrap().unwrap().unwrap();
    assert_eq!((granted.unit, granted.lease.holding.fence), (unit, 2));
    assert_eq!(granted.checkpoint.unwrap().step, 5);
    // Whoever was thought dead comes too late with anything.
    let late = node.complete(&lost, 30).await;
    assert!(matches!(late, Err(Refused::Domain(UnitError::LeaseLost))));
    let late = node.dispatcher.hear(unit, 1, dies).await;
    assert!(matches!(late, Err(NotHeld::Lost)));
    world.hands.advance(5);
    let done = node.complete(&granted, 4).await.unwrap();
    assert_eq!(done.tally().unwrap().spent, usd(700 + 400));
}

#[tokio::test]
async fn twenty_machines_that_die_at_random_moments_cost_nobody_anything_twice() {
    let world = World::new().await;
    let node = world.node().await;
    let mut machines = Vec::new();
    for number in 1..=3 {
        machines.push(node.machine(number, 0).await);
    }
    let unit = node.enqueue(0xa, "job_1").await;
    let mut durable = 0;
    for round in 0..20_u64 {
        let machine = machines[usize::try_from(round % 3).unwrap()];
        // Past every exclusion; presence does not keep pace with a clock that jumps.
        world.hands.advance(7_200);
        node.is_there(machine).await;
        let granted = node.pull(machine).await;
        // Some die before their first checkpoint, some after, some after more work on top of it.
        let saved = round % 3;
        world.hands.advance(10);
        node.is_there(machine).await;
        if saved > 0 {
            node.progress(&granted, round + 1, saved).await;
            durable += i64::try_from(saved).unwrap() * 100;
        }
        world.hands.advance(20);
        node.dispatcher.expire().await;
        assert!(node.complete(&granted, 30).await.is_err());
        assert_eq!(node.unit(unit).await.tally().unwrap().spent, usd(durable));
    }
    world.hands.advance(7_200);
    node.is_there(machines[0]).await;
    let finishing = node.pull(machines[0]).await;
    node.complete(&finishing, 0).await.unwrap();
    let history = node.history().await;
    let cost: i64 = history.iter().map(|(_, event)| cost(event)).sum();
    assert_eq!(cost, durable);
    let lost = |event: &UnitEvent| {
        matches!(
            event,
            UnitEvent::Returned {
                because: ReturnedBecause::Lost,
                ..
            }
        )
    };
    assert_eq!(history.iter().filter(|(_, event)| lost(event)).count(), 20);
}

fn cost(event: &UnitEvent) -> i64 {
    match event {
        UnitEvent::Progressed { cost, .. }
        | UnitEvent::Completed { cost, .. }
        | UnitEvent::Failed { cost, .. } => cost.minor(),
        _ => 0,
    }
}

#[tokio::test]
async fn a_server_that_starts_gives_every_lease_one_more_term() {
    let world = World::new().await;
    let node = world.node().await;
    let machine = node.machine(1, 0).await;
    let unit = node.enqueue(0xa, "job_1").await;
    let waits = node.enqueue(0xb, "job_2").await;
    let granted = node.pull(machine).await;
    node.kill().await;
    // Nobody could have been heard in the meantime.
    world.hands.advance(100);
    let node = world.node().await;
    while node.dispatcher.counts().leased == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(node.dispatcher.counts().queued, 1);
    node.dispatcher.expire().await;
    node.dispatcher.hear(unit, 1, machine).await.unwrap();
    node.complete(&granted, 50).await.unwrap();
    node.is_there(machine).await;
    let next = node.pull(machine).await;
    assert_eq!(next.unit, waits);
    world.hands.advance(20);
    node.dispatcher.expire().await;
    assert!(matches!(node.unit(waits).await, Unit::Queued { .. }));
}

#[tokio::test]
async fn a_machine_that_does_not_stop_when_asked_loses_the_unit_and_the_customer_pays_no_more() {
    use domain::work::{UnitCommand, Want};
    use store::Context;
    let world = World::new().await;
    let node = world.node().await;
    let machine = node.machine(1, 0).await;
    let unit = node.enqueue(0xa, "job_1").await;
    let granted = node.pull(machine).await;
    world.hands.advance(10);
    node.progress(&granted, 5, 7).await;
    let ask = UnitCommand::Ask {
        want: Want::Cancel,
        at: world.hands.now(),
    };
    let units = node.dispatcher.units();
    let context = Context::by("customer");
    let asked = units
        .execute(&unit.to_string(), ask, &context)
        .await
        .unwrap();
    assert!(node.dispatcher.wait_for(asked.position, SOON).await);
    for _ in 0..6 {
        world.hands.advance(10);
        node.dispatcher.hear(unit, 1, machine).await.ok();
        node.dispatcher.expire().await;
    }
    let over = node.unit(unit).await;
    assert!(matches!(over, Unit::Over { .. }), "{over:?}");
    assert_eq!(over.tally().unwrap().spent, usd(700));
    let reasons: BTreeSet<String> = node
        .history()
        .await
        .into_iter()
        .filter_map(|(_, event)| match event {
            UnitEvent::Stopped { because, .. } => Some(format!("{because:?}")),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, ["Cancelled".to_owned()].into());
    // Nothing is taken away before its time.
    let early = UnitCommand::Expire {
        fence: 1,
        why: WhyExpired::Silent,
        at: world.hands.now(),
    };
    let again = units.execute(&unit.to_string(), early, &context).await;
    assert!(again.is_ok());
}
