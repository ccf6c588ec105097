//! Proves what the kernel promises: its speed, its books under violence, its guard against hands.

mod bench;
mod dice;
mod load;
mod measure;
mod server;
mod transfer;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

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
}

#[derive(Debug, Subcommand)]
enum BenchProof {
    Kernel(bench::KernelArgs),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let failures = match Cli::parse().proof {
        Proof::Bench(BenchProof::Kernel(args)) => bench::kernel(&args).await?,
    };
    for failure in &failures {
        eprintln!("missed: {failure}");
    }
    Ok(if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
