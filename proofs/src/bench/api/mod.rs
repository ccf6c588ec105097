//! The API under load: how long every route takes, and whether hashing passwords starves the rest.

mod crowd;
mod pace;
mod pool;
mod routes;
mod scene;
mod stories;
mod table;
mod walker;

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use api::{Binding, Routes};
use clap::Args;
use tokio::task::{JoinHandle, JoinSet};

use super::disk::{self, Beside};
use crate::dice::Dice;
use crate::measure::percentile;
use crate::server::Server;
use crate::town::Town;
use pace::{Noted, Over, Pace};
use scene::Scene;
use stories::Deck;
use table::Table;
use walker::Walker;

const DATABASE: &str = "proofs_bench_api";
/// Each waits for its ticket most of the time.
const WALKERS: u64 = 64;
/// Between two changes of a mailbox nobody is asked for a password too often.
const SPARES_MIN: u64 = 24;

#[derive(Clone, Debug, Args)]
pub struct ApiArgs {
    /// Requests a second, whether the ones before are answered or not.
    #[arg(long, default_value_t = 200)]
    rate: u64,
    #[arg(long, default_value_t = 150)]
    seconds: u64,
    /// Who is there all the time, and signs in and out.
    #[arg(long, default_value_t = 50)]
    people: usize,
    /// Print, and let missed bars pass.
    #[arg(long)]
    no_judge: bool,
}

/// Measures and prints; what is too slow, and what was not asked, comes back.
pub async fn api(args: &ApiArgs) -> Result<Vec<String>> {
    let server = Server::open(Path::new(".trainnet/proofs")).await?;
    let database = server.fresh_log(DATABASE).await?;
    // What is fetched from elsewhere lies on this machine, too.
    let objects = |name: &str| (name == "OBJECTS_PRIVATE_SOURCES").then(|| "yes".to_owned());
    let town = Town::found_where(database, Binding::Strict, Routes::new(), objects);
    let mut town = Box::pin(town).await?;
    town.settle(args.people.max(1)).await?;
    let town = Arc::new(town);
    let working = work_beside(&town);
    let outcome = measure(&server, &town, args).await;
    for worker in working {
        worker.abort();
    }
    town.log.clone().close().await;
    drop(town);
    server.drop_database(DATABASE).await?;
    server.close().await?;
    let missed = outcome?;
    Ok(if args.no_judge { Vec::new() } else { missed })
}

/// Everything that the program runs beside its API.
fn work_beside(town: &Arc<Town>) -> [JoinHandle<()>; 5] {
    let town = || Arc::clone(town);
    let (cards, mails, jobs, units, objects) = (town(), town(), town(), town(), town());
    [
        tokio::spawn(async move { cards.charge_cards().await }),
        tokio::spawn(async move {
            if let Err(error) = mails.send_mails().await {
                tracing::error!(%error, "no mail is sent");
            }
        }),
        tokio::spawn(async move { jobs.follow_jobs().await }),
        tokio::spawn(async move { units.dispatch().await }),
        tokio::spawn(async move { objects.sweep().await }),
    ]
}

async fn measure(server: &Server, town: &Arc<Town>, args: &ApiArgs) -> Result<Vec<String>> {
    let spares = usize::try_from(SPARES_MIN + args.seconds / 2)?;
    let scene = Box::pin(Scene::prepare(Arc::clone(town), spares)).await?;
    let pace = Arc::new(Pace::of(args.rate, args.seconds));
    disk::calm(server).await?;
    let beside = Beside::begin(server).await?;
    walk(&scene, &pace).await?;
    let (noted, time) = pace.end();
    let mut missed = judge(town, &noted).await?;
    let asked: usize = noted.took.values().map(Vec::len).sum();
    let late = percentile(&noted.late, 99).unwrap_or(0);
    println!(
        "{asked} requests in {} ms: {} a second; tickets were taken {late} µs late (p99)",
        time.as_millis(),
        u128::try_from(asked)? * 1_000 / time.as_millis().max(1)
    );
    beside.end().await?;
    missed.extend(crowd::measure(town).await?);
    Ok(missed)
}

/// Prints; what was too slow, and what was not asked, comes back.
async fn judge(town: &Town, noted: &Noted) -> Result<Vec<String>> {
    let table = Table::of(&noted.took);
    table.print();
    let all = routes::all(&town.client).await?;
    let mut missed = routes::uncovered(&all, &table::routes(&noted.took));
    missed.extend(table.missed());
    Ok(missed)
}

/// Has everybody go through stories until there are no more tickets.
async fn walk(scene: &Arc<Scene>, pace: &Arc<Pace>) -> Result<()> {
    let deck = Arc::new(Deck::seeded(7));
    let mut walking = JoinSet::new();
    for number in 1..=WALKERS {
        let (deck, dice) = (Arc::clone(&deck), Dice::seeded(number));
        let mut walker = Walker::new(Arc::clone(scene), dice, Some(Arc::clone(pace)));
        walking.spawn(async move {
            loop {
                match deck.tell(&mut walker).await {
                    Ok(()) => {}
                    Err(error) if error.is::<Over>() => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        });
    }
    // The first who is refused ends it for all.
    while let Some(walked) = walking.join_next().await {
        walked??;
    }
    Ok(())
}
