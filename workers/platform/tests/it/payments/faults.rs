//! Whatever Stripe may do wrong: nobody pays twice, is credited twice, or is forgotten.

use chrono::TimeDelta;
use domain::payments::{RefundStage, Stage};
use domain::users::UserId;
use store::ids;
use stripe_sim::Switches;

use super::world::World;

fn somebody() -> UserId {
    UserId::new(ids::fresh())
}

/// Acts until a checkout is recorded, as time goes by.
async fn until_opened(world: &World, payment: domain::payments::PaymentId) -> String {
    for _ in 0..64 {
        world.act().await;
        if let Some(session) = world.session(payment).await {
            return session;
        }
        world.pass(TimeDelta::minutes(2));
    }
    panic!("no checkout was opened");
}

#[tokio::test]
async fn a_checkout_is_opened_once_whatever_goes_wrong_on_the_way() {
    let faults: [fn(&mut Switches); 5] = [
        |it| it.break_before = 3,
        |it| it.break_after = 1,
        |it| {
            it.hang_after = 1;
            it.hang_milliseconds = 600;
        },
        |it| it.rate_limit = 2,
        |_| {},
    ];
    for (at, fault) in faults.into_iter().enumerate() {
        let (world, ann) = (World::new().await, somebody());
        world.simulator().switch(fault);
        let payment = world.request(ann, "100").await;
        let session = until_opened(&world, payment).await;
        assert_eq!(world.simulator().count("checkout.session"), 1, "fault {at}");
        world.simulator().visit(&session, "pay").unwrap();
        world.settle().await;
        assert_eq!(world.wallet(ann, "available").await, "100.00", "fault {at}");
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn money_is_given_back_once_whatever_goes_wrong_on_the_way() {
    let faults: [fn(&mut Switches); 4] = [
        |it| it.break_after = 1,
        |it| {
            it.hang_after = 1;
            it.hang_milliseconds = 600;
        },
        |it| it.rate_limit = 2,
        |_| {},
    ];
    for (at, fault) in faults.into_iter().enumerate() {
        let (world, ann) = (World::new().await, somebody());
        let payment = world.paid(ann, "100").await;
        let refund = world.refund(payment, "30").await;
        world.simulator().switch(fault);
        for _ in 0..16 {
            world.act().await;
            if world.refund_stage(payment, refund).await == RefundStage::Succeeded {
                break;
            }
            world.pass(TimeDelta::minutes(2));
        }
        assert_eq!(
            world.refund_stage(payment, refund).await,
            RefundStage::Succeeded,
            "fault {at}"
        );
        assert_eq!(world.simulator().count("refund"), 1, "fault {at}");
        assert_eq!(world.wallet(ann, "available").await, "70.00", "fault {at}");
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn whoever_was_killed_between_opening_and_recording_is_succeeded() {
    let (world, ann) = (World::new().await, somebody());
    let payment = world.request(ann, "100").await;
    // Opened, and nobody was left to write it down.
    world.simulator().switch(|it| it.break_after = 1);
    world.act().await;
    assert_eq!(world.session(payment).await, None);
    assert_eq!(world.simulator().count("checkout.session"), 1);
    // Somebody has the page nevertheless, and pays before we know of it.
    let session = world.simulator().all("checkout.session").remove(0);
    world.simulator().visit(&session, "pay").unwrap();
    world.settle().await;
    assert_eq!(world.wallet(ann, "available").await, "100.00");
    assert!(matches!(
        world.state(payment).await.stage(),
        Some(Stage::Paid { .. })
    ));
    world.assert_sound().await;
}

#[tokio::test]
async fn what_nobody_told_of_is_found_in_the_list_once() {
    let (world, ann) = (World::new().await, somebody());
    let (_, session) = world.opened(ann, "100").await;
    world.simulator().visit(&session, "pay").unwrap();
    assert_eq!(world.poll.round().await.unwrap(), 5);
    assert_eq!(world.poll.round().await.unwrap(), 0);
    world.look_into_all().await;
    assert_eq!(world.wallet(ann, "available").await, "100.00");
    // What happens after goes on from there, however much it is.
    for _ in 0..30 {
        world.opened(ann, "1").await;
    }
    let sessions = world.simulator().all("checkout.session");
    for session in sessions {
        // The first was paid before.
        drop(world.simulator().visit(&session, "pay"));
    }
    assert_eq!(world.poll.round().await.unwrap(), 150);
    world.look_into_all().await;
    assert_eq!(world.wallet(ann, "available").await, "130.00");
    world.assert_sound().await;
}

#[tokio::test]
async fn while_stripe_is_out_of_reach_notices_wait() {
    let (world, ann) = (World::new().await, somebody());
    let (payment, session) = world.opened(ann, "100").await;
    world.simulator().visit(&session, "pay").unwrap();
    let (event, _) = world.simulator().events().pop().unwrap();
    assert!(world.hear(&event, payment).await);
    world.simulator().switch(|it| it.rate_limit = 1);
    let round = world.inbox.round().await.unwrap();
    assert_eq!((round.taken, round.again), (1, 1));
    assert_eq!(world.inbox.round().await.unwrap().taken, 0);
    world.look_into_all().await;
    assert_eq!(world.wallet(ann, "available").await, "100.00");
}
