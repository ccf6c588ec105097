//! `trainnet admin`: makes somebody who looks after the platform, on the machine itself.

use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use api::{NotMade, Settings, Users, Variables};
use zeroize::Zeroizing;

use crate::arguments::{AdminCommand, Place};
use crate::client::terminal;
use crate::home::Home;
use crate::people;

/// Whoever can read the secrets and write the log may make an admin: there is nobody to ask yet.
pub async fn admin(place: &Place, command: AdminCommand) -> anyhow::Result<ExitCode> {
    let AdminCommand::Create { email, .. } = &command;
    let email = email.clone();
    let settings = Settings::try_new(&Variables::of_this_process())?;
    // Nothing is held open while a person types.
    let password = terminal::new_password()?;
    let home = Home::find(place).await?;
    let outcome = with_home(place, &home, &settings, (command, password)).await;
    let closed = home.close().await;
    let user = outcome?;
    closed?;
    println!("{email} is an admin now, as {user}.");
    Ok(ExitCode::SUCCESS)
}

async fn with_home(
    place: &Place,
    home: &Home,
    settings: &Settings,
    (command, password): (AdminCommand, Zeroizing<String>),
) -> anyhow::Result<String> {
    let log = home.log().await?;
    let made = async {
        let users = people::users(place, &log, settings).await?;
        create(&users, command, password).await
    };
    let made = made.await;
    log.close().await;
    made
}

async fn create(
    users: &Users,
    command: AdminCommand,
    password: Zeroizing<String>,
) -> anyhow::Result<String> {
    let AdminCommand::Create {
        email,
        name,
        language,
    } = command;
    let made = users
        .create_admin(&email, password.to_string(), name, language.code())
        .await;
    match made {
        Ok(user) => Ok(user.to_string()),
        Err(NotMade::Failed(source)) => Err(anyhow!(source)).context("the admin was not made"),
        // A refusal says all there is to say.
        Err(refusal) => Err(anyhow!("{refusal}")),
    }
}
