//! `stripe-sim`: the simulator as a program of its own, for this machine alone.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::ensure;
use clap::Parser;
use stripe_sim::{Settings, Simulator};

/// A stand-in for Stripe.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; an address of this machine.
    #[arg(long, default_value = "127.0.0.1:12111")]
    listen: SocketAddr,
    /// The key that clients show.
    #[arg(long, env = "STRIPE_SECRET_KEY", default_value = "sk_test_simulated")]
    secret_key: String,
    /// Where webhooks go.
    #[arg(long, requires = "webhook_secret")]
    webhook_url: Option<String>,
    /// What webhooks are signed with.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET")]
    webhook_secret: Option<String>,
    /// Where the state lies between two runs.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Names follow from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    ensure!(
        arguments.listen.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST)
            || arguments.listen.ip().is_loopback(),
        "a simulator listens at this machine alone"
    );
    let settings = Settings {
        seed: arguments.seed,
        state: arguments.state,
        ..Settings::new(arguments.secret_key)
    };
    let running = Simulator::start(settings, arguments.listen).await?;
    if let Some((url, secret)) = arguments.webhook_url.zip(arguments.webhook_secret) {
        running.simulator.tell(url, secret);
    }
    println!("Answering at {}", running.url());
    Ok(tokio::signal::ctrl_c().await?)
}
