//! The one door for developers: sets up, checks, tests, starts and measures.

mod arrows;
mod check;
mod house;
mod programs;
mod setup;
mod steps;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Sets up, checks, tests, starts and measures TrainNet",
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Installs what is missing to run: a Postgres server's programs, and Python to train tables with
    Setup {
        /// Installs what the tests need as well: hledger, beancount, Python with PyTorch, OpenSSL,
        /// SeaweedFS, Stripe's own client, bubblewrap and cargo-deny
        #[arg(long)]
        tests: bool,
        /// Installs what the API is fuzzed with as well: schemathesis, in a folder of its own
        #[arg(long)]
        fuzz: bool,
    },
    /// Holds the code against every rule: format, lints, arrows, licences, house rules
    Check,
    /// Holds what each crate depends on against the list of allowed arrows
    Arrows,
    /// Sets up, checks, runs every test, then kills a bank and forges its books
    Test,
    /// Sets up, then runs the marketplace until Ctrl-C
    Up(Rest),
    /// Builds the web app, where its sources have changed; the next build of the program carries it
    Web,
    /// Takes a picture of every page, in both languages, two widths, light and dark, into web/shots
    Screenshots,
    /// Has Lighthouse judge the first pages that people see, on a telephone and on a laptop
    Lighthouse(Rest),
    /// Measures a release build
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
    /// Kills processes at random and counts the money afterwards
    Chaos {
        #[command(subcommand)]
        what: Chaos,
    },
    /// Asks what nobody would, and expects to be answered as documented
    Fuzz {
        #[command(subcommand)]
        what: Fuzz,
    },
    /// Forges the books in every way it knows and expects to be caught
    Tamper(Rest),
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// The log, the books and the claims
    Kernel(Rest),
    /// How long each route takes, and whether a crowd at the door starves the others
    Api(Rest),
    /// How fast units of work reach machines, beside another queue
    Dispatch(Rest),
}

#[derive(Debug, Subcommand)]
enum Chaos {
    /// Transfers between accounts while the database and the writers are killed
    Bank(Rest),
    /// A thousand jobs with random budgets, on machines where everything goes wrong
    Budgets(Rest),
    /// Models in training while the machines' agents are killed
    Machines(Rest),
    /// Models in training while the server is killed
    Server(Rest),
}

#[derive(Debug, Subcommand)]
enum Fuzz {
    /// Every route, as everybody who may ask
    Api(Rest),
}

/// What is handed on as it is.
#[derive(Debug, clap::Args)]
struct Rest {
    /// Arguments of the program that is run
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error),
    };
    match perform(arguments.task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does a task, and says whether all of it went well.
fn perform(task: Task) -> anyhow::Result<bool> {
    match task {
        Task::Setup { tests, fuzz } => Ok(setup::run(tests)? && (!fuzz || setup::provide_fuzzer())),
        Task::Check => Ok(check::run()),
        Task::Arrows => Ok(arrows::run()),
        Task::Test => programs::test(),
        Task::Up(rest) => programs::up(&rest.arguments),
        Task::Web => Ok(setup::provide_web()),
        Task::Screenshots => programs::screenshots(),
        Task::Lighthouse(rest) => programs::lighthouse(&rest.arguments),
        Task::Bench {
            what: Bench::Kernel(rest),
        } => programs::prove(&["bench", "kernel"], &rest.arguments),
        Task::Bench {
            what: Bench::Api(rest),
        } => programs::prove(&["bench", "api"], &rest.arguments),
        Task::Bench {
            what: Bench::Dispatch(rest),
        } => programs::prove(&["bench", "dispatch"], &rest.arguments),
        Task::Chaos {
            what: Chaos::Bank(rest),
        } => programs::prove(&["chaos", "bank"], &rest.arguments),
        Task::Chaos {
            what: Chaos::Budgets(rest),
        } => programs::prove_training(&["chaos", "budgets"], &rest.arguments),
        Task::Chaos {
            what: Chaos::Machines(rest),
        } => programs::prove_training(&["chaos", "machines"], &rest.arguments),
        Task::Chaos {
            what: Chaos::Server(rest),
        } => programs::prove_training(&["chaos", "server"], &rest.arguments),
        Task::Fuzz {
            what: Fuzz::Api(rest),
        } => programs::fuzz(&rest.arguments),
        Task::Tamper(rest) => programs::prove(&["tamper"], &rest.arguments),
    }
}

/// Says what was wrong with the arguments, and all that would have been right.
fn explain(error: &clap::Error) -> ExitCode {
    // A closed terminal is no reason to fail differently.
    let _ = error.print();
    if error.kind() == ErrorKind::InvalidSubcommand {
        eprintln!();
        eprintln!("{}", Arguments::command().render_long_help());
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn arguments_are_handed_on_as_they_are() {
        let words = [
            "cargo xtask",
            "chaos",
            "bank",
            "--seconds",
            "5",
            "--with-controls",
        ];
        let Task::Chaos {
            what: Chaos::Bank(rest),
        } = Arguments::parse_from(words).task
        else {
            panic!("another task was understood");
        };
        assert_eq!(rest.arguments, ["--seconds", "5", "--with-controls"]);
    }

    #[test]
    fn an_unknown_task_is_refused_with_two() {
        let error = Arguments::try_parse_from(["cargo xtask", "dance"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSubcommand);
        assert_eq!(error.exit_code(), 2);
    }
}
