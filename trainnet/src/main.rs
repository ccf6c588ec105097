//! The one program: it finds its database, and hands each command to whoever does it.

mod admin;
mod agency;
mod arguments;
mod beside;
mod books;
mod cards;
mod catalogue;
mod client;
mod demonstrate;
mod follow;
mod home;
mod interrupt;
mod kept;
mod mail;
mod operator;
mod pages;
mod people;
mod receipt;
mod serve;
mod story;
mod tour;
mod traces;
mod up;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use api::{LogFormat, Variables};
use clap::{CommandFactory as _, Parser as _};
use clap_complete::Shell;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use arguments::{Arguments, Command, DatabaseCommand, Place};
use home::Home;
use tour::Model;
use traces::Traces;

/// The kernel makes many small things and drops them; this allocator is quicker at it than libc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("trainnet: the program cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let entered = runtime.enter();
    let traces = match speak_to_the_operator(&arguments.command) {
        Ok(traces) => traces,
        Err(nonsense) => {
            eprintln!("trainnet: {nonsense:#}");
            return ExitCode::FAILURE;
        }
    };
    drop(entered);
    let performed = runtime.block_on(perform(arguments));
    if let Some(traces) = traces {
        traces.end();
    }
    match performed {
        Ok(code) => code,
        // Whoever read our output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trainnet: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn perform(Arguments { place, command }: Arguments) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up {
            distilbert,
            no_stay,
            no_tour,
        } => {
            let model = (!no_tour).then_some(if distilbert {
                Model::Distilbert
            } else {
                Model::Tabular
            });
            up::up(&place, model, !no_stay).await
        }
        Command::Story { no_stay } => demonstrate::story(&place, !no_stay).await,
        Command::Serve => serve::serve(&place).await,
        Command::Openapi => pages::openapi(),
        Command::Replay(asked) => operator::replay(&place, asked).await,
        Command::Agent { command } => Box::pin(agency::agent(&place, command)).await,
        Command::Receipt { command } => receipt::receipt(command),
        Command::Admin { command } => admin::admin(&place, command).await,
        Command::Login(asked) => client::login(asked).await,
        Command::Logout(asked) => client::logout(asked).await,
        Command::Whoami(asked) => client::whoami(asked).await,
        Command::Sessions(asked) => client::sessions(asked).await,
        Command::Keys(asked) => client::keys(asked).await,
        Command::Completions { shell } => complete(shell),
        Command::Database {
            command: DatabaseCommand::Url,
        } => print_url(&place).await,
        Command::Database {
            command: DatabaseCommand::Migrate,
        } => migrate(&place).await,
        Command::Database {
            command: DatabaseCommand::Rewrap,
        } => people::rewrap(&place).await,
    }
}

/// Written first and printed then: whoever reads it may have seen enough.
fn complete(shell: Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "trainnet", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

async fn print_url(place: &Place) -> anyhow::Result<ExitCode> {
    let home = Home::find(place).await?;
    println!("{}", home.url());
    home.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(place: &Place) -> anyhow::Result<ExitCode> {
    let home = Home::open(place).await?;
    let migrated = home.migrate().await;
    home.close()
        .await
        .context("the database could not be left")?;
    migrated?;
    println!("The database has this program's schema.");
    Ok(ExitCode::SUCCESS)
}

/// Without the pool's last words when the server it is connected to ends with the program.
const SAID_BY_DEFAULT: &str = "warn,sqlx_core::pool::connection=error";
/// Whoever serves also says what was asked and how it was answered.
const SAID_WHEN_SERVING: &str =
    "warn,api=info,platform=info,trainnet=info,sqlx_core::pool::connection=error";
/// Whoever lends a machine wants to see what it is used for.
const SAID_WHEN_AT_WORK: &str = "warn,agent=info,trainnet=info";

/// What the program does for somebody goes to the output; what it meets on the way goes here.
fn speak_to_the_operator(command: &Command) -> anyhow::Result<Option<Traces>> {
    let format = LogFormat::try_new(&Variables::of_this_process())?;
    let traces = Traces::of_this_process()?;
    let by_default = match command {
        Command::Serve => SAID_WHEN_SERVING,
        Command::Agent { .. } => SAID_WHEN_AT_WORK,
        _ => SAID_BY_DEFAULT,
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(by_default));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let spans = traces.as_ref().map(|traces| {
        let spans = tracing_opentelemetry::layer().with_tracer(traces.tracer());
        // Of our own code: what libraries say of themselves may hold what people typed.
        spans.with_filter(EnvFilter::new("off,api=info,platform=info"))
    });
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(spans)
        .init();
    Ok(traces)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
