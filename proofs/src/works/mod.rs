//! The whole marketplace as the programs that people run: a server with its database, a stand-in
//! for card payments, and machines.

mod customer;
mod machine;
mod program;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hyper::Method;
use serde_json::Value;
use tempfile::TempDir;

use crate::town::{Ask, Client};
pub use customer::{Customer, until};
pub use machine::{Held, Machine};
pub use program::output;
use program::{Program, command};

/// Whoever signs in too often waits for a minute, and everybody here comes from one address.
const PATIENCE: Duration = Duration::from_mins(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const WEBHOOK_SECRET: &str = "whsec_simulated";
const SECRET_KEY: &str = "sk_test_simulated";

/// How machines are set up.
#[derive(Clone, Copy, Debug)]
pub struct Rigging {
    /// How often a trainer saves.
    pub checkpoint_seconds: u64,
    /// Of the environments that `cargo xtask setup` makes.
    pub environment: &'static str,
}

impl Rigging {
    /// Tables alone, and every second something to go on from.
    pub const LIGHT: Self = Self {
        checkpoint_seconds: 1,
        environment: "trainer",
    };
    /// Every model.
    pub const FULL: Self = Self {
        checkpoint_seconds: 30,
        environment: "trainer-torch",
    };

    pub fn python(self) -> Result<PathBuf> {
        let made = root().join(".trainnet").join(self.environment);
        let python = made.join("bin/python");
        let shown = python.display();
        ensure!(
            python.is_file(),
            "{shown} is missing: run `cargo xtask setup --tests`"
        );
        Ok(python)
    }
}

pub struct Works {
    folder: TempDir,
    address: SocketAddr,
    cards: SocketAddr,
    server: Option<Program>,
    simulator: Program,
    pub client: Client,
    machines: Rigging,
    /// Where the last command was recorded: whoever reads sees it.
    seen: Mutex<Option<String>>,
}

impl Works {
    /// With a database of its own where nobody is known.
    pub async fn open(machines: Rigging) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("trainnet-").tempdir()?;
        // The database server runs as an account of its own, where this is root.
        let open = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(folder.path(), open)?;
        let (address, cards) = (free_address()?, free_address()?);
        let webhook = format!("http://{address}/webhook/stripe");
        let at = cards.to_string();
        let arguments = [
            "--listen",
            &at,
            "--secret-key",
            SECRET_KEY,
            "--webhook-url",
            &webhook,
            "--webhook-secret",
            WEBHOOK_SECRET,
        ];
        let simulator = command("stripe-sim", &[], &arguments)?;
        let simulator = Program::start(simulator, &folder.path().join("stripe-sim.log"))?;
        let mut works = Self {
            client: Client::to(address),
            folder,
            address,
            cards,
            server: None,
            simulator,
            machines,
            seen: Mutex::default(),
        };
        output(works.trainnet(&["database", "migrate"])?).await?;
        works.start_server().await?;
        Ok(works)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The product's own program, over this database.
    fn trainnet(&self, arguments: &[&str]) -> Result<tokio::process::Command> {
        let variables = [
            (
                "TRAINNET_DATA_DIR",
                self.path().join("data").display().to_string(),
            ),
            ("TRAINNET_LISTEN", self.address.to_string()),
            ("TRAINNET_REQUESTS_PER_MINUTE", "1000000".to_owned()),
            ("STRIPE_SECRET_KEY", SECRET_KEY.to_owned()),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
            ("STRIPE_API_BASE", format!("http://{}", self.cards)),
        ];
        command("trainnet", &variables, arguments)
    }

    /// Returns once it answers.
    pub async fn start_server(&mut self) -> Result<()> {
        let log = self.path().join("server.log");
        let mut server = Program::start(self.trainnet(&["serve"])?, &log)?;
        let asking = async {
            loop {
                let said = fs::read_to_string(&log).unwrap_or_default();
                ensure!(server.is_running()?, "the server ended:\n{said}");
                let ask = Ask::new(Method::GET, "/readyz", "");
                let answered = self.client.send(ask).await;
                if answered.is_ok_and(|reply| reply.status.is_success()) {
                    return Ok(());
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, asking)
            .await
            .context("the server does not get ready")??;
        self.server = Some(server);
        Ok(())
    }

    /// Ends the server as a power cut would, and starts it again.
    pub async fn kill_server(&mut self) -> Result<()> {
        let mut server = self.server.take().context("a server runs")?;
        server.kill().await?;
        self.start_server().await
    }

    /// Until it is answered with something else than that the server has trouble.
    pub async fn insist(&self, ask: &Ask) -> Result<Value> {
        let asking = async {
            loop {
                let seen = self.seen.lock().ok().and_then(|seen| seen.clone());
                match self.client.send(ask.clone().seeing(seen)).await {
                    Ok(reply) if reply.status.is_success() => {
                        if let (Some(position), Ok(mut seen)) = (&reply.position, self.seen.lock())
                        {
                            *seen = Some(position.clone());
                        }
                        return reply.json_or_nothing();
                    }
                    Ok(reply) if !is_trouble(reply.status) => {
                        let said = String::from_utf8_lossy(&reply.body).into_owned();
                        anyhow::bail!("{} {}: {} {said}", ask.method, ask.path, reply.status)
                    }
                    Ok(_) | Err(_) => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        let patient = tokio::time::timeout(PATIENCE, asking).await;
        patient.with_context(|| format!("{} {} is never answered", ask.method, ask.path))?
    }

    /// Presses the button on the page where a card is charged.
    async fn pay_by_card(&self, checkout: &str) -> Result<()> {
        let base = format!("http://{}", self.cards);
        let path = checkout.strip_prefix(&base);
        let path = path.with_context(|| format!("{checkout} is nowhere that was started here"))?;
        let form = "application/x-www-form-urlencoded";
        let press = Ask::new(Method::POST, format!("{path}/pay"), "").carrying(form, "");
        let reply = Client::to(self.cards).send(press).await?;
        let fine = reply.status.is_success() || reply.status.is_redirection();
        ensure!(fine, "the card was refused with {}", reply.status);
        Ok(())
    }

    /// Every event of the log, while the server runs or not.
    pub async fn log(&self) -> Result<Vec<Value>> {
        let file = self.path().join("log.jsonl");
        let out = file.display().to_string();
        output(self.trainnet(&["replay", "export", "--out", &out])?).await?;
        let text = fs::read_to_string(&file)?;
        let lines = text.lines().map(serde_json::from_str);
        Ok(lines.collect::<Result<_, _>>()?)
    }

    /// Whether a receipt holds, as a stranger would find out.
    pub async fn check_receipt(&self, receipt: &Value) -> Result<()> {
        let file = self.path().join("receipt.json");
        fs::write(&file, receipt.to_string())?;
        let file = file.display().to_string();
        output(self.trainnet(&["receipt", "verify", &file])?).await?;
        Ok(())
    }

    /// Ends everything in order and verifies the log and the books.
    pub async fn close(mut self) -> Result<()> {
        if let Some(server) = self.server.take() {
            server.end().await?;
        }
        output(self.trainnet(&["replay", "verify"])?).await?;
        self.simulator.kill().await
    }
}

/// What passes by itself: the server is overloaded, or just coming back.
fn is_trouble(status: hyper::StatusCode) -> bool {
    status.is_server_error() || status == hyper::StatusCode::TOO_MANY_REQUESTS
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// The checkout that this is built from.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
