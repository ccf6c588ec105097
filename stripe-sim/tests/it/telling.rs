//! Webhooks: what is told, and everything that may go wrong with it.

use crate::client::{Listener, SECRET, World};

/// A simulator and a listener, and the names of what happened when somebody paid.
async fn paid(switch: impl FnOnce(&mut stripe_sim::Switches)) -> (World, Listener, Vec<String>) {
    let (world, listener) = (World::new().await, Listener::new().await);
    world.simulator().tell(&listener.url, SECRET);
    world.simulator().switch(switch);
    world.paid(1_000).await;
    let events = world.simulator().events();
    let names = events.into_iter().map(|(name, _)| name).collect();
    (world, listener, names)
}

#[tokio::test]
async fn what_happened_is_told_in_order_and_signed() {
    let (world, listener, names) = paid(|_| {}).await;
    assert_eq!(listener.hears(names.len()).await, names);
    for heard in listener.heard() {
        let signed = stripe_sim::signature(SECRET, 1_800_000_000, &heard.body);
        assert_eq!(heard.signature, signed);
    }
    let types: Vec<String> = world
        .simulator()
        .events()
        .into_iter()
        .map(|(_, kind)| kind)
        .collect();
    let expected = [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "checkout.session.completed",
    ];
    assert_eq!(types, expected);
}

#[tokio::test]
async fn what_is_not_taken_is_told_again() {
    let (world, listener) = (World::new().await, Listener::new().await);
    listener.refuse(3);
    world.simulator().tell(&listener.url, SECRET);
    world.paid(1_000).await;
    let mut heard = listener.hears(5).await;
    heard.sort();
    let mut names: Vec<String> = world
        .simulator()
        .events()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    names.sort();
    assert_eq!(heard, names);
    let refused = world
        .simulator()
        .sent()
        .iter()
        .filter(|(_, taken)| !taken)
        .count();
    assert_eq!(refused, 3);
}

#[tokio::test]
async fn what_is_told_twice_is_told_twice() {
    let (_world, listener, names) = paid(|it| it.duplicate = 2).await;
    let heard = listener.hears(3 * names.len()).await;
    for name in names {
        assert_eq!(heard.iter().filter(|it| **it == name).count(), 3);
    }
}

#[tokio::test]
async fn what_is_dropped_is_never_told_and_is_in_the_list() {
    let (world, listener, names) = paid(|it| it.drop = 2).await;
    assert_eq!(listener.hears(names.len() - 2).await, names[2..]);
    let listed = world.get("/v1/events?types[]=charge.*").await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_mixed_comes_out_of_order() {
    let (_world, listener, names) = paid(|it| it.reorder = 5).await;
    let heard = listener.hears(names.len()).await;
    assert_ne!(heard, names);
}

#[tokio::test]
async fn what_is_held_comes_in_the_order_in_which_it_is_released() {
    let (world, listener, names) = paid(|it| it.hold = true).await;
    assert_eq!(listener.names(), Vec::<String>::new());
    let order: Vec<String> = names.iter().rev().cloned().collect();
    world.simulator().release(Some(&order));
    assert_eq!(listener.hears(names.len()).await, order);
}

#[tokio::test]
async fn what_is_delayed_comes_when_its_time_has_come() {
    let (world, listener, names) = paid(|it| it.delay_milliseconds = 60_000).await;
    assert_eq!(listener.names(), Vec::<String>::new());
    world.pass(60);
    assert_eq!(listener.hears(names.len()).await, names);
}

#[tokio::test]
async fn a_skewed_clock_shows_in_the_signature() {
    let (_world, listener, names) = paid(|it| it.skew_seconds = -600).await;
    listener.hears(names.len()).await;
    assert!(listener.heard()[0].signature.starts_with("t=1799999400,"));
}
