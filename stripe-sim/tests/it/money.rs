//! Balances, payouts and transfers: every cent is somewhere.

use serde_json::Value;

use crate::client::World;

async fn available(world: &World) -> i64 {
    let balance = world.get("/v1/balance").await;
    balance["available"][0]["amount"].as_i64().unwrap()
}

fn name(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_charged_can_be_spent_when_it_has_settled() {
    let world = World::with(|it| it.settles_after_seconds = 60).await;
    world.paid(10_000).await;
    assert_eq!(available(&world).await, 0);
    let balance = world.get("/v1/balance").await;
    assert_eq!(balance["pending"][0]["amount"], 9_680);
    let poor = world
        .refused("/v1/payouts", "amount=5000&currency=usd")
        .await;
    assert_eq!(poor.2, "balance_insufficient");
    world.pass(61);
    assert_eq!(available(&world).await, 9_680);
}

#[tokio::test]
async fn a_refund_that_nothing_is_there_for_waits_until_there_is() {
    let world = World::with(|it| it.settles_after_seconds = 60).await;
    let charge = world.paid(10_000).await;
    let refund = world
        .post("/v1/refunds", &format!("charge={charge}&amount=4000"))
        .await;
    assert_eq!(refund["status"], "pending");
    assert_eq!(refund["pending_reason"], "insufficient_funds");
    world.pass(61);
    let refund = world.get(&format!("/v1/refunds/{}", name(&refund))).await;
    assert_eq!(refund["status"], "succeeded");
    assert_eq!(available(&world).await, 5_680);
}

#[tokio::test]
async fn no_more_goes_back_than_was_charged() {
    let world = World::new().await;
    let charge = world.paid(10_000).await;
    world.paid(10_000).await;
    world
        .post("/v1/refunds", &format!("charge={charge}&amount=6000"))
        .await;
    let more = world
        .refused("/v1/refunds", &format!("charge={charge}&amount=4001"))
        .await;
    assert_eq!(more.0, 400);
    world.post("/v1/refunds", &format!("charge={charge}")).await;
    let none = world
        .refused("/v1/refunds", &format!("charge={charge}"))
        .await;
    assert_eq!(none.2, "charge_already_refunded");
    let disputed = world.paid(10_000).await;
    world.simulator().dispute(&disputed, None, false).unwrap();
    let refused = world
        .refused("/v1/refunds", &format!("charge={disputed}"))
        .await;
    assert_eq!(refused.2, "charge_disputed");
}

#[tokio::test]
async fn a_dispute_takes_the_amount_and_a_fee_and_gives_both_back_when_it_is_won() {
    let world = World::new().await;
    let charge = world.paid(10_000).await;
    let before = available(&world).await;
    let dispute = world
        .simulator()
        .dispute(&charge, Some(5_000), false)
        .unwrap();
    assert_eq!(available(&world).await, before - 6_500);
    world.simulator().rule(&name(&dispute), "win").unwrap();
    assert_eq!(available(&world).await, before);
    let lost = world
        .simulator()
        .dispute(&charge, Some(5_000), false)
        .unwrap();
    world.simulator().rule(&name(&lost), "lose").unwrap();
    assert!(world.simulator().rule(&name(&lost), "win").is_err());
    assert_eq!(available(&world).await, before - 6_500);
}

#[tokio::test]
async fn a_payout_that_fails_comes_back() {
    let world = World::new().await;
    world.paid(10_000).await;
    let payout = world.post("/v1/payouts", "amount=5000&currency=usd").await;
    assert_eq!(available(&world).await, 4_680);
    world.simulator().end_payout(&name(&payout), true).unwrap();
    world.simulator().end_payout(&name(&payout), false).unwrap();
    assert_eq!(available(&world).await, 9_680);
    let other = world.post("/v1/payouts", "amount=5000&currency=usd").await;
    let canceled = world
        .post(&format!("/v1/payouts/{}/cancel", name(&other)), "")
        .await;
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(available(&world).await, 9_680);
}

#[tokio::test]
async fn a_transfer_is_taken_back_as_far_as_it_went() {
    let world = World::new().await;
    world.paid(10_000).await;
    let form = "amount=5000&currency=usd&destination=acct_1&transfer_group=order_1";
    let transfer = world.post("/v1/transfers", form).await;
    let reversals = format!("/v1/transfers/{}/reversals", name(&transfer));
    world.post(&reversals, "amount=2000").await;
    let more = world.refused(&reversals, "amount=3001").await;
    assert_eq!(more.0, 400);
    world.post(&reversals, "").await;
    let transfer = world
        .get(&format!("/v1/transfers/{}", name(&transfer)))
        .await;
    assert_eq!(transfer["reversed"], true);
    assert_eq!(
        world.get(&reversals).await["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(available(&world).await, 9_680);
}

#[tokio::test]
async fn every_cent_of_the_balance_is_in_a_transaction() {
    let world = World::new().await;
    let charge = world.paid(10_000).await;
    world
        .post("/v1/refunds", &format!("charge={charge}&amount=1000"))
        .await;
    world.post("/v1/payouts", "amount=2000&currency=usd").await;
    let list = world.get("/v1/balance_transactions?limit=100").await;
    let data = list["data"].as_array().unwrap();
    let sum: i64 = data.iter().map(|it| it["net"].as_i64().unwrap()).sum();
    assert_eq!(sum, available(&world).await);
    assert_eq!(sum, 9_680 - 1_000 - 2_000);
}

#[tokio::test]
async fn the_state_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let first = World::with(|it| it.state = Some(state.clone())).await;
    let charge = first.paid(10_000).await;
    drop(first);
    let second = World::with(|it| it.state = Some(state)).await;
    let found = second.get(&format!("/v1/charges/{charge}")).await;
    assert_eq!(found["amount"], 10_000);
    assert_ne!(second.paid(10_000).await, charge);
    assert_eq!(available(&second).await, 2 * 9_680);
}
