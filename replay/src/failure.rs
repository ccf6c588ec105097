//! How a command ends when it does not answer as hoped.

use std::io;
use std::path::PathBuf;

use projections::ProjectionError;
use store::{Flaw, ImportError, ReadError, SealError, Unreadable};

use crate::seal::KeyError;

/// What a command that ran to its end has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is as it should be.
    Holds,
    /// Something is not; what was written says where.
    Differs,
}

impl Verdict {
    pub(crate) const fn holds_if(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Differs }
    }
}

/// Why a command did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the log could not be read to the end")]
    Read(#[from] ReadError),
    #[error("the projection is not as it should be")]
    Projection(#[from] ProjectionError),
    #[error("the log could not be opened")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    #[error("the event at position {position} cannot be read")]
    Unreadable { position: i64, source: Unreadable },
    #[error("position {position} is missing from the log")]
    Missing { position: i64 },
    #[error("the chain is broken at position {position}: its hash does not follow from the event")]
    Broken { position: i64 },
    #[error("the head names another hash than the event at position {position}")]
    WrongHead { position: i64 },
    #[error("the balance of {account} at position {position} is beyond what it can hold")]
    Overflow { position: i64, account: String },
    #[error("the log ends at position {head}, {asked} is yet to come")]
    BeyondHead { asked: i64, head: i64 },
    #[error("{0}")]
    Usage(String),
    #[error("{}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the answer could not be written")]
    Output(#[from] io::Error),
    #[error("the answer could not be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("line {line}: {what}")]
    Line { line: u64, what: String },
    #[error("line {line} is refused")]
    Event { line: u64, source: Flaw },
    #[error("nothing was imported")]
    Import(#[from] ImportError),
}

impl Failure {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }

    /// True where what stopped the command is itself a difference in the log.
    pub(crate) const fn is_difference(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::Broken { .. }
                | Self::WrongHead { .. }
                | Self::Overflow { .. }
                | Self::Line { .. }
                | Self::Event { .. }
                | Self::Read(ReadError::Gap { .. } | ReadError::CutShort { .. })
                | Self::Import(ImportError::Flawed(_))
                | Self::Seal(SealError::Forged)
        )
    }
}

/// The exit status: 0 holds, 1 a difference was found, 2 the question could not be answered.
pub fn exit_status(outcome: &Result<Verdict, Failure>) -> u8 {
    match outcome {
        Ok(Verdict::Holds) => 0,
        Ok(Verdict::Differs) => 1,
        Err(failure) if failure.is_difference() => 1,
        Err(_) => 2,
    }
}

/// An error and what led to it, in one line.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
