//! Many jobs with random budgets on machines where everything goes wrong, while their customers
//! pause, raise and cancel them: nobody pays more than they allowed, or for what was not saved.

use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use futures::future::try_join_all;
use serde_json::json;

use super::machines::wallet;
use super::robot::{Mishaps, Robot};
use super::story::{self, Story};
use super::{TABLE, is_over, status};
use crate::dice::Dice;
use crate::works::{Customer, Rigging, Works};

const PATIENCE: Duration = Duration::from_mins(15);
const LOOK_EVERY: Duration = Duration::from_millis(500);
const TOP_UP: &str = "5000.00";
const TOP_UP_MINOR: i128 = 5_000_000_000;
/// So often somebody changes their mind about a job; then it is left alone, or called off.
const CHANGES_MAX: usize = 4;

#[derive(Clone, Debug, Args)]
pub struct BudgetsArgs {
    #[arg(long, default_value_t = 1_000)]
    jobs: usize,
    #[arg(long, default_value_t = 64)]
    machines: usize,
    #[arg(long, default_value_t = 8)]
    customers: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs; what was wrong comes back.
pub async fn run(args: &BudgetsArgs) -> Result<Vec<String>> {
    let works = Works::open(Rigging::LIGHT).await?;
    let provider = Customer::enter(&works, "provider@example.com", "provider").await?;
    let mishaps = Mishaps::default();
    let mut robots = Vec::new();
    for number in 0..args.machines.max(1) {
        robots.push(Robot::join(&works, &provider, number).await?);
    }
    let customers = args.customers.max(1);
    let parties = (0..customers).map(|number| {
        let jobs = args.jobs / customers + usize::from(number < args.jobs % customers);
        let seed = args.seed + u64::try_from(number).unwrap_or_default();
        party(&works, number, jobs, Dice::seeded(seed))
    });
    let settling = tokio::time::timeout(PATIENCE, try_join_all(parties));
    let working = try_join_all(robots.into_iter().map(|robot| robot.work(&works, &mishaps)));
    let parties = tokio::select! {
        settled = settling => settled.context("jobs do not come to their end")??,
        broken = working => {
            broken?;
            bail!("there are no machines");
        }
    };
    let failures = judge(&works, &parties, &mishaps, args).await?;
    works.close().await?;
    Ok(failures)
}

/// Somebody orders so many jobs, and is fickle about them until all are over.
async fn party(
    works: &Works,
    number: usize,
    jobs: usize,
    mut dice: Dice,
) -> Result<(Customer, Vec<String>)> {
    let email = format!("customer{number}@example.com");
    let customer = Customer::enter(works, &email, "customer").await?;
    customer.top_up(works, TOP_UP).await?;
    let dataset = customer.bring(works, "table.csv", TABLE).await?;
    let mut open = Vec::new();
    for job in 0..jobs {
        let cents = 50 + dice.below(250);
        let body = json!({
            "model_type": "tabular", "dataset_id": dataset, "pay_with": "wallet",
            "hyperparams": { "rounds": 100 + dice.below(1_000) },
            "budget": usd(cents),
        });
        let placed = customer
            .post(works, "/train", &format!("job-{job}"), body)
            .await?;
        let id = placed["id"].as_str().context("a job has an id")?;
        open.push((id.to_owned(), cents, 0));
    }
    let names = open.iter().map(|(job, _, _)| job.clone()).collect();
    while !open.is_empty() {
        let mut still = Vec::new();
        for (job, mut cents, mut changes) in open {
            let now = status(works, &customer, &job).await?;
            if is_over(&now) {
                continue;
            }
            let stands = now["reason"].is_string();
            if stands || dice.below(20) == 0 {
                changes += 1;
                let path = |verb: &str| format!("/v1/jobs/{job}{verb}");
                if changes > CHANGES_MAX || dice.below(8) == 0 {
                    customer.try_post(works, &path("/cancel")).await?;
                } else if dice.below(2) == 0 {
                    cents += 1 + dice.below(100);
                    let raised = json!({ "budget": usd(cents) });
                    customer.try_patch(works, &path(""), raised).await?;
                } else if stands {
                    customer.try_post(works, &path("/resume")).await?;
                } else {
                    customer.try_post(works, &path("/pause")).await?;
                }
            }
            still.push((job, cents, changes));
        }
        open = still;
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok((customer, names))
}

fn usd(cents: usize) -> serde_json::Value {
    json!({ "amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "USD" })
}

async fn judge(
    works: &Works,
    parties: &[(Customer, Vec<String>)],
    mishaps: &Mishaps,
    args: &BudgetsArgs,
) -> Result<Vec<String>> {
    let stories = story::read(&works.log().await?)?;
    let mut wrongs = Vec::new();
    if stories.len() != args.jobs {
        wrongs.push(format!(
            "{} jobs, {} were ordered",
            stories.len(),
            args.jobs
        ));
    }
    let mut ends = std::collections::BTreeMap::<&str, usize>::new();
    for (job, story) in &stories {
        wrongs.extend(story.wrongs(job));
        for end in &story.ends {
            *ends.entry(end).or_default() += 1;
        }
    }
    for (customer, jobs) in parties {
        let spent: i128 = jobs
            .iter()
            .filter_map(|job| stories.get(job))
            .map(Story::charged)
            .sum();
        wrongs.extend(wallet(works, customer, TOP_UP_MINOR - spent).await?);
    }
    let often = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "{} jobs ({ends:?}) under {} leases; machines failed {} times, vanished {} times and let \
         go {} times; {} budgets used up: {} wrongs",
        stories.len(),
        often(&mishaps.leases),
        often(&mishaps.failed),
        often(&mishaps.vanished),
        often(&mishaps.let_go),
        stories.values().filter(|it| it.is_used_up()).count(),
        wrongs.len()
    );
    Ok(wrongs)
}
