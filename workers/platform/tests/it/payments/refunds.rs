//! Giving back to the card: what leaves the wallet comes to the card, or back.

use domain::payments::RefundStage;
use domain::users::UserId;
use store::ids;
use stripe_sim::RefundsDo;

use super::world::World;

fn somebody() -> UserId {
    UserId::new(ids::fresh())
}

#[tokio::test]
async fn what_was_not_spent_goes_back_to_the_card() {
    let (world, ann) = (World::new().await, somebody());
    let payment = world.paid(ann, "100").await;
    let bob = somebody();
    world.paid(bob, "100").await;
    let refund = world.refund(payment, "60").await;
    assert_eq!(world.wallet(ann, "available").await, "40.00");
    assert_eq!(world.balance("outside/in-transit/stripe").await, "60.00");
    world.act().await;
    assert_eq!(
        world.refund_stage(payment, refund).await,
        RefundStage::Succeeded
    );
    assert_eq!(world.balance("outside/in-transit/stripe").await, "0.00");
    world.settle().await;
    assert_eq!(world.wallet(ann, "available").await, "40.00");
    world.assert_sound().await;
}

#[tokio::test]
async fn a_refund_that_takes_days_ends_when_it_ends() {
    let (world, ann) = (World::new().await, somebody());
    let payment = world.paid(ann, "100").await;
    for (succeeds, left) in [(true, "90.00"), (false, "90.00")] {
        world.simulator().switch(|it| it.refunds = RefundsDo::Pend);
        let refund = world.refund(payment, "10").await;
        world.act().await;
        assert_eq!(world.refund_stage(payment, refund).await, RefundStage::Sent);
        let name = world.stripe_refund(payment, refund).await;
        world.simulator().end_refund(&name, succeeds).unwrap();
        world.settle().await;
        assert_eq!(world.wallet(ann, "available").await, left);
        world.assert_sound().await;
    }
}

#[tokio::test]
async fn a_refund_that_the_cards_bank_sends_back_comes_back_to_the_wallet() {
    let (world, ann) = (World::new().await, somebody());
    let payment = world.paid(ann, "100").await;
    world.paid(somebody(), "100").await;
    let refund = world.refund(payment, "100").await;
    world.act().await;
    assert_eq!(world.wallet(ann, "available").await, "0.00");
    let name = world.stripe_refund(payment, refund).await;
    world.simulator().end_refund(&name, false).unwrap();
    world.settle().await;
    assert_eq!(
        world.refund_stage(payment, refund).await,
        RefundStage::Failed
    );
    assert_eq!(world.wallet(ann, "available").await, "100.00");
    world.assert_sound().await;
}

#[tokio::test]
async fn what_stripe_refuses_to_give_back_comes_back_to_the_wallet() {
    let (world, ann) = (World::new().await, somebody());
    let payment = world.paid(ann, "100").await;
    let charge = world.charge(payment).await;
    let refund = world.refund(payment, "100").await;
    // Somebody was faster at the bank.
    world
        .simulator()
        .dispute(&charge, Some(1_000), false)
        .unwrap();
    world.act().await;
    assert_eq!(
        world.refund_stage(payment, refund).await,
        RefundStage::Failed
    );
    assert_eq!(world.wallet(ann, "available").await, "100.00");
    world.settle().await;
    assert_eq!(world.wallet(ann, "disputed").await, "10.00");
    world.assert_sound().await;
}

#[tokio::test]
async fn what_was_given_back_by_hand_at_stripe_is_for_somebody_to_look_at() {
    let (world, ann) = (World::new().await, somebody());
    let payment = world.paid(ann, "100").await;
    let charge = world.charge(payment).await;
    world.simulator().refund_by_hand(&charge, 500).unwrap();
    world.settle().await;
    let (_, _, parked) = world.inbox_counts().await;
    assert!(parked > 0);
    assert_eq!(world.wallet(ann, "available").await, "100.00");
}
