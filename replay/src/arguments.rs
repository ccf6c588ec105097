//! What can be asked on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::subject::Subject;
use crate::when::When;

/// Read, prove, explain and move the log.
///
/// Exit status: 0 when all is as it should be, 1 when a difference was found, 2 when the question
/// could not be answered.
#[derive(Clone, Debug, Parser)]
#[command(name = "replay")]
pub struct Arguments {
    /// Answer in JSON, for machines.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Where the log ends, whether its last link holds, and how far each projection has come.
    Status,
    /// Work out everything again from the first event and compare.
    Verify {
        /// Also prove that the log still contains the head that was sealed here.
        #[arg(long, value_name = "FILE", requires = "public_key")]
        seal: Option<PathBuf>,
        /// The public key of the seal, in hex or in a file.
        #[arg(long, value_name = "HEX|FILE", requires = "seal")]
        public_key: Option<String>,
    },
    /// Sign the head of the log with ed25519, so that a later truncation can be found.
    Seal {
        /// The private key; nobody else may be able to read it.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Make the key first; the public key is written beside it, with `.pub` at its end.
        #[arg(long)]
        generate: bool,
    },
    /// Check the signature of a seal; needs no database.
    CheckSeal {
        #[arg(value_name = "FILE")]
        seal: PathBuf,
        /// The public key, in hex or in a file.
        #[arg(long, value_name = "HEX|FILE")]
        public_key: String,
    },
    /// Fold a projection again from the first event; readers go on meanwhile.
    Rebuild {
        /// Its name, or `all`.
        #[arg(value_name = "PROJECTION|all")]
        projection: String,
    },
    /// A balance or a stream as it was.
    AsOf {
        /// A position, or a time such as 2026-01-31T12:00:00Z.
        #[arg(value_name = "POSITION|TIME")]
        when: When,
        /// An account (`wallet/u1/*` for all that begin so), or a stream as TYPE/ID; put `account`
        /// or `stream` before it where it could be taken for the other.
        #[arg(value_name = "ACCOUNT|STREAM", num_args = 1..=2, required = true)]
        subject: Vec<String>,
        /// By when events were recorded, or by when they count.
        #[arg(long, value_enum, default_value_t = Axis::Recorded)]
        axis: Axis,
        /// With the axis `effective`: only what had been recorded by then.
        #[arg(long, value_name = "POSITION|TIME")]
        known: Option<When>,
    },
    /// Each cent with the events that caused it.
    Explain {
        /// An account, an entry as POSITION or POSITION/LEG, or a stream as TYPE/ID; put `account`,
        /// `entry` or `stream` before it where it could be taken for another.
        #[arg(value_name = "ACCOUNT|ENTRY|STREAM", num_args = 1..=2, required = true)]
        subject: Vec<String>,
    },
    /// Write the log, or the books as a journal, to a file.
    Export {
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// Where to; without it, to standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// The first event: its position, or the time at which it was recorded or later.
        #[arg(long, value_name = "POSITION|TIME")]
        from: Option<When>,
        /// The last event: its position, or the time at which it was recorded or earlier.
        #[arg(long, value_name = "POSITION|TIME")]
        until: Option<When>,
    },
    /// Fill an empty database from a JSON Lines export; ends at the same head with the same hash.
    Import {
        /// The export, `-` for standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Command {
    /// False for what can be answered from files alone.
    pub const fn needs_log(&self) -> bool {
        !matches!(self, Self::CheckSeal { .. })
    }
}

/// By which of its two times an event is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    Recorded,
    Effective,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line: every field of every event, with its hash.
    Jsonl,
    /// A journal for hledger.
    Hledger,
    /// A ledger for beancount.
    Beancount,
}

/// What the one or two words after a command name.
pub(crate) fn subject(words: &[String]) -> Result<Subject, String> {
    match words {
        [name] => Subject::guess(name),
        [kind, name] => Subject::of_kind(kind, name),
        _ => Err("name one account, entry or stream".to_owned()),
    }
}
