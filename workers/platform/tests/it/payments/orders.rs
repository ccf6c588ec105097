//! Notices in any order, any number of times: the books come out the same.

use domain::payments::PaymentId;
use domain::users::UserId;
use store::ids;

use super::world::World;

fn somebody() -> UserId {
    UserId::new(ids::fresh())
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for shorter in orders(count - 1) {
        for place in 0..=shorter.len() {
            let mut order = shorter.clone();
            order.insert(place, count - 1);
            all.push(order);
        }
    }
    all
}

#[tokio::test]
async fn the_same_notice_three_times_is_one_credit() {
    let (world, ann) = (World::new().await, somebody());
    let (payment, session) = world.opened(ann, "100").await;
    world.simulator().visit(&session, "pay").unwrap();
    let events = world.simulator().events();
    for time in 0..3 {
        for (event, _) in &events {
            assert_eq!(world.hear(event, payment).await, time == 0);
        }
        world.look_into_all().await;
    }
    assert_eq!(world.wallet(ann, "available").await, "100.00");
    assert_eq!(world.log.head().await.unwrap().position, 3);
    world.assert_sound().await;
}

#[tokio::test]
async fn every_order_of_the_notices_of_a_payment_gives_the_same_books() {
    let world = World::new().await;
    let mut first: Option<Vec<String>> = None;
    for order in orders(5) {
        // A new payment a time, of another payer, told of in another order.
        let ann = somebody();
        let (payment, session) = world.opened(ann, "10").await;
        let before = world.simulator().events().len();
        world.simulator().visit(&session, "pay").unwrap();
        let events = world.simulator().events().split_off(before);
        assert_eq!(events.len(), order.len(), "{events:?}");
        let told = tell(&world, payment, ann, &events, &order).await;
        let first = first.get_or_insert_with(|| told.clone());
        assert_eq!(*first, told, "{order:?}");
    }
    world.assert_sound().await;
}

/// Tells of the events one by one, in this order; says what the log and the wallet have then.
async fn tell(
    world: &World,
    payment: PaymentId,
    ann: UserId,
    events: &[(String, String)],
    order: &[usize],
) -> Vec<String> {
    for at in order {
        assert!(world.hear(&events[*at].0, payment).await);
        world.look_into_all().await;
    }
    let mut found: Vec<String> = sqlx::query_scalar(
        "select event_type from events where aggregate_id = $1 order by sequence",
    )
    .bind(payment.to_string())
    .fetch_all(&world.root)
    .await
    .unwrap();
    found.push(world.wallet(ann, "available").await);
    found
}

#[tokio::test]
async fn notices_that_come_while_things_still_happen_give_the_same_books() {
    let world = World::new().await;
    let mut first = None;
    // Each bit says whether a notice is looked into before the next thing happens.
    for eager in 0_u32..16 {
        let ann = somebody();
        let (_, session) = world.opened(ann, "30").await;
        let steps = ["process", "succeed"];
        for (at, step) in steps.iter().enumerate() {
            world.simulator().visit(&session, step).unwrap();
            if eager & (1 << at) != 0 {
                world.settle().await;
            }
        }
        world.settle().await;
        if eager & 4 != 0 {
            world.settle().await;
        }
        let found = [
            world.wallet(ann, "available").await,
            world.wallet(ann, "held").await,
        ];
        let first = first.get_or_insert_with(|| found.clone());
        assert_eq!(*first, found, "{eager:b}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn a_notice_of_a_payment_that_nobody_asked_for_is_parked() {
    let (world, ann) = (World::new().await, somebody());
    let (_, session) = world.opened(ann, "10").await;
    world.simulator().visit(&session, "pay").unwrap();
    let (event, _) = world.simulator().events().pop().unwrap();
    let stranger = PaymentId::new(ids::fresh());
    assert!(world.hear(&event, stranger).await);
    world.look_into_all().await;
    assert_eq!(world.inbox_counts().await, (0, 0, 1));
    assert_eq!(world.wallet(ann, "available").await, "0.00");
}
