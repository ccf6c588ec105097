//! From the wish to pay to the credit in the wallet, or to nothing.

use chrono::TimeDelta;
use domain::payments::{FailedBecause, Stage};
use domain::users::UserId;
use store::ids;

use super::world::World;

fn somebody() -> UserId {
    UserId::new(ids::fresh())
}

#[tokio::test]
async fn what_was_paid_is_in_the_wallet_and_the_fee_is_stripes_figure() {
    let (world, ann) = (World::new().await, somebody());
    let (payment, session) = world.opened(ann, "100").await;
    assert_eq!(world.wallet(ann, "available").await, "0.00");
    world.simulator().visit(&session, "pay").unwrap();
    world.settle().await;
    assert_eq!(world.wallet(ann, "available").await, "100.00");
    assert_eq!(world.balance("platform/fees").await, "-3.20");
    assert_eq!(world.balance("outside/stripe/pending").await, "-96.80");
    assert!(matches!(
        world.state(payment).await.stage(),
        Some(Stage::Paid { .. })
    ));
    world.assert_sound().await;
}

#[tokio::test]
async fn a_declined_card_may_be_followed_by_one_that_pays() {
    let (world, ann) = (World::new().await, somebody());
    let (payment, session) = world.opened(ann, "20").await;
    world.simulator().visit(&session, "decline").unwrap();
    world.settle().await;
    assert_eq!(world.state(payment).await.stage(), Some(&Stage::Open));
    world.simulator().visit(&session, "pay").unwrap();
    world.settle().await;
    assert_eq!(world.wallet(ann, "available").await, "20.00");
    world.assert_sound().await;
}

#[tokio::test]
async fn a_bank_that_takes_days_is_waited_for_and_nothing_is_credited_meanwhile() {
    let (world, ann) = (World::new().await, somebody());
    let (payment, session) = world.opened(ann, "50").await;
    world.simulator().visit(&session, "process").unwrap();
    world.settle().await;
    assert_eq!(world.state(payment).await.stage(), Some(&Stage::Processing));
    assert_eq!(world.wallet(ann, "available").await, "0.00");
    world.pass(TimeDelta::days(3));
    world.simulator().visit(&session, "succeed").unwrap();
    world.settle().await;
    assert_eq!(world.wallet(ann, "available").await, "50.00");
    world.assert_sound().await;
}

#[tokio::test]
async fn a_bank_that_does_not_pay_in_the_end_leaves_nothing_behind() {
    let (world, ann) = (World::new().await, somebody());
    let (payment, session) = world.opened(ann, "50").await;
    world.simulator().visit(&session, "process").unwrap();
    world.settle().await;
    world.simulator().visit(&session, "fail").unwrap();
    world.settle().await;
    let failed = Stage::Failed(FailedBecause::NotPaid);
    assert_eq!(world.state(payment).await.stage(), Some(&failed));
    assert_eq!(world.wallet(ann, "available").await, "0.00");
    world.assert_sound().await;
}

#[tokio::test]
async fn a_checkout_that_nobody_pays_expires() {
    let (world, ann) = (World::new().await, somebody());
    let (told, _) = world.opened(ann, "50").await;
    let (silent, _) = world.opened(ann, "60").await;
    world.pass(TimeDelta::hours(24));
    // One is heard of; of the other, nobody says anything, and the clock does.
    let sim = world.simulator();
    let expired = |(_, kind): &&(String, String)| kind == "checkout.session.expired";
    let event = sim.events().iter().find(expired).unwrap().0.clone();
    assert!(world.hear(&event, told).await);
    world.look_into_all().await;
    assert_eq!(world.state(told).await.stage(), Some(&Stage::Expired));
    world.act().await;
    assert_eq!(world.state(silent).await.stage(), Some(&Stage::Expired));
    world.assert_sound().await;
}

#[tokio::test]
async fn what_stripe_will_not_charge_is_given_up() {
    let (world, ann) = (World::new().await, somebody());
    // Less than Stripe takes; the API would have refused it.
    let payment = world.request(ann, "0.10").await;
    world.act().await;
    let refused = Stage::Failed(FailedBecause::Refused);
    assert_eq!(world.state(payment).await.stage(), Some(&refused));
}
