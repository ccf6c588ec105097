//! The server is killed again and again while many jobs are ordered, trained and paid for.

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use tokio::time::Instant;

use super::machines::wallet;
use super::story::{self, Story};
use super::{Length, TABLE, fleet, is_over, order, status};
use crate::dice::Dice;
use crate::works::{Customer, Machine, Rigging, Works};

const PATIENCE: Duration = Duration::from_mins(10);
const LOOK_EVERY: Duration = Duration::from_millis(500);
const TOP_UP: &str = "50.00";
const TOP_UP_MINOR: i128 = 50_000_000;

#[derive(Clone, Debug, Args)]
pub struct OutagesArgs {
    #[arg(long, default_value_t = 50)]
    jobs: usize,
    #[arg(long, default_value_t = 20)]
    kills: usize,
    #[arg(long, default_value_t = 5)]
    customers: usize,
    #[arg(long, default_value_t = 6)]
    machines: usize,
    /// How long a job is: so many trees.
    #[arg(long, default_value_t = 300)]
    trees: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Somebody, and what they ordered.
struct Party {
    customer: Customer,
    dataset: String,
    jobs: Vec<String>,
}

/// Runs; what was wrong comes back.
pub async fn run(args: &OutagesArgs) -> Result<Vec<String>> {
    let mut works = Works::open(Rigging::LIGHT).await?;
    let fleet = fleet(&works, args.machines.max(1)).await?;
    let mut parties = Vec::new();
    for number in 0..args.customers.max(1) {
        let email = format!("customer{number}@example.com");
        let customer = Customer::enter(&works, &email, "customer").await?;
        customer.top_up(&works, TOP_UP).await?;
        let dataset = customer.bring(&works, "breast-cancer.csv", TABLE).await?;
        parties.push(Party {
            customer,
            dataset,
            jobs: Vec::new(),
        });
    }
    let killed = disturb(&mut works, &mut parties, args).await?;
    settle(&works, &parties).await?;
    let failures = judge(&works, &parties, killed, args).await?;
    for machine in fleet {
        Machine::end(machine).await?;
    }
    works.close().await?;
    Ok(failures)
}

/// Orders everything and kills the server meanwhile and afterwards; says how often.
async fn disturb(works: &mut Works, parties: &mut [Party], args: &OutagesArgs) -> Result<usize> {
    let length = Length {
        rounds: args.trees,
        depth: 3,
    };
    let mut dice = Dice::seeded(args.seed);
    let mut placed = 0;
    for killed in 0..args.kills {
        // The moment may fall anywhere: between two orders, in the middle of one, or later.
        let moment = Duration::from_millis(u64::try_from(500 + dice.below(4_000))?);
        let at = Instant::now() + moment;
        // Some are ordered before each of the first kills.
        let until = args.jobs.min(args.jobs * 2 * (killed + 1) / args.kills);
        let ordering = async {
            while placed < until {
                let party = placed % parties.len();
                let Party {
                    customer,
                    dataset,
                    jobs,
                } = &mut parties[party];
                let wanted = (dataset.as_str(), length);
                let key = format!("job-{placed}");
                jobs.push(order(works, customer, wanted, &key).await?);
                placed += 1;
            }
            std::future::pending::<Result<()>>().await
        };
        tokio::select! {
            failed = ordering => failed?,
            () = tokio::time::sleep_until(at) => {}
        }
        works.kill_server().await?;
        println!(
            "killed {} of {} times, {placed} jobs ordered",
            killed + 1,
            args.kills
        );
    }
    while placed < args.jobs {
        let party = placed % parties.len();
        let party = &mut parties[party];
        let wanted = (party.dataset.as_str(), length);
        let job = order(works, &party.customer, wanted, &format!("job-{placed}")).await?;
        party.jobs.push(job);
        placed += 1;
    }
    Ok(args.kills)
}

async fn settle(works: &Works, parties: &[Party]) -> Result<()> {
    let settling = async {
        for party in parties {
            for job in &party.jobs {
                while !is_over(&status(works, &party.customer, job).await?) {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
        anyhow::Ok(())
    };
    let settled = tokio::time::timeout(PATIENCE, settling).await;
    settled.context("jobs do not come to their end")?
}

async fn judge(
    works: &Works,
    parties: &[Party],
    killed: usize,
    args: &OutagesArgs,
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
    for (job, story) in &stories {
        wrongs.extend(story.wrongs(job));
        if !story.is_done_once() {
            wrongs.push(format!("{job}: it ended as {:?}", story.ends));
        }
    }
    for party in parties {
        let mut spent = 0;
        for job in &party.jobs {
            spent += stories.get(job).map(Story::charged).unwrap_or_default();
            let receipt = party
                .customer
                .get(works, &format!("/v1/receipts/{job}"))
                .await?;
            works.check_receipt(&receipt).await?;
        }
        wrongs.extend(wallet(works, &party.customer, TOP_UP_MINOR - spent).await?);
    }
    let leases: usize = stories.values().map(|it| it.leases.len()).sum();
    println!(
        "{} jobs under {leases} leases, the server killed {killed} times: {} wrongs",
        stories.len(),
        wrongs.len()
    );
    Ok(wrongs)
}
