//! Disputes: frozen with the payer, then lost with a debt, or returned.

use domain::demonstration::{Order, OrderCommand, Terms, User};
use domain::payments::{DisputeSeen, PaymentCommand, Reference, RefundStage};
use domain::users::UserId;
use ledger::BasisPoints;
use store::{Commands, Context, ids};

use super::world::{World, usd};

fn somebody() -> UserId {
    UserId::new(ids::fresh())
}

/// Somebody who paid 50 and has 47.54 left of it.
async fn spender(world: &World) -> (UserId, String) {
    let ann = somebody();
    let payment = world.paid(ann, "50").await;
    let refund = world.refund(payment, "2.46").await;
    world.act().await;
    world.settle().await;
    assert_eq!(
        world.refund_stage(payment, refund).await,
        RefundStage::Succeeded
    );
    (ann, world.charge(payment).await)
}

#[tokio::test]
async fn a_dispute_freezes_what_is_there_and_what_is_missing_is_owed_once_it_is_lost() {
    let world = World::new().await;
    world.paid(somebody(), "100").await;
    let (ann, charge) = spender(&world).await;
    // All that can be disputed is what was not given back.
    let dispute = world.simulator().dispute(&charge, None, false).unwrap();
    // Meanwhile some of it is promised to somebody else, as an order would have it.
    promise(&world, ann, "7.54").await;
    world.settle().await;
    assert_eq!(world.wallet(ann, "available").await, "0.00");
    assert_eq!(world.wallet(ann, "disputed").await, "40.00");
    assert_eq!(world.balance("outside/stripe/withheld").await, "-47.54");
    world.assert_sound().await;

    let id = dispute["id"].as_str().unwrap();
    world.simulator().rule(id, "lose").unwrap();
    world.settle().await;
    assert_eq!(world.wallet(ann, "disputed").await, "0.00");
    assert_eq!(world.balance(&format!("receivable/{ann}")).await, "-7.54");
    assert_eq!(world.balance("outside/stripe/withheld").await, "0.00");
    world.assert_sound().await;
}

/// Promises some of a wallet to an order, as a customer does.
async fn promise(world: &World, ann: UserId, amount: &str) {
    let terms = Terms {
        customer: User::try_new(ann.to_string()).unwrap(),
        provider: User::try_new("provider").unwrap(),
        amount: usd(amount),
        commission_basis_points: BasisPoints::WHOLE,
        gpu: None,
    };
    let orders = Commands::<Order>::new(world.log.clone());
    let context = Context::by("user/tester");
    let opened = orders.begin("order_1", OrderCommand::Open(terms), &context);
    opened.await.unwrap();
}

#[tokio::test]
async fn a_dispute_that_is_won_leaves_everything_as_it_was() {
    let (world, ann) = (World::new().await, somebody());
    let payment = world.paid(ann, "100").await;
    let charge = world.charge(payment).await;
    let before = world.books().await;
    let dispute = world.simulator().dispute(&charge, None, false).unwrap();
    world.settle().await;
    assert_eq!(world.wallet(ann, "available").await, "0.00");
    assert_eq!(world.wallet(ann, "disputed").await, "100.00");
    assert_eq!(world.balance("platform/fees").await, "-18.20");
    let id = dispute["id"].as_str().unwrap();
    world.simulator().rule(id, "win").unwrap();
    world.settle().await;
    let after: Vec<_> = world
        .books()
        .await
        .into_iter()
        .filter(|(_, minor)| *minor != 0)
        .collect();
    assert_eq!(
        after,
        before
            .into_iter()
            .filter(|(_, minor)| *minor != 0)
            .collect::<Vec<_>>()
    );
    world.assert_sound().await;
}

#[tokio::test]
async fn an_inquiry_moves_nothing_until_it_becomes_a_dispute() {
    let (world, ann) = (World::new().await, somebody());
    let payment = world.paid(ann, "100").await;
    let charge = world.charge(payment).await;
    let inquiry = world
        .simulator()
        .dispute(&charge, Some(4_000), true)
        .unwrap();
    world.settle().await;
    assert_eq!(world.wallet(ann, "available").await, "100.00");
    let id = inquiry["id"].as_str().unwrap();
    world.simulator().rule(id, "withdraw").unwrap();
    world.settle().await;
    assert_eq!(world.wallet(ann, "disputed").await, "40.00");
    world.assert_sound().await;
}

#[tokio::test]
async fn the_whole_of_a_dispute_heard_of_at_once_is_the_same_as_step_by_step() {
    let world = World::new().await;
    let mut books = Vec::new();
    for eager in [true, false] {
        let ann = somebody();
        let payment = world.paid(ann, "100").await;
        let charge = world.charge(payment).await;
        let dispute = world
            .simulator()
            .dispute(&charge, Some(3_000), false)
            .unwrap();
        if eager {
            world.settle().await;
        }
        world
            .simulator()
            .rule(dispute["id"].as_str().unwrap(), "lose")
            .unwrap();
        world.settle().await;
        let mut found = Vec::new();
        for leaf in ["available", "disputed"] {
            found.push(world.wallet(ann, leaf).await);
        }
        found.push(world.balance(&format!("receivable/{ann}")).await);
        books.push(found);
    }
    assert_eq!(books[0], ["70.00", "0.00", "0.00"]);
    assert_eq!(books[0], books[1]);
    world.assert_sound().await;
}

#[tokio::test]
async fn a_dispute_of_nothing_that_was_paid_is_refused() {
    let (world, ann) = (World::new().await, somebody());
    let (payment, _) = world.opened(ann, "10").await;
    let seen = DisputeSeen {
        dispute: Reference::try_new("du_1").unwrap(),
        amount: usd("10"),
        reason: Reference::try_new("fraudulent").unwrap(),
        withdrawn: None,
        reinstated: None,
        is_lost: false,
        is_won: false,
        is_dropped: false,
        available: usd("10"),
        at: world.now(),
    };
    assert!(
        world
            .ask(payment, PaymentCommand::ObserveDispute(seen))
            .await
            .is_err()
    );
}
