//! What the program can be asked on its command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::client::arguments::{Asking, At, Keys, Login, Logout};

#[derive(Debug, Parser)]
#[command(
    name = "trainnet",
    version,
    about = "One marketplace for GPUs with one set of books"
)]
pub struct Arguments {
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    pub command: Command,
}

/// Where the log lives.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// A PostgreSQL database to use instead of the private one
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_url: Option<String>,
    /// The folder of the private database
    #[arg(
        long,
        global = true,
        env = "TRAINNET_DATA_DIR",
        default_value = ".trainnet"
    )]
    pub data_dir: PathBuf,
    /// The keys of this installation, made at the first start [default: `secrets` in the data
    /// folder]
    #[arg(
        long,
        global = true,
        env = "TRAINNET_SECRETS_FILE",
        value_name = "FILE"
    )]
    pub secrets_file: Option<PathBuf>,
}

impl Place {
    /// Where the keys lie; an empty name is none.
    pub fn secrets_file(&self) -> PathBuf {
        let named = self.secrets_file.as_ref();
        let named = named.filter(|path| !path.as_os_str().is_empty());
        named.map_or_else(|| self.data_dir.join("secrets"), Clone::clone)
    }

    /// The database that somebody named; an empty name is none.
    pub fn named_url(&self) -> Option<&str> {
        self.database_url.as_deref().filter(|url| !url.is_empty())
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the marketplace on this machine, and train a model in it as a customer would
    Up {
        /// Train a DistilBERT instead of a model on a table; it needs PyTorch
        #[arg(long)]
        distilbert: bool,
        /// End when the model is trained
        #[arg(long)]
        no_stay: bool,
        /// Stay up without anybody in it: no people, no machine and no model are made
        #[arg(long, conflicts_with_all = ["distilbert", "no_stay"])]
        no_tour: bool,
    },
    /// Tell a small story of money through the kernel, show the books, and follow the log
    Story {
        /// End after the story
        #[arg(long)]
        no_stay: bool,
    },
    /// Answer HTTP over the log; what the environment says of it is in .env.example
    Serve,
    /// Print what the API can be asked, as `/openapi.json` says it
    Openapi,
    /// Read, prove, explain and move the log; exit status 1 when a difference was found
    Replay(replay::Arguments),
    /// Have this machine train for others, and earn
    Agent {
        #[command(subcommand)]
        command: AgentCommand,
    },
    /// Check receipts
    Receipt {
        #[command(subcommand)]
        command: ReceiptCommand,
    },
    /// Make somebody who looks after the platform
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Sign in at a server
    Login(Login),
    /// Sign out at the server
    Logout(Logout),
    /// Show who you are there
    Whoami(Asking),
    /// Show where you are signed in
    Sessions(Asking),
    /// See, make and revoke API keys
    Keys(Keys),
    /// Print what makes a shell complete this program's commands
    Completions { shell: Shell },
    /// Look after the database
    Database {
        #[command(subcommand)]
        command: DatabaseCommand,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub enum AgentCommand {
    /// Make this machine known to a server; the token comes from whoever the machine earns for
    Join {
        /// As it was shown when it was made
        #[arg(
            long,
            env = "TRAINNET_JOIN_TOKEN",
            hide_env_values = true,
            value_name = "TOKEN"
        )]
        token: String,
        #[command(flatten)]
        at: At,
        /// What the machine is called [default: its host's name]
        #[arg(long)]
        name: Option<String>,
        /// Go to work at once
        #[arg(long)]
        run: bool,
    },
    /// Ask for work and do it, until Ctrl-C; what is being trained then is saved and handed back
    Run {
        /// Certificates in PEM of authorities to believe besides the public ones
        #[arg(long, env = "TRAINNET_CA_FILE", value_name = "FILE")]
        ca_file: Option<PathBuf>,
    },
    /// Show what this machine is known as, and what it is doing
    Status,
}

#[derive(Clone, Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Compute a receipt anew from its events, and check its signatures; exit status 1 if it fails
    Verify {
        /// What `GET /v1/receipts/{order}` answered
        file: PathBuf,
        /// The key that it must be signed with, in hex or in a file
        #[arg(long, value_name = "KEY")]
        public_key: Option<String>,
        /// Print for programs
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Debug, Subcommand)]
pub enum AdminCommand {
    /// Register an admin whose address needs no proof; the password is asked for
    Create {
        #[arg(long)]
        email: String,
        /// How to address the person
        #[arg(long)]
        name: Option<String>,
        /// In which mails are written
        #[arg(long, value_enum, default_value_t = Language::En)]
        language: Language,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    Ru,
    En,
}

impl Language {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum DatabaseCommand {
    /// Print the URL of the database; the private one answers while a program holds it open
    Url,
    /// Bring the database up to this program's schema
    Migrate,
    /// Seal what is kept about people under the first `vault` line of the secrets file
    Rewrap,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_empty_name_names_no_file_of_secrets() {
        let at = |secrets_file: Option<&str>| {
            let place = Place {
                database_url: None,
                data_dir: PathBuf::from("data"),
                secrets_file: secrets_file.map(PathBuf::from),
            };
            place.secrets_file()
        };
        assert_eq!(at(None), PathBuf::from("data/secrets"));
        assert_eq!(at(Some("")), PathBuf::from("data/secrets"));
        assert_eq!(at(Some("/etc/secrets")), PathBuf::from("/etc/secrets"));
    }

    #[test]
    fn an_empty_url_names_no_database() {
        let named = |url: Option<&str>| {
            let place = Place {
                database_url: url.map(str::to_owned),
                data_dir: PathBuf::new(),
                secrets_file: None,
            };
            place.named_url().map(str::to_owned)
        };
        assert_eq!(named(Some("")), None);
        assert_eq!(named(None), None);
        assert_eq!(
            named(Some("postgres:///x")).as_deref(),
            Some("postgres:///x")
        );
    }
}
