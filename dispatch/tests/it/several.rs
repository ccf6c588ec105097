//! Several servers over one database: each believes for itself, and the log decides.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::work::UnitEvent;
use futures::future::join_all;

use crate::world::{SOON, World};

#[tokio::test]
async fn three_servers_lease_no_unit_and_no_slot_twice() {
    let world = World::new().await;
    let nodes = [world.node().await, world.node().await, world.node().await];
    let mut machines = Vec::new();
    for number in 1..=12 {
        machines.push(nodes[0].machine(number, 0).await);
    }
    for number in 0..60 {
        let node = &nodes[number % 3];
        node.enqueue(
            0xa + u128::try_from(number % 4).unwrap(),
            &format!("job_{number}"),
        )
        .await;
    }
    // Every machine asks all three servers at once, as one behind a bad network might.
    let working = machines.iter().flat_map(|machine| {
        nodes.iter().map(move |node| async move {
            let mut done = 0;
            let patience = Duration::from_secs(1);
            while let Some(granted) = node.dispatcher.pull(*machine, patience).await.unwrap() {
                node.complete(&granted, 0).await.unwrap();
                done += 1;
            }
            done
        })
    });
    let done: usize = join_all(working).await.into_iter().sum();
    assert_eq!(done, 60);
    let mut holders: HashMap<String, String> = HashMap::new();
    let mut leased = HashSet::new();
    for (unit, event) in nodes[0].history().await {
        match event {
            UnitEvent::Leased { holding, .. } => {
                assert!(leased.insert(unit.clone()), "{unit} was leased twice");
                let before = holders.insert(holding.slot.to_string(), unit);
                assert_eq!(before, None, "a slot had two units");
            }
            UnitEvent::Completed { holding, .. } => {
                assert_eq!(holders.remove(holding.slot.as_str()), Some(unit));
            }
            _ => {}
        }
    }
    assert_eq!(leased.len(), 60);
}

#[tokio::test]
async fn a_machine_that_speaks_to_another_server_keeps_its_unit() {
    let world = World::new().await;
    let (first, second) = (world.node().await, world.node().await);
    let machine = first.machine(1, 0).await;
    let unit = first.enqueue(0xa, "job_1").await;
    let granted = first.pull(machine).await;
    world.hands.advance(15);
    second.dispatcher.hear(unit, 1, machine).await.unwrap();
    // What one hears it notes within a second.
    let noted = async {
        loop {
            let heard = projections::work::heartbeats::of(first.log.pool(), &[unit]).await;
            if heard.unwrap().iter().any(|it| it.at == world.hands.now()) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, noted).await.unwrap();
    world.hands.advance(10);
    first.dispatcher.expire().await;
    assert!(first.unit(unit).await.lease().is_some());
    world.hands.advance(10);
    first.dispatcher.expire().await;
    assert!(first.unit(unit).await.lease().is_none());
    drop(granted);
}
