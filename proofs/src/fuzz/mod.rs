//! Asks the API whatever its own description allows and forbids, as everybody who may ask.

mod asker;
mod control;
mod tally;
mod tool;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use api::{Binding, Routes};
use clap::{Args, ValueEnum as _};

use crate::server::Server;
use crate::town::Town;
use asker::Asker;
use tally::Tally;
use tool::{Round, Tool};

const DATABASE: &str = "proofs_fuzz_api";

#[derive(Clone, Debug, Args)]
pub struct ApiArgs {
    /// How many requests at least, all askers together.
    #[arg(long, default_value_t = 20_000)]
    requests: u64,
    /// What is asked follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many inputs are made up for each operation, in each round.
    #[arg(long, default_value_t = 40)]
    examples: u32,
    /// After so long it is over, whatever was asked until then.
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Only as these.
    #[arg(long, num_args = 1.., value_enum)]
    only: Vec<Asker>,
    /// As `cargo xtask setup --fuzz` installs it.
    #[arg(long, default_value = ".trainnet/schemathesis/bin/schemathesis")]
    schemathesis: PathBuf,
}

/// Asks a server that is wrong on purpose, and goes on to ours when every wrong was found; what
/// failed comes back.
pub async fn api(args: &ApiArgs) -> Result<Vec<String>> {
    let server = Server::open(Path::new(".trainnet/proofs")).await?;
    let mut failures = control(&server, args).await?;
    if failures.is_empty() {
        failures = Box::pin(ours(&server, args)).await?;
    }
    server.drop_database(DATABASE).await?;
    server.close().await?;
    Ok(failures)
}

async fn ours(server: &Server, args: &ApiArgs) -> Result<Vec<String>> {
    let database = server.fresh_log(DATABASE).await?;
    // Whoever makes up headers comes from everywhere at once; bindings have tests of their own.
    let mut town = Town::found(database, Binding::Off, Routes::new()).await?;
    town.settle(2).await?;
    asker::hand_in_documents(&town).await?;
    let hurry = asker::hurry(town.log.pool().clone());
    let outcome = tokio::select! {
        outcome = rounds(&town, args) => outcome,
        () = town.charge_cards() => unreachable!("nobody tells it to stop"),
    };
    hurry.abort();
    town.log.clone().close().await;
    outcome
}

/// What the fuzzer does not see in a server that is wrong on purpose.
async fn control(server: &Server, args: &ApiArgs) -> Result<Vec<String>> {
    let database = server.fresh_log(DATABASE).await?;
    let mut town = Town::found(database, Binding::Off, control::routes()).await?;
    town.settle(1).await?;
    let round = Round {
        tokens: &[],
        seed: args.seed,
        examples: args.examples,
        time: Duration::from_secs(args.minutes * 60),
        only: Some("^/v1/wrong/"),
    };
    let said = Tool::try_new(&args.schemathesis, &town)?
        .run(&round)
        .await?;
    town.log.clone().close().await;
    let said = said.unwrap_or_default();
    tracing::debug!(said, "control");
    let seen = |route: &str| said.contains(&format!("_ {route} _"));
    let unseen = control::WRONGS.iter().filter(|(_, route)| !seen(route));
    let unseen = unseen.map(|(wrong, route)| format!("{route} {wrong}, and nobody noticed"));
    let unseen: Vec<String> = unseen.collect();
    let (wrongs, seen) = (control::WRONGS.len(), control::WRONGS.len() - unseen.len());
    println!("{seen} of {wrongs} wrongs found where they were made on purpose\n");
    Ok(unseen)
}

/// Each of them in turn, then with the next seed, until enough was asked.
async fn rounds(town: &Town, args: &ApiArgs) -> Result<Vec<String>> {
    let end = Instant::now() + Duration::from_secs(args.minutes * 60);
    let askers = if args.only.is_empty() {
        Asker::value_variants()
    } else {
        &args.only[..]
    };
    let tool = Tool::try_new(&args.schemathesis, town)?;
    let (mut asked, mut failures, mut seed) = (0, Vec::new(), args.seed);
    println!("{}", Tally::HEADING);
    while asked < args.requests && failures.is_empty() {
        for asker in askers {
            let Some(time) = end.checked_duration_since(Instant::now()) else {
                failures.push(format!("only {asked} requests in {} min", args.minutes));
                return Ok(failures);
            };
            let tokens = asker.tokens(town, seed).await?;
            let before = Tally::read(&town.client).await?;
            let round = Round {
                tokens: &tokens,
                seed,
                examples: args.examples,
                time,
                only: None,
            };
            let complaint = tool.run(&round).await?;
            let tally = Tally::read(&town.client).await?.since(&before);
            tally.trace();
            asked += tally.requests();
            println!("{}", tally.line(*asker, seed));
            failures.extend(complaint.map(|said| format!("as {asker}, seed {seed}:\n{said}")));
            failures.extend(tally.broken().map(|line| format!("as {asker}: {line}")));
            if !asker.still_known(town, &tokens).await? {
                failures.push(format!("as {asker}: nobody was left to ask as"));
            }
        }
        seed += 1;
    }
    println!("{asked} requests, seeds {} to {}", args.seed, seed - 1);
    Ok(failures)
}
