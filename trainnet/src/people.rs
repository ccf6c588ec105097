//! Opens what knows people: the secrets of this installation, and the users that rest on them.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use api::{Secrets, Settings, Users, Variables};
use sqlx::PgPool;
use store::{Log, Vault};

use crate::arguments::Place;
use crate::home::Home;

pub async fn users(place: &Place, log: &Log, settings: &Settings) -> anyhow::Result<Users> {
    let secrets = open(&place.secrets_file(), log.pool()).await?;
    Ok(Users::new(
        log,
        secrets,
        settings.session_binding,
        settings.password_hashes_at_once,
    ))
}

/// Seals every data key under the newest key of the vault, so that the older ones can be destroyed,
/// and with them what backups hold of the erased.
pub async fn rewrap(place: &Place) -> anyhow::Result<ExitCode> {
    let settings = Settings::try_new(&Variables::of_this_process())?;
    let home = Home::find(place).await?;
    let log = home.log().await?;
    let rewrapped = async {
        let users = users(place, &log, &settings).await?;
        let rewrapped = users.vault().rewrap().await;
        rewrapped.context("what is kept about people was not sealed anew")
    };
    let rewrapped = rewrapped.await;
    log.close().await;
    home.close().await?;
    match rewrapped? {
        0 => println!("Everything is sealed under the first vault line already."),
        count => println!(
            "What is kept about {count} people is sealed under the first vault line now; the \
             other vault lines may go, from this file and every copy of it."
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the secrets, and makes them where nobody is known yet.
///
/// With other secrets than those that the database was filled under, nobody would be recognised,
/// nothing kept about them could be read, and whoever registered again would be somebody else.
async fn open(path: &Path, pool: &PgPool) -> anyhow::Result<Secrets> {
    let sealed_under = Vault::sealed_under(pool).await;
    let sealed_under = sealed_under.context("the vault cannot be read")?;
    let known = sealed_under.is_some();
    ensure!(
        path.exists() || !known,
        "the database knows people, and there is no {}, in which the keys to what is kept about \
         them lay; restore the file from a copy, or name it with TRAINNET_SECRETS_FILE",
        path.display()
    );
    let secrets = Secrets::open(path)?;
    let (current, earlier) = secrets.master_keys();
    let opens = |id: &String| current.id() == id || earlier.iter().any(|key| key.id() == id);
    ensure!(
        sealed_under.as_ref().is_none_or(opens),
        "{} is not the file of this database: what is kept about people was sealed under other \
         keys; restore that file from a copy, or name it with TRAINNET_SECRETS_FILE",
        path.display()
    );
    Ok(secrets)
}
