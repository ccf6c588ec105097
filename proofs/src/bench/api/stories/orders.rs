//! Customers order jobs: from the wallet and by card, and see them through or call them off.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::super::scene::{Customer, Lane};
use super::super::walker::{Step, Walker, text};
use super::{machine, payments};

/// A region without a machine: what is ordered there waits until it is called off.
pub const NOWHERE: &str = "nowhere";
const BUDGET: &str = "5.00";
const MORE: &str = "6.00";

pub fn usd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

/// A job's unit of work has its UUID.
pub fn unit_of(job: &str) -> String {
    job.replacen("job_", "unit_", 1)
}

pub fn somebody(walker: &mut Walker) -> Customer {
    let customers = walker.scene.customers();
    let number = walker.dice.below(customers.len());
    Customer::clone(&customers[number])
}

fn run(customer: &Customer, region: &str) -> Value {
    json!({ "model_type": "tabular", "dataset_id": customer.dataset,
        "machine": { "regions": [region] } })
}

/// From the wallet; says which job it is.
async fn place(walker: &mut Walker, customer: &Customer, region: &str) -> Result<String> {
    let mut order = run(customer, region);
    order["pay_with"] = json!("wallet");
    order["budget"] = usd(BUDGET);
    let step = Step::at("POST /train", &[]).by(&customer.who);
    let step = step.with(order).once(&walker.scene.key());
    let placed = walker.read(step.noted(", from the wallet")).await?;
    text(&placed, "id")
}

fn about(customer: &Customer, route: &'static str, job: &str) -> Step {
    Step::at(route, &[job]).by(&customer.who)
}

async fn cancel(walker: &mut Walker, customer: &Customer, job: &str) -> Result<()> {
    let step = about(customer, "POST /v1/jobs/{job}/cancel", job);
    walker.ask(step).await.map(drop)
}

/// Until the job stands so.
async fn stands(walker: &Walker, customer: &Customer, job: &str, status: &str) -> Result<()> {
    let look = about(customer, "GET /tasks/{unit}/status", job);
    let stands = walker.until(look, |now| now["status"] == status).await;
    stands.with_context(|| format!("{job} is to be {status}"))?;
    Ok(())
}

pub async fn order_and_cancel(walker: &mut Walker, customer: &Customer) -> Result<()> {
    let job = place(walker, customer, NOWHERE).await?;
    cancel(walker, customer, &job).await?;
    stands(walker, customer, &job, "error").await
}

/// Somebody who thinks better of it.
pub async fn in_vain(walker: &mut Walker) -> Result<()> {
    let customer = somebody(walker);
    let job = place(walker, &customer, NOWHERE).await?;
    let list = Step::at("GET /v1/jobs", &[]).by(&customer.who);
    walker.ask(list.asking("status=queued")).await?;
    cancel(walker, &customer, &job).await
}

pub async fn from_the_wallet(walker: &mut Walker) -> Result<()> {
    let customer = somebody(walker);
    let estimate = Step::at("POST /v1/jobs/estimate", &[]).by(&customer.who);
    walker.ask(estimate.with(run(&customer, NOWHERE))).await?;
    train(walker, &customer).await.map(drop)
}

/// From the order to the model; says which job it was.
pub async fn train(walker: &mut Walker, customer: &Customer) -> Result<String> {
    let lane = walker.scene.lanes.take().await?;
    let trained = train_on(walker, customer, &lane).await;
    walker.scene.lanes.give_back(lane);
    trained
}

/// Orders from this machine's region, and waits until the work is there to be had.
async fn bring_work(walker: &mut Walker, customer: &Customer, lane: &Lane) -> Result<String> {
    machine::hello(walker, lane).await?;
    let job = place(walker, customer, &lane.region).await?;
    let why = Step::at("GET /v1/tasks/{unit}/why", &[&unit_of(&job)]);
    walker.until(why.by(&customer.who), |_| true).await?;
    Ok(job)
}

async fn train_on(walker: &mut Walker, customer: &Customer, lane: &Lane) -> Result<String> {
    let job = bring_work(walker, customer, lane).await?;
    let unit = unit_of(&job);
    let mut lease = machine::pull(walker, lane, &unit).await?;
    lease.begin(walker, lane).await?;
    lease.progress(walker, lane).await?;
    let status = about(customer, "GET /tasks/{unit}/status", &unit);
    walker.ask(status).await?;
    lease.save(walker, lane).await?;
    let why = about(customer, "GET /v1/tasks/{unit}/why", &unit);
    walker.ask(why).await?;
    let raise = about(customer, "PATCH /v1/jobs/{job}", &job);
    walker
        .ask(raise.with(json!({ "budget": usd(MORE) })))
        .await?;
    let pause = about(customer, "POST /v1/jobs/{job}/pause", &job);
    walker.ask(pause).await?;
    lease.told_to_pause(walker, lane).await?;
    lease.release(walker, lane).await?;
    let look = about(customer, "GET /v1/jobs/{job}", &job);
    let may_resume = |now: &Value| {
        let actions = now["actions"].as_array();
        actions.is_some_and(|it| it.iter().any(|one| one == "resume"))
    };
    walker.until(look, may_resume).await?;
    let resume = about(customer, "POST /v1/jobs/{job}/resume", &job);
    walker.ask(resume).await?;
    let mut lease = machine::pull(walker, lane, &unit).await?;
    lease.progress(walker, lane).await?;
    let curves = about(customer, "GET /v1/jobs/{job}/curves", &job);
    walker.ask(curves).await?;
    lease.complete(walker, lane).await?;
    stands(walker, customer, &job, "done").await?;
    let receipt = about(customer, "GET /v1/receipts/{job}", &job);
    walker.ask(receipt).await?;
    Ok(job)
}

/// A machine finds that nothing can be trained on what it was given.
pub async fn on_bad_data(walker: &mut Walker) -> Result<()> {
    let customer = somebody(walker);
    let lane = walker.scene.lanes.take().await?;
    let failed = fail_on(walker, &customer, &lane).await;
    walker.scene.lanes.give_back(lane);
    failed
}

async fn fail_on(walker: &mut Walker, customer: &Customer, lane: &Lane) -> Result<()> {
    let job = bring_work(walker, customer, lane).await?;
    let lease = machine::pull(walker, lane, &unit_of(&job)).await?;
    lease.fail(walker, lane).await?;
    stands(walker, customer, &job, "error").await?;
    let look = about(customer, "GET /v1/jobs/{job}", &job);
    walker.ask(look).await.map(drop)
}

/// Paid for at a checkout, called off, and given back to the card.
pub async fn by_card(walker: &mut Walker) -> Result<()> {
    let customer = somebody(walker);
    let mut order = run(&customer, NOWHERE);
    order["budget"] = usd(BUDGET);
    let step = Step::at("POST /train", &[]).by(&customer.who).with(order);
    let step = step.once(&walker.scene.key()).noted(", by card");
    let placed = walker.read(step).await?;
    let (job, payment) = (text(&placed, "id")?, text(&placed, "payment")?);
    let pay = about(&customer, "POST /v1/jobs/{job}/pay", &job);
    walker.ask(pay).await?;
    payments::pay(walker, &customer.who, &payment).await?;
    stands(walker, &customer, &job, "queued").await?;
    cancel(walker, &customer, &job).await?;
    stands(walker, &customer, &job, "error").await?;
    payments::give_back(walker, &customer.who, &payment, BUDGET).await
}
