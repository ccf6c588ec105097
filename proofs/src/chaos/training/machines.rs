//! Agents are killed in the middle of training: another machine goes on from what was saved.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::story::{self, Story};
use super::{Length, TABLE, fleet, is_over, order, status};
use crate::dice::Dice;
use crate::town::Ask;
use crate::works::{Customer, Held, Machine, Rigging, Works, until};

const PATIENCE: Duration = Duration::from_mins(5);
/// A lease lasts for 20 seconds after the last sign of life, and a second more for all the rest.
const ELSEWHERE_WITHIN_MICROS: i64 = 21_000_000;

#[derive(Clone, Debug, Args)]
pub struct MachinesArgs {
    /// How often an agent is killed.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// How many are killed at about the same time; as many machines wait to take over.
    #[arg(long, default_value_t = 3)]
    at_once: usize,
    /// How long a job is: so many trees that ask so many questions.
    #[arg(long, default_value_t = 2000)]
    trees: u64,
    #[arg(long, default_value_t = 12)]
    depth: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// An agent that was killed.
struct Death {
    job: String,
    machine: String,
    held: Held,
    at_micros: i64,
}

/// Runs every round; what was wrong comes back.
pub async fn run(args: &MachinesArgs) -> Result<Vec<String>> {
    let works = Works::open(Rigging::LIGHT).await?;
    let mut fleet = fleet(&works, args.at_once.max(1) * 2).await?;
    let customer = Customer::enter(&works, "customer@example.com", "customer").await?;
    customer.top_up(&works, "100.00").await?;
    let dataset = customer.bring(&works, "breast-cancer.csv", TABLE).await?;
    let length = Length {
        rounds: args.trees,
        depth: args.depth,
    };
    let wanted = (dataset.as_str(), length);
    // What an undisturbed job comes to; the others are to come to the same.
    let control = order(&works, &customer, wanted, "control").await?;
    finish(&works, &customer, &control).await?;

    let mut dice = Dice::seeded(args.seed);
    let mut deaths: Vec<Death> = Vec::new();
    let mut ordered = 0;
    let mut failures = Vec::new();
    while deaths.len() < args.rounds {
        let wave = args.at_once.min(args.rounds - deaths.len());
        let mut jobs = Vec::new();
        for number in ordered..ordered + wave {
            jobs.push(order(&works, &customer, wanted, &format!("job-{number}")).await?);
        }
        ordered += wave;
        let before = deaths.len();
        for job in &jobs {
            // On a fast machine one may be done before it is its turn; another is ordered for it.
            let death = kill_whoever_has(&works, &customer, &mut fleet, job, &mut dice).await?;
            deaths.extend(death);
        }
        for death in &deaths[before..] {
            failures.extend(succeed(&works, &customer, &mut fleet, death).await?);
        }
        for job in &jobs {
            finish(&works, &customer, job).await?;
        }
        println!("{} of {} agents killed", deaths.len(), args.rounds);
    }
    failures.extend(judge(&works, &customer, &control, &deaths).await?);
    for machine in fleet {
        machine.end().await?;
    }
    works.close().await?;
    Ok(failures)
}

async fn finish(works: &Works, customer: &Customer, job: &str) -> Result<()> {
    until("a job is over", PATIENCE, async || {
        Ok(is_over(&status(works, customer, job).await?))
    })
    .await
}

/// At some moment after something was saved.
async fn kill_whoever_has(
    works: &Works,
    customer: &Customer,
    fleet: &mut [Machine],
    job: &str,
    dice: &mut Dice,
) -> Result<Option<Death>> {
    until("a job has saved something", PATIENCE, async || {
        let now = status(works, customer, job).await?;
        Ok(is_over(&now) || now["progress"]["trained_seconds"].as_u64() > Some(0))
    })
    .await?;
    let moment = u64::try_from(dice.below(400))?;
    tokio::time::sleep(Duration::from_millis(moment)).await;
    let unit = job.replacen("job_", "unit_", 1);
    let has_it = |it: &Machine| it.holds().filter(|held| held.unit == unit);
    let found = fleet.iter_mut().find_map(|it| Some((has_it(it)?, it)));
    let Some((held, machine)) = found else {
        return Ok(None);
    };
    machine.kill().await?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Some(Death {
        job: job.to_owned(),
        machine: machine.name.clone(),
        held,
        at_micros: i64::try_from(since.as_micros())?,
    }))
}

/// Waits until another machine has the job; then the dead one comes back, too late.
async fn succeed(
    works: &Works,
    customer: &Customer,
    fleet: &mut [Machine],
    death: &Death,
) -> Result<Vec<String>> {
    let unit = &death.held.unit;
    until("another machine has the job", PATIENCE, async || {
        let theirs = |it: &Machine| {
            it.name != death.machine && it.holds().is_some_and(|held| held.unit == *unit)
        };
        let over = is_over(&status(works, customer, &death.job).await?);
        Ok(over || fleet.iter().any(theirs))
    })
    .await?;
    let dead = fleet.iter_mut().find(|it| it.name == death.machine);
    let dead = dead.context("the dead one is known")?;
    let late = json!({ "fence": death.held.fence, "trained_seconds": 1000, "step": 1,
                       "artifact": "object_01936b1e-7c1a-7d3e-8f00-0123456789ab" });
    let ask = Ask::new(Method::POST, format!("/tasks/{unit}/complete"), "");
    let reply = works.client.send(ask.by(&dead.secret).with(late)).await?;
    dead.start()?;
    let refused = reply.status == StatusCode::CONFLICT;
    let told = reply.json()?["code"] == "work/lease/lost";
    Ok(if refused && told {
        Vec::new()
    } else {
        let said = String::from_utf8_lossy(&reply.body).into_owned();
        vec![format!(
            "{unit}: late completion got {} {said}",
            reply.status
        )]
    })
}

async fn judge(
    works: &Works,
    customer: &Customer,
    control: &str,
    deaths: &[Death],
) -> Result<Vec<String>> {
    let stories = story::read(&works.log().await?)?;
    let expected = &stories
        .get(control)
        .context("the control is known")?
        .metrics;
    let mut wrongs = Vec::new();
    let mut longest = 0;
    for (job, story) in &stories {
        wrongs.extend(story.wrongs(job));
        if !story.is_done_once() {
            wrongs.push(format!("{job}: it ended as {:?}", story.ends));
        }
        if story.metrics != *expected {
            wrongs.push(format!("{job}: {}, undisturbed {expected}", story.metrics));
        }
        let receipt = customer.get(works, &format!("/v1/receipts/{job}")).await?;
        works.check_receipt(&receipt).await?;
    }
    for death in deaths {
        let story = stories.get(&death.job).context("a job is known")?;
        match went_on(story, death) {
            Ok(micros) => longest = longest.max(micros),
            Err(error) => wrongs.push(format!("{}: {error:#}", death.job)),
        }
    }
    if longest > ELSEWHERE_WITHIN_MICROS {
        wrongs.push(format!("{longest} µs until another machine had a job"));
    }
    let spent: i128 = stories.values().map(Story::charged).sum();
    wrongs.extend(wallet(works, customer, 100_000_000 - spent).await?);
    let leases: usize = stories.values().map(|it| it.leases.len()).sum();
    println!(
        "{} jobs under {leases} leases, {} agents killed; elsewhere within {:?}; charged {spent} \
         millionths, for durable progress alone: {} wrongs",
        stories.len(),
        deaths.len(),
        Duration::from_micros(u64::try_from(longest)?),
        wrongs.len()
    );
    Ok(wrongs)
}

/// How long it took until another machine went on from what was saved.
fn went_on(story: &Story, death: &Death) -> Result<i64> {
    let lost = story
        .leases
        .get(&death.held.fence)
        .context("it was leased")?;
    let next = story.leases.get(&(death.held.fence + 1));
    let next = next.context("it was never leased again")?;
    ensure!(
        next.machine != death.machine,
        "the dead machine had it again"
    );
    ensure!(lost.step > 0, "nothing was saved before");
    ensure!(
        next.from_step == lost.step && next.step > lost.step,
        "it began again at {} and saved {}, not from {} on",
        next.from_step,
        next.step,
        lost.step
    );
    Ok(next.at_micros - death.at_micros)
}

/// What a wallet should have, with nothing held for anybody.
pub async fn wallet(works: &Works, customer: &Customer, minor: i128) -> Result<Vec<String>> {
    let wallet = customer.get(works, "/v1/wallet").await?;
    let find = |name: &str| -> Result<i128> {
        let balances = wallet["balances"].as_array().into_iter().flatten();
        let usd = balances.filter(|it| it[name]["currency"] == "USD");
        let amounts = usd.map(|it: &Value| story::minor(&it[name]));
        amounts.sum()
    };
    let (available, held) = (find("available")?, find("held")?);
    Ok(if (available, held) == (minor, 0) {
        Vec::new()
    } else {
        vec![format!(
            "a wallet has {available} and holds {held}, not {minor}: {wallet}"
        )]
    })
}
