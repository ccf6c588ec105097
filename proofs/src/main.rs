//! Proves what the kernel promises: its speed, its books under violence, its guard against hands.

mod bench;
mod chaos;
mod dice;
mod fuzz;
mod load;
mod measure;
mod models;
mod server;
mod statement;
mod tamper;
mod town;
mod transfer;
mod works;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// As the program has it; the rivals that run in this process gain by it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A proof that failed and a proof that could not be made are two things.
const FAILED: u8 = 1;
const BROKE_DOWN: u8 = 2;

#[derive(Debug, Parser)]
#[command(about, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    proof: Proof,
}

#[derive(Debug, Subcommand)]
enum Proof {
    /// Measure against rivals and limits.
    #[command(subcommand)]
    Bench(BenchProof),
    /// Shake the ground.
    #[command(subcommand)]
    Chaos(ChaosProof),
    /// Ask what nobody would.
    #[command(subcommand)]
    Fuzz(FuzzProof),
    /// Train each model from upload to receipt, and ask it about what it has not seen.
    Models(models::ModelsArgs),
    /// Tamper with a sealed log.
    Tamper(tamper::TamperArgs),
    /// Make a statement long, for whoever looks at the page of it.
    #[command(hide = true)]
    Statement(statement::StatementArgs),
    #[command(hide = true)]
    Writer(chaos::WriterArgs),
    #[command(hide = true)]
    Follower(chaos::FollowerArgs),
}

#[derive(Debug, Subcommand)]
enum BenchProof {
    Kernel(bench::KernelArgs),
    Api(bench::ApiArgs),
    Dispatch(bench::DispatchArgs),
}

#[derive(Debug, Subcommand)]
enum FuzzProof {
    Api(fuzz::ApiArgs),
}

#[derive(Debug, Subcommand)]
enum ChaosProof {
    Bank(chaos::BankArgs),
    Budgets(chaos::BudgetsArgs),
    Machines(chaos::MachinesArgs),
    Server(chaos::OutagesArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match prove(Cli::parse().proof).await {
        Ok(failures) if failures.is_empty() => ExitCode::SUCCESS,
        Ok(failures) => {
            for failure in failures {
                eprintln!("failed: {failure}");
            }
            FAILED.into()
        }
        Err(error) => {
            eprintln!("{error:?}");
            BROKE_DOWN.into()
        }
    }
}

/// What failed, if anything did.
async fn prove(proof: Proof) -> Result<Vec<String>> {
    match proof {
        Proof::Bench(BenchProof::Kernel(args)) => bench::kernel(&args).await,
        Proof::Bench(BenchProof::Api(args)) => bench::api(&args).await,
        Proof::Bench(BenchProof::Dispatch(args)) => bench::dispatch(&args).await,
        Proof::Chaos(ChaosProof::Bank(args)) => chaos::bank(&args).await,
        Proof::Chaos(ChaosProof::Budgets(args)) => Box::pin(chaos::budgets(&args)).await,
        Proof::Chaos(ChaosProof::Machines(args)) => Box::pin(chaos::machines(&args)).await,
        Proof::Chaos(ChaosProof::Server(args)) => Box::pin(chaos::outages(&args)).await,
        Proof::Fuzz(FuzzProof::Api(args)) => fuzz::api(&args).await,
        Proof::Models(args) => Box::pin(models::models(&args)).await,
        Proof::Statement(args) => statement::lengthen(&args).await.map(|()| Vec::new()),
        Proof::Tamper(args) => tamper::tamper(&args).await,
        Proof::Writer(args) => chaos::write(args).await.map(|()| Vec::new()),
        Proof::Follower(args) => chaos::follow(args).await.map(|()| Vec::new()),
    }
}
