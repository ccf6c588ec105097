//! `trainnet up`: starts, tells the demonstration, shows the books, and follows the log.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use ledger::{Account, WalletLeaf};
use projections::{Engine, Projections, Settings};
use replay::{Arguments, Command, Verdict};
use store::Log;
use tokio::sync::oneshot;

use crate::arguments::Place;
use crate::home::Home;
use crate::interrupt::interrupted;
use crate::operator;
use crate::serve::{self, Serving};
use crate::story::{self, Cast, Teller, Told};
use crate::{books, catalogue, follow};

/// So long a page waits for the projection that it is read from.
const PATIENCE: Duration = Duration::from_secs(30);
/// The legs of a capture: the hold, the provider, and us.
const COMMISSION_LEG: i16 = 3;

pub async fn up(place: &Place, stay: bool) -> anyhow::Result<ExitCode> {
    let home = Home::open(place).await?;
    let outcome = with_home(place, &home, stay).await;
    let closed = home.close().await;
    let code = outcome?;
    closed?;
    Ok(code)
}

async fn with_home(place: &Place, home: &Home, stay: bool) -> anyhow::Result<ExitCode> {
    home.migrate().await?;
    let log = home.log().await?;
    let outcome = with_log(place, home, &log, stay).await;
    log.close().await;
    outcome
}

/// Runs the projections beside the rest, until it ends or somebody ends it.
async fn with_log(place: &Place, home: &Home, log: &Log, stay: bool) -> anyhow::Result<ExitCode> {
    let catalogue = Arc::new(catalogue::catalogue());
    let engine = Engine::open(
        log.clone(),
        catalogue,
        Projections::all(),
        Settings::default(),
    )
    .await?;
    let serving = if stay {
        Some(Serving::on_loopback(place, log, &engine).await?)
    } else {
        None
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let folding = tokio::spawn({
        let engine = engine.clone();
        async move { engine.run(async { drop(stopped.await) }).await }
    });
    let outcome = tokio::select! {
        outcome = tell(home, log, &engine, serving.as_ref()) => outcome,
        heard = interrupted() => heard.map(|()| {
            // Whoever closed the terminal does not want to be told.
            drop(writeln!(std::io::stdout(), "\nEnding: what was asked for is written first."));
            ExitCode::SUCCESS
        }),
    };
    if let Some(serving) = serving {
        serving.end().await?;
    }
    drop(stop);
    folding.await.context("the projections ended badly")?;
    outcome
}

async fn tell(
    home: &Home,
    log: &Log,
    engine: &Engine,
    serving: Option<&Serving>,
) -> anyhow::Result<ExitCode> {
    let mut output = std::io::stdout();
    let cast = Cast::of(log)?;
    let mut teller = Teller::to(&mut output);
    let told = story::tell(&cast, &mut teller).await?;
    say_what_was_new(&mut teller)?;
    show_books(&mut output, log, engine, &cast).await?;
    explain(&mut output, log, &told).await?;
    verify(&mut output, log, engine).await?;
    say_where_it_lives(&mut output, home)?;
    if let Some(serving) = serving {
        writeln!(output, "\n{}", serving.addresses())?;
        if let Some(hint) = serve::hint(log, engine).await? {
            writeln!(output, "{hint}")?;
        }
        writeln!(output, "\nFollowing the log; Ctrl-C ends.")?;
        follow::follow(&mut output, home, log, log.head().await?.position).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn say_what_was_new(teller: &mut Teller<'_>) -> anyhow::Result<()> {
    let text = match teller.counts() {
        (new, 0) => format!("\nThe story was told: {new} requests were granted."),
        (0, known) => format!(
            "\nThe story was told before: {known} requests were answered as they were then, \
             and nothing was written."
        ),
        (new, known) => format!(
            "\nThe story was broken off before: {known} requests were answered as they were \
             then, and {new} more were granted."
        ),
    };
    teller.say(&text)
}

async fn show_books(
    output: &mut (dyn Write + Send),
    log: &Log,
    engine: &Engine,
    cast: &Cast,
) -> anyhow::Result<()> {
    catch_up(log, engine).await?;
    for user in [&cast.first_customer, &cast.provider] {
        let account = Account::wallet(user.as_str(), WalletLeaf::Available)?;
        books::statement(output, log.pool(), &account).await?;
    }
    books::trial_balance(output, log.pool()).await
}

/// The story of a commission that is not a tenth of its capture, because it was rounded in all.
async fn explain(output: &mut (dyn Write + Send), log: &Log, told: &Told) -> anyhow::Result<()> {
    let entry = format!("{}/{COMMISSION_LEG}", told.rounded_capture);
    let heading = format!("Where a commission comes from: replay explain entry {entry}");
    let command = Command::Explain {
        subject: vec!["entry".to_owned(), entry],
    };
    ask(output, log, &heading, command).await?;
    let text = story::why_this_commission(log, told.rounded_capture).await?;
    Ok(writeln!(output, "\n{text}")?)
}

async fn verify(output: &mut (dyn Write + Send), log: &Log, engine: &Engine) -> anyhow::Result<()> {
    catch_up(log, engine).await?;
    let command = Command::Verify {
        seal: None,
        public_key: None,
    };
    ask(output, log, "Is all of it so? replay verify", command).await
}

async fn catch_up(log: &Log, engine: &Engine) -> anyhow::Result<()> {
    let head = log.head().await?.position;
    for projection in engine.names() {
        engine.wait_for(projection, head, PATIENCE).await?;
    }
    Ok(())
}

/// Asks the operator's tools, as `trainnet replay` does.
async fn ask(
    output: &mut (dyn Write + Send),
    log: &Log,
    heading: &str,
    command: Command,
) -> anyhow::Result<()> {
    writeln!(output, "\n{heading}\n")?;
    let arguments = Arguments {
        json: false,
        command,
    };
    let open = async || anyhow::Ok(operator::tools(log));
    match replay::run(arguments, open, output).await? {
        Verdict::Holds => Ok(()),
        Verdict::Differs => bail!("what is stored differs from what the log says"),
    }
}

fn say_where_it_lives(output: &mut dyn Write, home: &Home) -> anyhow::Result<()> {
    let whose = if home.is_private() {
        "a private database"
    } else {
        "the database"
    };
    writeln!(output, "\nAll of it lives in {whose}:\n\n  {}", home.url())?;
    writeln!(output, "\nLook further:\n")?;
    for command in [
        "replay status",
        "replay verify",
        "replay explain wallet/provider_1/available",
        "replay as-of 8 wallet/customer_1/available",
        "replay export --format hledger",
    ] {
        writeln!(output, "  cargo run -p trainnet -- {command}")?;
    }
    Ok(())
}
