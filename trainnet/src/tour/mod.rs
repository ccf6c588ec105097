//! `trainnet up`'s main job, done as a customer does it: from a file to a trained model and the
//! receipt for it, over HTTP, with a provider's machine beside it.

mod machine;
mod model;
mod person;
mod training;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::client::server::Server;
use machine::Machine;
use person::Person;

/// Of the data folder.
const FOLDER: &str = "tour";
const FILE: &str = "people.json";
const PASSWORD_BYTES: usize = 12;

/// Which model is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// Anywhere, in seconds.
    #[default]
    Tabular,
    /// With PyTorch, in a minute or two.
    Distilbert,
}

/// Where the tour is made, and where it can be asked what happened.
#[derive(Clone, Debug)]
pub struct Ground {
    pub url: String,
    /// Where simulated cards are paid; nothing where real ones are.
    pub simulator: Option<String>,
    pub data: PathBuf,
    pub model: Model,
}

/// Whoever plays in the tour; made once, and found again by the next.
#[derive(Debug, Serialize, Deserialize)]
struct People {
    customer: Known,
    provider: Known,
    /// Made just now, so that nobody can sign in yet.
    #[serde(skip)]
    new: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Known {
    email: String,
    password: String,
}

/// What stays when the tour is over: the machine, for whoever wants to go on.
pub struct Told {
    pub machine: Machine,
    pub customer_email: String,
    pub customer_password: String,
    pub provider_email: String,
    pub provider_password: String,
}

pub async fn tour(out: &mut (dyn Write + Send), ground: &Ground) -> anyhow::Result<Told> {
    let folder = ground.data.join(FOLDER);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let people = people(&folder.join(FILE))?;
    let server = Server::try_new(&ground.url, None)?;
    writeln!(
        out,
        "1. Two people: a customer, and a provider with this machine.\n"
    )?;
    let provider = Person::enter(&server, &people.provider, "provider", people.new).await?;
    let customer = Person::enter(&server, &people.customer, "customer", people.new).await?;
    writeln!(
        out,
        "   {} and {}",
        people.customer.email, people.provider.email
    )?;
    writeln!(
        out,
        "   confirmed by the mail in {}/dev/outbox\n",
        ground.url
    )?;
    let machine = Machine::join(out, ground, &provider).await?;
    let trained = training::train(out, ground, &server, &customer, &folder).await?;
    model::predict(out, &trained, &folder)?;
    Ok(Told {
        machine,
        customer_email: people.customer.email,
        customer_password: people.customer.password,
        provider_email: people.provider.email,
        provider_password: people.provider.password,
    })
}

fn people(file: &Path) -> anyhow::Result<People> {
    if let Ok(text) = fs::read_to_string(file) {
        return serde_json::from_str(&text).with_context(|| file.display().to_string());
    }
    let known = |name: &str| -> anyhow::Result<Known> {
        Ok(Known {
            email: format!("{name}@example.com"),
            password: password()?,
        })
    };
    let people = People {
        customer: known("customer")?,
        provider: known("provider")?,
        new: true,
    };
    let mut written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(|| file.display().to_string())?;
    written.write_all(serde_json::to_string_pretty(&people)?.as_bytes())?;
    Ok(people)
}

/// Letters and digits, and too many of them to be guessed.
fn password() -> anyhow::Result<String> {
    let mut bytes = [0; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(format!("a1{}", store::hex::encode(&bytes)))
}
