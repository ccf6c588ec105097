//! `trainnet up`: the whole marketplace on this machine, with a model trained in it to begin with.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use projections::{Engine, Projections, Settings};
use replay::{Arguments, Command, Verdict};
use store::Log;
use tokio::sync::oneshot;

use crate::arguments::Place;
use crate::catalogue;
use crate::home::Home;
use crate::interrupt::interrupted;
use crate::operator;
use crate::serve::{self, Serving};
use crate::tour::{self, Ground, Model, Told};

/// Trains this model in it, if any.
pub async fn up(place: &Place, model: Option<Model>, stay: bool) -> anyhow::Result<ExitCode> {
    let home = Home::open(place).await?;
    let outcome = with_home(place, &home, model, stay).await;
    let closed = home.close().await;
    let code = outcome?;
    closed?;
    Ok(code)
}

async fn with_home(
    place: &Place,
    home: &Home,
    model: Option<Model>,
    stay: bool,
) -> anyhow::Result<ExitCode> {
    home.migrate().await?;
    let log = home.log().await?;
    let outcome = with_log(place, &log, model, stay).await;
    log.close().await;
    outcome
}

/// Runs everything beside the tour, until it ends or somebody ends it.
async fn with_log(
    place: &Place,
    log: &Log,
    model: Option<Model>,
    stay: bool,
) -> anyhow::Result<ExitCode> {
    let engine = Engine::open(
        log.clone(),
        Arc::new(catalogue::catalogue()),
        Projections::all(),
        Settings::default(),
    )
    .await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let folding = tokio::spawn({
        let engine = engine.clone();
        async move { engine.run(async { drop(stopped.await) }).await }
    });
    let serving = Serving::on_loopback(place, log, &engine).await?;
    let ground = model.map(|model| Ground {
        url: serving.url().to_owned(),
        simulator: serving.simulator_url(),
        data: place.data_dir.clone(),
        model,
    });
    let outcome = tokio::select! {
        outcome = show((log, &engine), &serving, ground.as_ref(), stay) => outcome,
        heard = interrupted() => heard.map(|()| {
            // Whoever closed the terminal does not want to be told.
            drop(writeln!(std::io::stdout(), "\nEnding: what was asked for is written first."));
            ExitCode::SUCCESS
        }),
    };
    let ended = serving.end().await;
    drop(stop);
    folding.await.context("the projections ended badly")?;
    ended?;
    outcome
}

async fn show(
    (log, engine): (&Log, &Engine),
    serving: &Serving,
    ground: Option<&Ground>,
    stay: bool,
) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    let mut told = None;
    if let Some(ground) = ground {
        writeln!(out, "{}\n", serving.addresses())?;
        told = Some(tour::tour(&mut out, ground).await?);
        verify(&mut out, log).await?;
    }
    if stay {
        let hint = serve::hint(log, engine).await?;
        stay_up(&mut out, serving, (told, hint)).await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(out: &mut (dyn Write + Send), log: &Log) -> anyhow::Result<()> {
    writeln!(
        out,
        "\n9. The whole log, folded once more and compared: replay verify\n"
    )?;
    let asked = Arguments {
        json: false,
        command: Command::Verify {
            seal: None,
            public_key: None,
        },
    };
    let open = async || anyhow::Ok(operator::tools(log));
    match replay::run(asked, open, out).await? {
        Verdict::Holds => Ok(()),
        Verdict::Differs => bail!("what is stored differs from what the log says"),
    }
}

/// Says where to look, and waits until somebody has seen enough.
async fn stay_up(
    out: &mut (dyn Write + Send),
    serving: &Serving,
    (told, hint): (Option<Told>, Option<&str>),
) -> anyhow::Result<()> {
    writeln!(out, "\n{}", serving.addresses())?;
    if let Some(hint) = hint {
        writeln!(out, "{hint}")?;
    }
    // For as long as this is there, its agent runs.
    let mut told = told;
    if let Some(told) = &mut told {
        if let Some(gone) = told.machine.gone() {
            writeln!(out, "The machine's agent has ended: {gone}.")?;
        }
        writeln!(
            out,
            "\nThe web app: {}/\n  sign in as {} with the password {}",
            serving.url(),
            told.customer_email,
            told.customer_password
        )?;
        writeln!(
            out,
            "  or, to see what a provider sees, as {} with {}",
            told.provider_email, told.provider_password
        )?;
    } else {
        writeln!(out, "\nThe web app: {}/", serving.url())?;
    }
    writeln!(out, "\nCtrl-C ends it.")?;
    std::future::pending().await
}
