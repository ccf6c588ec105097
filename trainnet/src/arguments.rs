//! What the program can be asked on its command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
}

impl Place {
    /// The database that somebody named; an empty name is none.
    pub fn named_url(&self) -> Option<&str> {
        self.database_url.as_deref().filter(|url| !url.is_empty())
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start, tell the demonstration through the real kernel, and follow the log
    Up {
        /// End after the demonstration
        #[arg(long)]
        no_stay: bool,
    },
    /// Read, prove, explain and move the log; exit status 1 when a difference was found
    Replay(replay::Arguments),
    /// Look after the database
    Database {
        #[command(subcommand)]
        command: DatabaseCommand,
    },
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum DatabaseCommand {
    /// Print the URL of the database; the private one answers while a program holds it open
    Url,
    /// Bring the database up to this program's schema
    Migrate,
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
    fn an_empty_url_names_no_database() {
        let named = |url: Option<&str>| {
            let place = Place {
                database_url: url.map(str::to_owned),
                data_dir: PathBuf::new(),
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
